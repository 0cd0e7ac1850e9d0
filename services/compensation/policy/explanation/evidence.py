"""The facts under a measure or a need of a rung: those of a statement that it can look at, by kind, year and name."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from services.compensation.domain import OFFER_ATTRIBUTE, Fact
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.explanation.nodes import Node, node
from services.compensation.policy.facts.calendar import MomentCutOff
from services.compensation.policy.facts.gather import (
    Gathered,
    Placed,
    approved_too_late,
    lost_by,
    observed_too_late,
)
from services.compensation.policy.language.measures import (
    AttributeIs,
    AttributeNumber,
    CampusAttribute,
    CountMeasure,
    CredentialCount,
    GrowthPercent,
    Measure,
    ObservationLowest,
    ObservationMean,
    PlacementPosition,
    RatingScore,
    SloAttainmentCount,
    SloMean,
    SloScoreCount,
    Years,
)
from services.compensation.policy.language.people import Within, WithinGroup
from services.compensation.policy.words.ladder import CONFIRMERS
from services.compensation.policy.words.texts import plain

_TITLES = {
    "roster": "Roster",
    "observation": "Observation",
    "growth": "Student growth",
    "slo": "SLO",
    "award": "Micro-credential",
    "summative": "Summative rating",
    "attribute": "On file with HR",
    "placement": "Placement on the ladder",
}
PRIVATE_KINDS = ("placement",)
"""Facts that only the educator and HR are told: where somebody stood in other years is for nobody else."""
_COMMON = "What is kept and settled for all educators."
_BY_TAKE = {"observation_count": "observation", "slo_count": "slo", "slo_scored_count": "slo"}


class Evidence:
    """The facts of one educator's statement as leaves; `found` is what the evaluator gathered of them."""

    def __init__(self, plan: CompiledPlan, found: Gathered) -> None:
        self._calendar = plan.calendar
        self._zone = ZoneInfo(plan.plan.time_zone)
        self._ladder = plan.plan.ladder_code
        self._rungs = {rung.code: rung.title for rung in plan.plan.ladder.rungs}
        self._used = found.used
        self._rests_on_common = plan.looks_at_common_facts
        self._uncounted = {award.award_id: award.reason for award in found.uncounted_awards}
        self._year_awards = {award.award_id for award in found.year_awards} | self._uncounted.keys()

    def everything(self, *, but: Collection[str] = ()) -> list[str]:
        """All that the statement rests on, a sentence each, `but` facts of these kinds."""
        return [self._told(fact) for fact in self._used if fact.kind not in but]

    def of_measure(self, measure: Measure) -> list[Node]:  # noqa: PLR0911 - one for each kind
        """The leaves of a measure that is read from facts."""
        match measure:
            case CredentialCount():
                asked = measure.of
                return self.awards(
                    lambda fact: fact.key in self._year_awards and (asked is None or fact.data["credential"] in asked)
                )
            case CountMeasure():
                kind = _BY_TAKE.get(measure.take, "roster")
                return self._of_year(kind) if kind != "roster" else self.roster()
            case SloScoreCount() | SloAttainmentCount():
                return self._of_year("slo")
            case SloMean():
                return self._leaves(self._of("slo", lambda fact: self._is_within(fact, measure.over)))
            case ObservationMean() | ObservationLowest():
                seen = self._of("observation", lambda fact: not fact.data["levels"].keys().isdisjoint(measure.domains))
                return self._leaves(fact for fact in seen if self._is_within(fact, measure.over))
            case GrowthPercent():
                named = measure.measures
                scored = self._of("growth", lambda fact: named is None or fact.data["measure"] in named)
                return self._leaves(fact for fact in scored if self._is_within(fact, measure.over))
            case RatingScore():
                return self._leaves(self._of("summative", lambda fact: self._is_within(fact, measure.over)))
            case AttributeNumber():
                return self._leaves(self._of("attribute", lambda fact: self._is_number_of(fact, measure)))
            case AttributeIs():
                return self._leaves(self._kept(measure.attribute, None))
            case CampusAttribute():
                return [*self.roster(), *self.common_facts()]
            case PlacementPosition():
                ladder = measure.ladder or self._ladder
                return self._leaves(self._of("placement", lambda fact: fact.data["ladder"] == ladder))
            case _:
                return []

    def roster(self) -> list[Node]:
        return self._leaves(self._of("roster", lambda _: True))

    def awards(self, holds: Callable[[Fact], bool]) -> list[Node]:
        return self._leaves(self._of("award", holds))

    def credentials(self, of: Collection[str] | None) -> list[Node]:
        """Awards of these micro-credentials, or of any, as the ladder looks at them: it has no cut-off."""
        awards = self._of("award", lambda fact: of is None or fact.data["credential"] in of)
        return [self._leaf(fact, self._award(fact, lost_by(fact.data, self._calendar))) for fact in awards]

    def ratings(self, years: int) -> list[Node]:
        """The summative ratings of the last `years` school years, the plan year included."""
        over = Years(years=years, combine="latest")
        return self._leaves(self._of("summative", lambda fact: self._is_within(fact, over)))

    def placements(self, on: Iterable[Placed]) -> list[Node]:
        """What was recorded of these placements on the plan's own ladder, of which there is one a year and kind."""
        wanted = {(one.year, one.kind) for one in on}
        return self._leaves(
            self._of(
                "placement",
                lambda fact: (
                    fact.data["ladder"] == self._ladder
                    and (int(fact.data["school_year"][:4]), fact.data["kind"]) in wanted
                ),
            )
        )

    def answers(self, offer: str) -> list[Node]:
        """The answer to an offer."""
        return self._leaves(self._kept(OFFER_ATTRIBUTE, offer))

    def of_place(self, within: Within, told: str = _COMMON) -> list[Node]:
        """What says whom one is counted with, and what was settled for them."""
        placed = self._leaves(self._kept(within.attribute, None)) if isinstance(within, WithinGroup) else []
        return [*placed, *self.common_facts(told)]

    def common_facts(self, told: str = _COMMON) -> list[Node]:
        """What was kept and settled for all educators; nothing where the plan looks at nobody else."""
        if not self._rests_on_common:
            return []
        return [node("common_facts", "Common facts of the year", told, None)]

    def _of(self, kind: str, holds: Callable[[Fact], bool]) -> Iterable[Fact]:
        return (fact for fact in self._used if fact.kind == kind and holds(fact))

    def _of_year(self, kind: str) -> list[Node]:
        return self._leaves(self._of(kind, self._is_of_year))

    def _is_of_year(self, fact: Fact) -> bool:
        return bool(fact.data["school_year"] == self._calendar.plan_year)

    def _is_within(self, fact: Fact, over: Years | None) -> bool:
        starts_in, latest = int(fact.data["school_year"][:4]), self._calendar.starts_in
        if over is None:
            return starts_in == latest
        latest -= over.through == "year_before"
        return latest - over.years < starts_in <= latest

    def _is_number_of(self, fact: Fact, measure: AttributeNumber) -> bool:
        data, item = fact.data, fact.data["item"] or ""
        return (
            data["attribute"] == measure.attribute
            and self._is_within(fact, measure.over)
            and (measure.items is None or item in measure.items)
            and (measure.except_items is None or item not in measure.except_items)
        )

    def _kept(self, attribute: str, item: str | None) -> Iterable[Fact]:
        return self._of(
            "attribute",
            lambda fact: (
                fact.data["attribute"] == attribute and fact.data["item"] == item and self._is_within(fact, None)
            ),
        )

    def _leaves(self, facts: Iterable[Fact]) -> list[Node]:
        return [self._leaf(fact) for fact in facts]

    def _leaf(self, fact: Fact, told: str | None = None) -> Node:
        leaf = node("fact", _TITLES[fact.kind], told or self._told(fact), None)
        leaf["fact"] = {"kind": fact.kind, "key": fact.key, "version": fact.version, "event_id": fact.event_id}
        return leaf

    def _told(self, fact: Fact) -> str:  # noqa: PLR0911 - one for each kind
        """What the fact says, in a sentence."""
        data, calendar, in_year = fact.data, self._calendar, self._in_earlier_year(fact)
        match fact.kind:
            case "observation":
                amended = "; it was amended since" if fact.version > 1 else ""
                finalized = self._moment("finalized", data.get("finalized_at"), calendar.observations_finalized)
                late = _late(observed_too_late(data, calendar))
                return f"Observed on {data['observed_on']}{in_year or f'{finalized}{late}'}{amended}."
            case "growth":
                return f"{data['percent_met']} % of students met their growth ({data['measure']}){in_year}."
            case "slo":
                score = "not scored yet" if data["score"] is None else f"scored {data['score']}"
                approved = self._moment("recorded", data.get("approved_at"), calendar.slos_approved)
                late = _late(approved_too_late(data, calendar))
                told = f"{in_year}, {score}" if in_year else f"{approved}, {score}{late}"
                return f"SLO approved on {data['approved_on']}{told}."
            case "award":
                return self._award(fact, self._uncounted.get(fact.key) or lost_by(data, calendar))
            case "summative":
                return f"Rated {data['rating_level']} in {data['school_year']}, with a score of {data['score']}."
            case "attribute":
                item = f" ({data['item']})" if data["item"] else ""
                value = "taken back" if data["value"] is None else data["value"]
                return f"On file with HR: {plain(data['attribute'])}{item} in {data['school_year']}: {value}."
            case "placement":
                return self._placement(fact)
            case _:
                return "Role, subject group, campus, days and FTE are as on the roster."

    def _in_earlier_year(self, fact: Fact) -> str:
        year = fact.data.get("school_year", self._calendar.plan_year)
        return "" if year == self._calendar.plan_year else f" in {year}"

    def _moment(self, done: str, moment: str | None, cut_off: MomentCutOff | None) -> str:
        """The moment that a cut-off goes by, to the minute that had begun; nothing where the plan has no such one."""
        if cut_off is None:
            return ""
        if moment is None:
            return f" (when it was {done} is not on file, so its day decides)"
        return f" ({done} {datetime.fromisoformat(moment).astimezone(self._zone):%Y-%m-%d %H:%M}, {self._zone.key})"

    def _award(self, fact: Fact, lost: str) -> str:
        told = {
            "": "",
            "revoked": "; it was revoked",
            "expired": "; it expired before the end of the plan year",
            "after_cut_off": _late(True),  # noqa: FBT003 - the sentence
        }[lost]
        return f"Micro-credential {fact.data['credential']}, awarded on {fact.data['awarded_at'][:10]}{told}."

    def _placement(self, fact: Fact) -> str:
        data, is_own = fact.data, fact.data["ladder"] == self._ladder
        rung = self._rungs.get(data["rung"], data["rung"]) if is_own else data["rung"]
        on = "" if is_own else f" of the ladder {data['ladder']}"
        how = {"brought_along": "Brought along", "confirmed": "Confirmed", "placed": "Placed at the year's end"}
        by = f" by {CONFIRMERS[data['confirmed_by_kind']]}" if data["confirmed_by_kind"] else ""
        minutes = f", minutes {data['minute_reference']}" if data["minute_reference"] else ""
        through = f", through {data['valid_through_year']}" if data["valid_through_year"] else ""
        gone = "; it was withdrawn" if data["withdrawn"] else "; it lapsed" if data["lapsed"] else ""
        return f"{how[data['kind']]}{by}: {rung}{on} in {data['school_year']}{minutes}{through}{gone}."


def _late(is_late: bool) -> str:  # noqa: FBT001 - a fact about a fact
    return ", after the cut-off, so it does not count" if is_late else ""
