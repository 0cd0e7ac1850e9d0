"""One educator's facts, sorted out for one plan year: what counts, and what does not and why. Reads no rule of the plan
but its scope: the calendar, the roles that it pays, the attributes that it asks for.

This is the only loop over facts. What it finds becomes columns of numbers for the evaluator, and the items that a
statement lists.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from services.compensation.domain import EducatorFacts, Fact, PlacementKind
from services.compensation.policy.exact import millionths
from services.compensation.policy.facts.calendar import PlanCalendar
from services.compensation.policy.facts.employment import Employment, employment_of


class YearAward(NamedTuple):
    """An award of the plan year that counts."""

    awarded_at: str
    award_id: str
    credential: str


class UncountedAward(NamedTuple):
    """An award of the plan year that counts for nothing: it was revoked, expired, or came after the cut-off."""

    awarded_at: str
    award_id: str
    credential: str
    reason: str


class Placed(NamedTuple):
    """A placement that still counts, on a ladder that the plan looks at; years are those they start in."""

    year: int
    kind: str
    rung: str
    through: int | None
    is_below: bool
    """Whether what was reached in that year is below the rung that was kept."""
    confirmed_by: str | None
    minute_reference: str | None


CampusAttributes = Mapping[str, Mapping[str, str]]
"""What is kept of campuses for the plan year: campus id -> attribute -> value."""
NO_CAMPUSES: CampusAttributes = {}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a plan looks at: its calendar, the roles that it pays, the attributes of educators that it asks for, the
    ladders that it asks for placements on, and how far back it looks at observations, growth and SLOs."""

    calendar: PlanCalendar
    roles: frozenset[str]
    attributes: frozenset[str]
    ladders: frozenset[str] = frozenset()
    earlier: Mapping[str, Mapping[str, PlanCalendar]] = field(default_factory=dict)
    """By kind of fact and school year: the earlier years that are looked at, each as a calendar without cut-offs."""


_NO_SCORES = (0, 0)
_NOTHING_HELD: AbstractSet[str] = frozenset()
_NO_WORDS: Mapping[str, str] = {}
_NO_PLACEMENTS: Mapping[str, Sequence[Placed]] = {}
_NO_YEARS: Mapping[int, "Gathered"] = {}


class Gathered:
    """What one educator's facts come to in one plan year. Means are kept as (sum, number of values), never divided."""

    __slots__ = (
        "attributes",
        "campus",
        "campuses",
        "domains",
        "earlier",
        "educator_id",
        "employment",
        "growth",
        "held",
        "late_observations",
        "late_slos",
        "levels",
        "observations",
        "placements",
        "ratings",
        "slo_attainments",
        "slo_qualities",
        "slo_scores",
        "slos",
        "uncounted_awards",
        "used",
        "words",
        "year_awards",
    )

    employment: Employment

    def __init__(self, educator_id: str) -> None:
        self.educator_id = educator_id
        self.used: list[Fact] = []
        # By attribute, the year that a school year starts in, and item ("" where it is not kept item by item).
        self.attributes: dict[str, dict[int, dict[str, str]]] = {}
        self.words: Mapping[str, str] = _NO_WORDS
        self.campus: Mapping[str, str] = _NO_WORDS
        self.campuses: CampusAttributes = NO_CAMPUSES
        # By ladder, the latest first.
        self.placements: Mapping[str, Sequence[Placed]] = _NO_PLACEMENTS
        self.observations = 0
        self.late_observations = 0
        self.domains: dict[str, tuple[int, int]] = {}
        # The levels of each observation that counts, by domain and dimension.
        self.levels: list[Mapping[str, Mapping[str, int]]] = []
        self.growth: Sequence[tuple[str, int]] = ()
        self.slos = 0
        self.late_slos = 0
        self.slo_scores: Sequence[int] = ()
        self.slo_attainments: Sequence[int] = ()
        self.slo_qualities: Sequence[str] = ()
        self.year_awards: Sequence[YearAward] = ()
        self.uncounted_awards: Sequence[UncountedAward] = ()
        self.held = _NOTHING_HELD
        self.ratings: dict[int, tuple[int, int]] = {}
        # By the year that a school year starts in, what the observations, growth and SLOs of that year come to.
        self.earlier: Mapping[int, Gathered] = _NO_YEARS


def gather(facts: EducatorFacts, scope: Scope, campuses: CampusAttributes) -> Gathered | None:
    """Sort out the facts that bear on the plan year; None for an educator who is not on the roster.

    Facts of later years are passed over as if they were not there, so that they cannot change a statement.
    """
    by_kind = facts.facts
    rosters = by_kind.get("roster")
    if not rosters:
        return None
    found, calendar = Gathered(facts.educator_id), scope.calendar
    if scope.attributes and (kept := by_kind.get("attribute")):
        _take_attributes(found, _in_order(kept), scope)
    for kind, take in _BEFORE_ROSTER:
        if of_kind := by_kind.get(kind):
            take(found, _in_order(of_kind), calendar)
    if scope.ladders and (recorded := by_kind.get("placement")):
        _take_placements(found, _in_order(recorded), scope)
    for fact in rosters.values():
        found.used.append(fact)
        found.employment = employment_of(fact.data, calendar, scope.roles)
        found.campuses = campuses
        found.campus = campuses.get(found.employment.campus_id or "", _NO_WORDS)
    for kind, take in _AFTER_ROSTER:
        if of_kind := by_kind.get(kind):
            take(found, _in_order(of_kind), calendar)
    if scope.earlier:
        _take_earlier(found, by_kind, scope)
    return found


def _in_order(of_kind: Mapping[str, Fact]) -> Iterable[Fact]:
    return sorted(of_kind.values()) if len(of_kind) > 1 else of_kind.values()


def _take_attributes(found: Gathered, kept: Iterable[Fact], scope: Scope) -> None:
    words: dict[str, str] = {}
    for fact in kept:
        data = fact.data
        code, year = data["attribute"], int(data["school_year"][:4])
        if code not in scope.attributes or year > scope.calendar.starts_in:
            continue
        found.used.append(fact)
        if data["value"] is None:
            continue
        item = data["item"] or ""
        found.attributes.setdefault(code, {}).setdefault(year, {})[item] = data["value"]
        if year == scope.calendar.starts_in and not item:
            words[code] = data["value"]
    found.words = words


def _take_placements(found: Gathered, recorded: Iterable[Fact], scope: Scope) -> None:
    """A placement that a year's end came to counts from the next year on; any other in its own year too."""
    placements: dict[str, list[Placed]] = {}
    for fact in recorded:
        data = fact.data
        ladder, year, kind = data["ladder"], int(data["school_year"][:4]), data["kind"]
        last = scope.calendar.starts_in - (kind == PlacementKind.PLACED)
        if ladder not in scope.ladders or year > last:
            continue
        found.used.append(fact)
        if data["withdrawn"] or data["lapsed"]:
            continue
        through = data["valid_through_year"]
        placements.setdefault(ladder, []).append(
            Placed(
                year=year,
                kind=kind,
                rung=data["rung"],
                through=None if through is None else int(through[:4]),
                is_below=data["reached"] is not None,
                confirmed_by=data["confirmed_by_kind"],
                minute_reference=data["minute_reference"],
            )
        )
    # The kinds are in the order of the alphabet: what a year's end came to is later than the decisions of the year.
    found.placements = {
        ladder: sorted(of_it, key=lambda one: one[:3], reverse=True) for ladder, of_it in placements.items()
    }


def lost_by(award: Mapping[str, Any], calendar: PlanCalendar) -> str:
    """Why an award is not held at the end of the plan year: "revoked" or "expired"; "" where it is."""
    if award["status"] == "revoked":
        return "revoked"
    expires_at = award["expires_at"]
    return "expired" if expires_at is not None and expires_at < calendar.year_ends_before else ""


def _take_awards(found: Gathered, awards: Iterable[Fact], calendar: PlanCalendar) -> None:
    """An award counts for the plan year it was made in, and is held until it expires or is revoked.

    There is no clock: an award is taken as expired if it expires by the end of the plan year.
    """
    counted, uncounted, held = [], [], set()
    for fact in awards:
        data = fact.data
        at = data["awarded_at"]
        if at >= calendar.year_ends_before:
            continue
        found.used.append(fact)
        credential = data["credential"]
        reason = lost_by(data, calendar)
        if not reason:
            held.add(credential)
            reason = "after_cut_off" if at >= calendar.awards_before else ""
        if at < calendar.year_begins_at:
            continue
        if reason:
            uncounted.append(UncountedAward(at, fact.key, credential, reason))
        else:
            counted.append(YearAward(at, fact.key, credential))
    found.year_awards = sorted(counted)
    found.uncounted_awards = sorted(uncounted)
    found.held = held


def _take_growth(found: Gathered, scores: Iterable[Fact], calendar: PlanCalendar) -> None:
    this_year = [fact for fact in scores if fact.data["school_year"] == calendar.plan_year]
    found.used += this_year
    found.growth = [(fact.data["measure"], millionths(fact.data["percent_met"])) for fact in this_year]


def observed_too_late(observation: Mapping[str, Any], calendar: PlanCalendar) -> bool:
    """Whether an observation of the plan year came after a cut-off, with the visit or with its finalizing."""
    day, finalized = observation["observed_on"], calendar.observations_finalized
    return day > calendar.observations_until or (
        finalized is not None and finalized.excludes(observation.get("finalized_at"), day)
    )


def approved_too_late(slo: Mapping[str, Any], calendar: PlanCalendar) -> bool:
    """Whether an SLO of the plan year was approved after a cut-off."""
    day, approved = slo["approved_on"], calendar.slos_approved
    return day > calendar.slos_until or (approved is not None and approved.excludes(slo.get("approved_at"), day))


def _take_observations(found: Gathered, observations: Iterable[Fact], calendar: PlanCalendar) -> None:
    domains = found.domains
    for fact in observations:
        data = fact.data
        if data["school_year"] != calendar.plan_year:
            continue
        found.used.append(fact)
        if observed_too_late(data, calendar):
            found.late_observations += 1
            continue
        found.observations += 1
        found.levels.append(data["levels"])
        for domain, levels in data["levels"].items():
            total, count = domains.get(domain, _NO_SCORES)
            domains[domain] = (total + sum(levels.values()), count + len(levels))


def _take_slos(found: Gathered, slos: Iterable[Fact], calendar: PlanCalendar) -> None:
    scores, attainments, qualities = [], [], []
    for fact in slos:
        data = fact.data
        if data["school_year"] != calendar.plan_year:
            continue
        found.used.append(fact)
        if approved_too_late(data, calendar):
            found.late_slos += 1
            continue
        found.slos += 1
        qualities.append(data["quality_score"])
        if data["score"] is not None:
            scores.append(data["score"])
        if data["attainment_percent"] is not None:
            attainments.append(millionths(data["attainment_percent"]))
    found.slo_scores, found.slo_attainments, found.slo_qualities = scores, attainments, qualities


def _take_ratings(found: Gathered, ratings: Iterable[Fact], calendar: PlanCalendar) -> None:
    """Of several ratings in one year the best stands."""
    for fact in ratings:
        data = fact.data
        year = int(data["school_year"][:4])
        if year <= calendar.starts_in:
            found.used.append(fact)
            rating = (data["rating_level"], millionths(data["score"]))
            known = found.ratings.get(year)
            if known is None or rating > known:
                found.ratings[year] = rating


_Take = Callable[[Gathered, Iterable[Fact], PlanCalendar], None]

# In the order of the alphabet, which is the order that a statement lists its facts in.
_BEFORE_ROSTER: tuple[tuple[str, _Take], ...] = (
    ("award", _take_awards),
    ("growth", _take_growth),
    ("observation", _take_observations),
)
_AFTER_ROSTER: tuple[tuple[str, _Take], ...] = (("slo", _take_slos), ("summative", _take_ratings))
_TAKES = dict(_BEFORE_ROSTER + _AFTER_ROSTER)


def _take_earlier(found: Gathered, by_kind: Mapping[str, Mapping[str, Fact]], scope: Scope) -> None:
    """Each earlier year is gathered for itself, and what it rests on is what the plan year rests on."""
    years: dict[int, Gathered] = {}
    for kind, calendars in scope.earlier.items():
        by_year: dict[str, list[Fact]] = {}
        for fact in _in_order(by_kind.get(kind, {})):
            by_year.setdefault(fact.data["school_year"], []).append(fact)
        for school_year, of_year in by_year.items():
            if (calendar := calendars.get(school_year)) is not None:
                earlier = years.setdefault(calendar.starts_in, Gathered(found.educator_id))
                earlier.used = found.used
                _TAKES[kind](earlier, of_year, calendar)
    found.earlier = years
    found.used.sort()
