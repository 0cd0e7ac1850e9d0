"""What compensation knows of an educator: the standing facts, and what a plan made of them. Values only, no I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

from shared.kernel.period import SchoolYear

Data = dict[str, Any]


class FactKind(StrEnum):
    """What a fact is about; one aggregate of another service each."""

    ROSTER = "roster"
    OBSERVATION = "observation"
    GROWTH = "growth"
    SLO = "slo"
    AWARD = "award"
    SUMMATIVE = "summative"
    ATTRIBUTE = "attribute"
    PLACEMENT = "placement"


class Fact(NamedTuple):
    """One aggregate of another service as the event `event_id` showed it, at `version`.

    `data` is the event's payload as decoded JSON; an award's has `status` ("earned" or "revoked") besides.
    A tuple because a statement is decided after every event, and a dozen of them are made for each.
    """

    kind: str
    key: str
    version: int
    event_id: str
    data: Data


@dataclass(frozen=True, slots=True)
class Place:
    """Where payroll finds an educator: employee number, and district and campus of the main assignment."""

    employee_number: str | None
    district_id: str | None
    campus_id: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a plan version comes to for one educator: amounts in cents by component, rung, and the statement's bytes."""

    total_cents: int
    components: Mapping[str, int]
    rung: str
    body: bytes
    hash: str


@dataclass(frozen=True, slots=True)
class EducatorFacts:
    """The standing facts about one educator: kind -> key -> the fact of the highest version seen.

    The order in which facts are taken in leaves no trace: any order ends in the same value (guarantee 3).
    """

    educator_id: str
    facts: Mapping[str, Mapping[str, Fact]]

    def with_fact(self, fact: Fact) -> Self:
        """These facts with `fact` taken in; the very same object where `fact` is stale.

        Of two facts with one version the one with the smaller event id stands: event ids are UUIDv7, so that is
        the first one published, and a second publication of the same version changes nothing.
        """
        kind = str(fact.kind)
        standing = self.facts.get(kind, {})
        known = standing.get(fact.key)
        if known is not None and not _supersedes(fact, known):
            return self
        kept = Fact(kind, fact.key, fact.version, fact.event_id, _kept(kind, fact.data))
        return type(self)(self.educator_id, {**self.facts, kind: {**standing, fact.key: kept}})

    def to_document(self) -> dict[str, dict[str, list[Any]]]:
        """The same as a compact JSON-able document; equal facts give equal documents up to the order of keys."""
        return {
            kind: {key: [fact[2], fact[3], fact[4]] for key, fact in facts.items()}
            for kind, facts in self.facts.items()
        }

    @classmethod
    def from_document(cls, educator_id: str, document: Mapping[str, Mapping[str, list[Any]]]) -> Self:
        """Read what `to_document` wrote."""
        new = tuple.__new__
        facts = {
            kind: {key: new(Fact, (kind, key, *row)) for key, row in rows.items()} for kind, rows in document.items()
        }
        return cls(educator_id, facts)

    def primary_place(self) -> Place:
        """Where the roster puts the educator now: the primary assignment that began last. All None off the roster."""
        rosters = self.facts.get(FactKind.ROSTER)
        if not rosters:
            return Place(None, None, None)
        data = next(iter(rosters.values())).data
        main: Data = max(
            data["assignments"],
            key=lambda part: (part["is_primary"], part["begins_on"], part["assignment_id"]),
            default={},
        )
        return Place(data.get("employee_number"), main.get("district_id"), main.get("campus_id"))

    def campuses_answering_for(self, year: SchoolYear) -> frozenset[str]:
        """The campuses that the educator worked on in `year` or since: one that was left knows nothing of later years,
        and the one they came to knows what they bring."""
        begins_on = year.begins_on.isoformat()
        return frozenset(
            part["campus_id"]
            for fact in self.facts.get(FactKind.ROSTER, {}).values()
            for part in fact.data["assignments"]
            if all(day is None or day >= begins_on for day in (part["ends_on"], fact.data["ended_on"]))
        )


def _supersedes(fact: Fact, known: Fact) -> bool:
    if fact.version != known.version:
        return fact.version > known.version
    return fact.event_id < known.event_id


_FIELDS: Mapping[str, tuple[str, ...]] = {
    FactKind.ROSTER.value: ("status", "employee_number", "hired_on", "ended_on", "assignments"),
    FactKind.GROWTH.value: ("school_year", "measure", "percent_met"),
    FactKind.ATTRIBUTE.value: ("school_year", "attribute", "item", "value"),
    FactKind.PLACEMENT.value: (
        "school_year",
        "ladder",
        "rung",
        "kind",
        "reached",
        "confirmed_by_kind",
        "minute_reference",
        "valid_through_year",
        "withdrawn",
        "lapsed",
    ),
    FactKind.SUMMATIVE.value: ("school_year", "domains", "score", "rating", "rating_level"),
}
"""What is kept of a payload. The rest is known already (ids, version) or is nothing that a plan may look at."""


def _kept(kind: str, data: Data) -> Data:
    """What the facts keep of a payload: all that any plan can ask for, in a form that is read and written after each
    event for as little as can be. What is kept already comes out unchanged."""
    reshape = _RESHAPED.get(kind)
    if reshape is not None:
        return reshape(data)
    return {field: data[field] for field in _FIELDS[kind] if field in data}


def _kept_observation(data: Data) -> Data:
    """Scores as domain -> dimension -> level: a third of the bytes."""
    levels = data.get("levels")
    if levels is None:
        levels = {}
        for score in data["scores"]:
            levels.setdefault(score["domain"], {})[score["dimension"]] = score["level"]
    fields = ("school_year", "observed_on", "campus_id", "rubric", "rubric_version")
    return {**{field: data[field] for field in fields}, "levels": levels, **_on_file(data, "finalized_at")}


def _kept_slo(data: Data) -> Data:
    fields = ("school_year", "approved_on", "quality_score", "attainment_percent", "score")
    return {**{field: data[field] for field in fields if field in data}, **_on_file(data, "approved_at")}


def _on_file(data: Data, field: str) -> Data:
    """A moment in one form; left out where none is on file, so that what was kept before there were any stays."""
    moment = data.get(field)
    return {} if moment is None else {field: moment_text(datetime.fromisoformat(moment))}


def _kept_award(data: Data) -> Data:
    """Moments in one form, so that they compare as text."""
    fields = ("credential", "pathways", "provider", "status")
    kept = {field: data[field] for field in fields if field in data}
    for field in ("awarded_at", "expires_at", "revoked_at"):
        moment = data.get(field)
        kept[field] = None if moment is None else moment_text(datetime.fromisoformat(moment))
    return kept


_RESHAPED: Mapping[str, Callable[[Data], Data]] = {
    FactKind.OBSERVATION.value: _kept_observation,
    FactKind.SLO.value: _kept_slo,
    FactKind.AWARD.value: _kept_award,
}


def moment_text(moment: datetime) -> str:
    """RFC 3339 in UTC with six digits of a second: as text in the order of time. A naive moment is taken as UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
