"""Changed facts: what a what-if may suppose of educators and campuses. A small closed vocabulary; each word is a model
that says what it changes and, for one educator, the facts as they would be.

Only facts of the plan year change. Bounds are those of the fact itself, so that nothing is supposed that no service
could ever have published.
"""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import BeforeValidator, Field, StrictInt, WithJsonSchema, model_validator

from services.compensation.domain import EducatorFacts, Fact, FactKind
from services.compensation.policy.exact import SCALE, decimal_text, millionths
from services.compensation.policy.facts.calendar import PlanCalendar
from services.compensation.policy.facts.employment import Employment
from services.compensation.policy.facts.gather import CampusAttributes
from services.compensation.policy.language.terms import KEPT_VALUE, Clause, Code, Word, as_text
from shared.events.evaluation import StaffRole, SubjectGroup
from shared.kernel.ids import derived_id

_NO_EVENT = str(UUID(int=0))
"""No event brought what is only supposed."""
_LEVELS = (1, 5)
_PERCENT_MAX = 100 * SCALE

_POINTS = r"^-?(100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?)$"


def _points(value: Any) -> str:
    text = as_text(value)
    if re.fullmatch(_POINTS, text) is None:
        raise ValueError(f'{text!r:.60} is no number from -100 to 100 with at most four places: write it like "2.5"')
    return text


def _text_or_whole(pattern: str, most: int) -> WithJsonSchema:
    """A number that may be text or whole, as in a plan: what its JSON Schema says of it."""
    whole = {"type": "integer", "minimum": -most, "maximum": most}
    return WithJsonSchema({"anyOf": [{"type": "string", "pattern": pattern}, whole]})


Points = Annotated[
    str,
    BeforeValidator(_points),
    Field(
        examples=["5"],
        description="Points of a percentage to add, from -100 to 100; the result stays within 0 and 100.",
    ),
    _text_or_whole(_POINTS, 100),
]
Kept = Annotated[str, BeforeValidator(as_text), Field(pattern=KEPT_VALUE), _text_or_whole(KEPT_VALUE, 999_999)]
Levels = Annotated[
    StrictInt, Field(ge=-4, le=4, examples=[1], description="Levels to add; the result stays within 1 and 5.")
]
Campuses = Annotated[tuple[UUID, ...], Field(min_length=1, max_length=2_000)]


class Whom(Clause):
    """Whose facts change, by the deciding assignment of the performance period; what is left out holds for all."""

    roles: tuple[StaffRole, ...] | None = Field(default=None, min_length=1)
    subject_groups: tuple[SubjectGroup, ...] | None = Field(default=None, min_length=1)
    districts: Campuses | None = None
    campuses: Campuses | None = None

    def covers(self, work: Employment) -> bool:
        return all(asked is None or has in asked for asked, has in zip(self._asked, _told_by(work), strict=True))

    @cached_property
    def _asked(self) -> tuple[frozenset[str] | None, ...]:
        named = (self.roles, self.subject_groups, self.districts, self.campuses)
        return tuple(None if one is None else frozenset(map(str, one)) for one in named)


EVERYBODY = Whom()


def _told_by(work: Employment) -> tuple[str | None, ...]:
    return work.role, work.group, work.district_id, work.campus_id


class GrowthPercent(Clause):
    """Growth scores of the plan year, moved by points: of one measure, or of all."""

    change: Literal["growth_percent"]
    applies_to: Whom = EVERYBODY
    measure: Word | None = Field(default=None, examples=["nwea-map"])
    add: Points

    def made_of(self, facts: EducatorFacts, calendar: PlanCalendar) -> EducatorFacts:
        points = millionths(self.add)

        def moved(data: Mapping[str, Any]) -> Mapping[str, Any]:
            if self.measure not in (None, data["measure"]):
                return data
            before = millionths(data["percent_met"])
            after = min(max(before + points, 0), _PERCENT_MAX)
            return data if after == before else {**data, "percent_met": decimal_text(after)}

        return _each_of_year(facts, FactKind.GROWTH, calendar, moved)


class ObservationLevels(Clause):
    """Levels of every observation of the plan year, moved up or down: of one domain of the rubric, or of all."""

    change: Literal["observation_levels"]
    applies_to: Whom = EVERYBODY
    domain: Code | None = Field(default=None, examples=["instructional_quality"])
    add: Levels

    def made_of(self, facts: EducatorFacts, calendar: PlanCalendar) -> EducatorFacts:
        def moved(data: Mapping[str, Any]) -> Mapping[str, Any]:
            levels = {
                domain: {of: _level(level + self.add) for of, level in given.items()}
                if self.domain in (None, domain)
                else given
                for domain, given in data["levels"].items()
            }
            return {**data, "levels": levels}

        return _each_of_year(facts, FactKind.OBSERVATION, calendar, moved)


class SloScore(Clause):
    """Scores of the plan year's approved SLOs: moved by `add` where there is one, or all `set` to one."""

    change: Literal["slo_score"]
    applies_to: Whom = EVERYBODY
    add: Levels | None = None
    set: Annotated[StrictInt, Field(ge=1, le=5)] | None = None

    @model_validator(mode="after")
    def _says_one_of_two(self) -> "SloScore":
        if (self.add is None) == (self.set is None):
            raise ValueError("says both or neither of add and set: say one of them")
        return self

    def made_of(self, facts: EducatorFacts, calendar: PlanCalendar) -> EducatorFacts:
        def moved(data: Mapping[str, Any]) -> Mapping[str, Any]:
            if self.add is None:
                return {**data, "score": self.set}
            return data if data["score"] is None else {**data, "score": _level(data["score"] + self.add)}

        return _each_of_year(facts, FactKind.SLO, calendar, moved)


class AttributeValue(Clause):
    """An attribute that HR keeps of educators, as if it had been recorded for the plan year."""

    change: Literal["attribute"]
    applies_to: Whom = EVERYBODY
    attribute: Code = Field(examples=["absence_days"])
    item: Word | None = Field(default=None, examples=["sick"])
    value: Kept = Field(examples=["2"])

    def made_of(self, facts: EducatorFacts, calendar: PlanCalendar) -> EducatorFacts:
        key = {"school_year": calendar.plan_year, "attribute": self.attribute, "item": self.item}
        supposed = {**key, "value": self.value}
        kept = facts.facts.get(FactKind.ATTRIBUTE, {}).values()
        standing = next((fact for fact in kept if {name: fact.data[name] for name in key} == key), None)
        if standing is not None:
            return facts if standing.data == supposed else _with(facts, standing._replace(data=supposed))
        name = str(derived_id("what-if", facts.educator_id, self.attribute, self.item or ""))
        return _with(facts, Fact(FactKind.ATTRIBUTE.value, name, 1, _NO_EVENT, supposed))


class Award(Clause):
    """One more award of a credential, made when the plan year begins and for good, whatever is held already."""

    change: Literal["award"]
    applies_to: Whom = EVERYBODY
    credential: Code = Field(examples=["mc-formative-assessment"])

    def made_of(self, facts: EducatorFacts, calendar: PlanCalendar) -> EducatorFacts:
        number = len(facts.facts.get(FactKind.AWARD, {}))
        name = str(derived_id("what-if", facts.educator_id, self.credential, str(number)))
        data: dict[str, Any] = {
            "credential": self.credential,
            "pathways": [],
            "provider": "what-if",
            "status": "earned",
            "awarded_at": calendar.year_begins_at,
            "expires_at": None,
            "revoked_at": None,
        }
        return _with(facts, Fact(FactKind.AWARD.value, name, 1, _NO_EVENT, data))


class CampusAttribute(Clause):
    """An attribute that is kept of campuses, as if it were this on each of those named."""

    change: Literal["campus_attribute"]
    campuses: Campuses
    attribute: Code = Field(examples=["student_points"])
    value: Kept = Field(examples=["1.37"])

    def made_of_campuses(self, campuses: CampusAttributes) -> CampusAttributes:
        changed = {str(one): {**campuses.get(str(one), {}), self.attribute: self.value} for one in self.campuses}
        return {**campuses, **changed}


OfEducators: TypeAlias = GrowthPercent | ObservationLevels | SloScore | AttributeValue | Award
Change: TypeAlias = Annotated[OfEducators | CampusAttribute, Field(discriminator="change")]
"""One change; several are made one after the other."""
Changes = Annotated[list[Change], Field(max_length=20)]


def _level(level: int) -> int:
    return min(max(level, _LEVELS[0]), _LEVELS[1])


def _each_of_year(
    facts: EducatorFacts,
    kind: FactKind,
    calendar: PlanCalendar,
    moved: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> EducatorFacts:
    """`facts` with each of a kind and of the plan year as `moved` has it; the very same where that changes none."""
    changed = [
        fact._replace(data=dict(data))
        for fact in facts.facts.get(kind, {}).values()
        if fact.data["school_year"] == calendar.plan_year and (data := moved(fact.data)) != fact.data
    ]
    return _with(facts, *changed) if changed else facts


def _with(facts: EducatorFacts, *changed: Fact) -> EducatorFacts:
    kind = changed[0].kind
    of_kind = {**facts.facts.get(kind, {}), **{fact.key: fact for fact in changed}}
    return EducatorFacts(facts.educator_id, {**facts.facts, kind: of_kind})
