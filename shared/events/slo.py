"""What the slo service publishes. SLO means student learning objective, here and everywhere."""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.events.registry import Event, published
from shared.events.topics import Topic
from shared.events.types import DecimalString, EducatorId, SchoolYearLabel, Version


class _Slo(Event):
    educator_id: EducatorId
    slo_id: UUID
    version: Version
    school_year: SchoolYearLabel
    approved_on: date
    quality_score: DecimalString = Field(description="Mean of the approval rubric, 1 to 4.")
    attainment_percent: DecimalString | None = Field(
        description="Share of students that met their target, 0 to 100; null until the SLO is scored."
    )
    score: int | None = Field(ge=1, le=5, description="Rating of the result; null until the SLO is scored.")
    approved_at: AwareDatetime | None = Field(
        default=None,
        description="When the reviewer's approval was recorded; amendments and scores keep it. Null where an SLO of a "
        "past year was loaded, which has the day alone; what was published before this field was there carries none.",
    )


@published("rung.slo.slo.approved.v1", topic=Topic.SLO)
class SloApproved(_Slo):
    """A reviewer approved the objective: its targets are locked."""


@published("rung.slo.slo.scored.v1", topic=Topic.SLO)
class SloScored(_Slo):
    """The objective's result was scored. Compensation counts it."""
