"""Bodies of the doors for what HR keeps: attributes of educators and of campuses, and the common facts of a year."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field

from services.compensation.domain import OFFER_ATTRIBUTE, Attribute, AttributeKey, CommonFacts
from services.compensation.policy.language.terms import KEPT_VALUE
from services.compensation.schemas.parts import Body, Reason
from shared.events.types import SchoolYearLabel

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$", examples=["absence_days"])]
Value = Annotated[
    str,
    Field(
        pattern=KEPT_VALUE,
        examples=["2.5"],
        description="A decimal number below a million with at most six places, or a word, which begins with a letter.",
    ),
]
Item = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$", examples=["sick"])]


def _is_no_answer(name: str) -> str:
    if name == OFFER_ATTRIBUTE:
        raise ValueError("is the answer to an offer: it is given at /educators/{educator_id}/offers/{offer}")
    return name


class AttributeValue(Body):
    """What an attribute of an educator is in a school year; null takes back what was recorded."""

    educator_id: UUID
    school_year: SchoolYearLabel
    attribute: Annotated[Name, AfterValidator(_is_no_answer)]
    item: Item | None = Field(default=None, description="Where it is kept item by item, such as days by type of leave.")
    value: Value | None

    def key(self) -> AttributeKey:
        return AttributeKey(self.educator_id, self.school_year, self.attribute, self.item)


class AttributeView(Body):
    """An attribute as it stands."""

    attribute: str
    item: str | None
    value: str
    version: int

    @classmethod
    def of(cls, one: Attribute) -> "AttributeView":
        return cls(attribute=one.key.attribute, item=one.key.item, value=one.value or "", version=one.version)


class RecordedView(Body):
    """How many values were new or different and recalculated their educators, and how many stood already."""

    changed: int
    unchanged: int


class CampusValues(Body):
    """All that is kept of campuses for a year, by campus id and attribute. What is left out is not kept any more."""

    campuses: dict[UUID, dict[Name, Value]] = Field(
        max_length=2_000, examples=[{"01930000-0000-7000-8000-000000000002": {"student_points": "1.37"}}]
    )


class SettlementRequest(Body):
    """Settle what depends on all educators at once: as an estimate, or for good, which closes the plan year."""

    final: bool


class YearReopeningRequest(Body):
    """Make an estimate again of what was settled for good."""

    reason: Reason


class SettlementAskedView(Body):
    """What will be settled: for this version of the plan, for good or as an estimate."""

    plan_version_id: UUID
    final: bool


class CommonFactsView(Body):
    """What every decision of a plan year rests on besides the educator's own facts."""

    plan_year: SchoolYearLabel
    number: int
    campuses: dict[str, dict[str, str]]
    settlement: dict[str, Any] = Field(
        description="Borders, units, sums and counts by gate, band set, component and measure of the plan."
    )
    settled_for: UUID | None = Field(description="The plan version that the settlement is of.")
    is_final: bool

    @classmethod
    def of(cls, common: CommonFacts) -> "CommonFactsView":
        return cls(
            plan_year=common.plan_year,
            number=common.number,
            campuses={campus: dict(attributes) for campus, attributes in common.campuses.items()},
            settlement=dict(common.settlement),
            settled_for=common.settled_for,
            is_final=common.is_final,
        )
