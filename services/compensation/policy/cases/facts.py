"""The facts of a golden case, as HR writes them. What is left out is not on file.

Days and times are local ones of the plan's time zone; `school_year` is the plan's where it is left out.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, StrictBool, Tag, model_validator

from services.compensation.domain import Confirmer, PlacementKind
from services.compensation.policy.cases import events
from services.compensation.policy.cases.events import PublishedEvent
from services.compensation.policy.exact import SCALE, millionths
from services.compensation.policy.language.terms import (
    Clause,
    Code,
    Day,
    DecimalText,
    LocalTime,
    PlanYear,
    Title,
    Value,
    Word,
    as_text,
)
from shared.events.evaluation import StaffRole, SubjectGroup


class Setting(NamedTuple):
    """What of a plan facts are written by."""

    year: str
    zone: str
    ladder: str

    def moment(self, local: datetime) -> str:
        """A local time as events carry it."""
        return local.replace(tzinfo=ZoneInfo(self.zone)).isoformat()

    def noon(self, day: date) -> str:
        """The moment on a day that is told without one."""
        return self.moment(datetime.combine(day, time(12)))


def _up_to(most: int) -> AfterValidator:
    def within(text: str) -> str:
        if millionths(text) > most * SCALE:
            raise ValueError(f"{text} is above {most}: write 0 to {most}")
        return text

    return AfterValidator(within)


def _sort_of_value(value: Any) -> str:
    return "each" if isinstance(value, (Mapping, list)) else "one"


Percent = Annotated[DecimalText, _up_to(100)]
Fte = Annotated[DecimalText, _up_to(1)]
Quality = Annotated[DecimalText, _up_to(4)]
Level = Annotated[int, BeforeValidator(as_text), Field(ge=1, le=5)]
Levels: TypeAlias = Annotated[
    Annotated[Level, Tag("one")] | Annotated[list[Level], Field(min_length=1), Tag("each")],
    Discriminator(_sort_of_value),
]
"""One level for all dimensions of a domain, or a level for each."""
Attribute: TypeAlias = Annotated[
    Annotated[Value, Tag("one")] | Annotated[dict[Word, Value], Tag("each")], Discriminator(_sort_of_value)
]
"""A value, or a value for each item."""


class Assignment(Clause):
    """Without `to` it is still open; `campus` and `district` are whatever tells them apart."""

    role: StaffRole = StaffRole.TEACHER
    group: SubjectGroup | None = None
    fte: Fte = "1"
    begins_on: Day | None = Field(default=None, alias="from")
    ends_on: Day | None = Field(default=None, alias="to")
    campus: Title | None = None
    district: Title | None = None
    primary: StrictBool | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Assignment":
        if self.begins_on is not None and self.ends_on is not None and self.ends_on < self.begins_on:
            raise ValueError("ends before it begins: correct `from` or `to`")
        return self


class _OfYear(Clause):
    school_year: PlanYear | None = None


class Observation(_OfYear):
    on: Day
    levels: dict[Code, Levels] = Field(min_length=1)
    finalized_at: LocalTime | None = None

    def event(self, name: int, by: Setting) -> PublishedEvent:
        at, year = None if self.finalized_at is None else by.moment(self.finalized_at), self.school_year or by.year
        return events.observation(name, self.levels, on=str(self.on), finalized_at=at, year=year)


class Growth(_OfYear):
    """May be written as the percentage alone."""

    percent: Percent
    measure: Word = "nwea-map"

    @model_validator(mode="before")
    @classmethod
    def _may_be_a_number(cls, value: Any) -> Any:
        return {"percent": value} if isinstance(value, (str, int)) else value

    def event(self, name: int, by: Setting) -> PublishedEvent:
        return events.growth(name, self.percent, measure=self.measure, year=self.school_year or by.year)


class Slo(_OfYear):
    """Without a score it is only approved. `quality` is that of the goal, of which every approved one has some."""

    approved_on: Day
    approved_at: LocalTime | None = None
    score: Level | None = None
    attainment: Percent | None = None
    quality: Quality = "3.25"

    def event(self, name: int, by: Setting) -> PublishedEvent:
        at, year = None if self.approved_at is None else by.moment(self.approved_at), self.school_year or by.year
        return events.slo(
            name,
            self.score,
            approved_on=str(self.approved_on),
            approved_at=at,
            attainment=self.attainment,
            quality=self.quality,
            year=year,
        )


class Award(Clause):
    credential: Code
    on: Day
    expires_on: Day | None = None
    revoked_on: Day | None = None

    def events(self, name: int, by: Setting) -> Iterator[PublishedEvent]:
        expires_at = None if self.expires_on is None else by.noon(self.expires_on)
        earned = events.award(name, self.credential, at=by.noon(self.on), expires_at=expires_at)
        yield earned
        if self.revoked_on is not None:
            yield events.revoked(earned, at=by.noon(self.revoked_on))


class Rating(Clause):
    """May be written as the level alone."""

    level: Level
    score: DecimalText | None = None

    @model_validator(mode="before")
    @classmethod
    def _may_be_a_number(cls, value: Any) -> Any:
        return {"level": value} if isinstance(value, (str, int)) else value


class Placement(Clause):
    """`year` is the one that it was made for, `through` the last one that it is valid in."""

    year: PlanYear
    rung: Code
    ladder: Code | None = None
    kind: PlacementKind = PlacementKind.PLACED
    through: PlanYear | None = None
    reached: Code | None = None
    by: Confirmer | None = None
    minutes: Title | None = None
    withdrawn: StrictBool = False
    lapsed: StrictBool = False

    def event(self, by: Setting) -> PublishedEvent:
        return events.placement(**{"ladder": by.ladder, **self.model_dump(mode="json", exclude_none=True)})


class Facts(Clause):
    """All that is on file about one educator; without assignments there is no statement."""

    hired_on: Day | None = None
    ended_on: Day | None = None
    assignments: tuple[Assignment, ...] | None = None
    observations: tuple[Observation, ...] = ()
    growth: tuple[Growth, ...] = ()
    slos: tuple[Slo, ...] = ()
    awards: tuple[Award, ...] = ()
    ratings: dict[PlanYear, Rating] = Field(default_factory=dict)
    attributes: dict[Code, Attribute] = Field(default_factory=dict)
    earlier_attributes: dict[PlanYear, dict[Code, Attribute]] = Field(default_factory=dict)
    placements: tuple[Placement, ...] = ()

    def events(self, by: Setting) -> list[PublishedEvent]:
        """The events behind these facts under a plan."""
        return [
            *self._rostered(by),
            *(one.event(number, by) for number, one in enumerate(self.observations)),
            *(one.event(number, by) for number, one in enumerate(self.growth)),
            *(one.event(number, by) for number, one in enumerate(self.slos)),
            *(event for number, one in enumerate(self.awards) for event in one.events(number, by)),
            *(events.rating(year, one.level, score=one.score) for year, one in self.ratings.items()),
            *self._attributes(by),
            *(one.event(by) for one in self.placements),
        ]

    def attributes_by_year(self, plan_year: str) -> dict[str, dict[str, Attribute]]:
        """What HR keeps, by school year."""
        return {**self.earlier_attributes, plan_year: self.attributes}

    def _rostered(self, by: Setting) -> Iterator[PublishedEvent]:
        """Where nothing else is said, hired and assigned as the school year begins."""
        if self.assignments is None:
            return
        begins_on = f"{by.year[:4]}-07-01"
        parts = [
            {"from": begins_on, **one.model_dump(mode="json", by_alias=True, exclude_none=True)}
            for one in self.assignments
        ]
        told = self.model_dump(mode="json", include={"hired_on", "ended_on"}, exclude_unset=True)
        yield events.roster(*parts, **{"hired_on": begins_on, **told})

    def _attributes(self, by: Setting) -> Iterator[PublishedEvent]:
        for year, kept in self.attributes_by_year(by.year).items():
            for code, told in kept.items():
                for item, value in ({None: told} if isinstance(told, str) else told).items():
                    yield events.attribute(code, value, item=item, year=year)
