"""What the compensation service publishes: plans, and what they came to for each educator.

Together with the other topics this is enough to rebuild the compensation database (guarantee 4): a
recalculation names the events it applied in their order, the plan version, and the time it was decided at.
"""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.registry import Event, published
from shared.events.topics import Topic
from shared.events.types import EducatorId, SchoolYearLabel, Version


@published("rung.compensation.plan.published.v1", topic=Topic.COMPENSATION, key="plan")
class PlanPublished(Event):
    """A plan version became the one that its school year is paid by."""

    plan: str = Field(examples=["harmony-pbcs"])
    version: Version
    plan_version_id: UUID
    plan_year: SchoolYearLabel
    content_hash: str = Field(description="SHA-256 over the canonical document, in hex.")
    document: dict[str, Any] = Field(description="The plan document, whole.")
    publication: int | None = Field(
        default=None,
        ge=1,
        description="Number of this publication among all: of a year the last one stands. Null in old events.",
    )
    minute_reference: str | None = Field(
        default=None,
        examples=["2020-06-15, item 7"],
        description="Where the board's minutes say that it approved the plan. Null in old events, as the next two.",
    )
    board_approved_on: date | None = Field(default=None, description="The day on which the board approved it.")
    describes_all_pay: bool | None = Field(
        default=None, description="Whether the minutes describe all pay elements (34 TAC 25.24)."
    )


@published("rung.compensation.attribute.recorded.v1", topic=Topic.COMPENSATION)
class AttributeRecorded(Event):
    """HR recorded, corrected or took back (null) what plans may ask of an educator in a school year besides evidence:
    days absent, a value-added level, a licence, the category of a teacher.
    """

    educator_id: EducatorId
    attribute_id: UUID
    version: Version
    school_year: SchoolYearLabel
    attribute: str = Field(examples=["absence_days"])
    item: str | None = Field(examples=["sick"], description="Where it is kept item by item.")
    value: str | None = Field(examples=["2.5"], description="A decimal number or a word.")


@published("rung.compensation.placement.recorded.v1", topic=Topic.COMPENSATION)
class PlacementRecorded(Event):
    """An educator was placed on a rung of a ladder for a school year, or that was withdrawn: what later years hold the
    rung by, and what confirms it.
    """

    educator_id: EducatorId
    placement_id: UUID
    version: Version
    school_year: SchoolYearLabel
    ladder: str = Field(examples=["tia-designation"], description="Code of the ladder, by default that of its plan.")
    rung: str = Field(examples=["exemplary"])
    kind: Literal["confirmed", "placed", "brought_along"] = Field(
        description="Confirmed by a person or the board; what the end of the year came to; or brought along from "
        "before this system or from another district."
    )
    reached: str | None = Field(description="The rung that the year reached, where it is below the one that is kept.")
    confirmed_by_kind: Literal["person", "board"] | None
    minute_reference: str | None = Field(description="Of the board's minutes.")
    valid_through_year: SchoolYearLabel | None = Field(
        description="The last school year it is valid in; null for ever."
    )
    withdrawn: bool = Field(description="By a person: it counts no more.")
    lapsed: bool = Field(description="Its year does not come to it any more: it counts no more, unless it does again.")


class CampusValue(BaseModel):
    """What is kept of a campus: one attribute."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    campus_id: UUID
    attribute: str
    value: str = Field(description="A decimal number or a word.")


class SettledNumber(BaseModel):
    """What depends on all educators at once: the border of a top share or of a band, the units that share a pot, or the
    sum or the count that a group's mean is taken of.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    of: str = Field(
        examples=["pot_units"],
        description="`top_borders`, `band_borders`, `pot_units`, `group_sums` or `group_counts`.",
    )
    code: str = Field(description="Of the gate, band set, component or measure of the plan.")
    place: str = Field(
        description="District, campus or group, like a team by its name; empty for the network; of a band its position "
        "among the bands.",
    )
    number: int = Field(description="A border or a sum in millionths; units as the component counts them.")


@published("rung.compensation.common_facts.changed.v1", topic=Topic.COMPENSATION, key="plan_year")
class CommonFactsChanged(Event):
    """What every decision of a plan year rests on besides the educator's own facts came out differently: attributes of
    campuses, and what depends on all educators at once (borders of top shares, units that share a pot, sums of groups).
    """

    plan_year: SchoolYearLabel
    number: int = Field(ge=1, description="Number of these common facts among those of the year; the highest stands.")
    campuses: list[CampusValue]
    settlement: list[SettledNumber]
    settled_for: UUID | None = Field(description="The plan version that the settlement is of.")
    is_final: bool = Field(description="Whether the period is closed; before, the settlement is an estimate.")


class LedgerLine(BaseModel):
    """The difference that a recalculation posted for one component of the bonus, in cents."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    entry_id: UUID
    component: str
    amount_cents: int


@published("rung.compensation.statement.recalculated.v1", topic=Topic.COMPENSATION)
class StatementRecalculated(Event):
    """An educator's bonus statement or ladder placement came out differently than before.

    `applied` lists the ids of the events taken in since the last recalculation, in the order they were taken.
    """

    educator_id: EducatorId
    plan_year: SchoolYearLabel
    sequence: int = Field(ge=1, description="Number of this statement among the educator's for the plan year.")
    plan_version_id: UUID
    total_cents: int
    rung: str = Field(description="Code of the ladder rung.")
    statement_hash: str
    entries: list[LedgerLine]
    applied: list[UUID]
    cause_event_id: UUID
    decided_at: datetime
    common_facts: int | None = Field(
        default=None,
        ge=1,
        description="Number of the common facts of the year it rests on. Null where there were none.",
    )
    applied_sequence: int | None = Field(
        default=None,
        ge=1,
        description="Number of the last of the educator's facts that this statement knew. Null in old events.",
    )
