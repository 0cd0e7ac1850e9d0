"""What the evaluation service publishes: who works where, observations, student growth, summative ratings.

Every event shows its aggregate whole, with a version. A consumer keeps the highest version it has seen, so
duplicates and late arrivals change nothing (guarantee 2).
"""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.events.registry import Event, published
from shared.events.topics import Topic
from shared.events.types import DecimalString, EducatorId, SchoolYearLabel, Version


class StaffRole(StrEnum):
    """What an educator is employed as on a campus."""

    TEACHER = "teacher"
    INSTRUCTIONAL_COACH = "instructional_coach"
    ASSISTANT_PRINCIPAL = "assistant_principal"
    PRINCIPAL = "principal"
    OTHER = "other"


class SubjectGroup(StrEnum):
    """How student growth is measured for a teacher: by state or national tests, or by SLOs."""

    TESTED = "tested"
    NON_TESTED = "non_tested"
    NONE = "none"


class EducatorStatus(StrEnum):
    ACTIVE = "active"
    ENDED = "ended"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Assignment(_Part):
    """One role of an educator on one campus, from a first day to a last one (inclusive) or still open."""

    assignment_id: UUID
    campus_id: UUID
    district_id: UUID
    role: StaffRole
    subject_group: SubjectGroup
    full_time_equivalent: DecimalString = Field(examples=["1.00"])
    is_primary: bool
    begins_on: date
    ends_on: date | None


class RubricScore(_Part):
    """The level given to one dimension of the rubric; 1 is the lowest level."""

    domain: str = Field(examples=["instructional_quality"])
    dimension: str
    level: int = Field(ge=1, le=5)


@published("rung.evaluation.educator.rostered.v1", topic=Topic.EVALUATION)
class EducatorRostered(Event):
    """The roster's whole word on one educator, after an import changed it. Consumed by all other services.

    `person_keys` are keyed digests of e-mail address and employee number (shared/kernel/person_key.py).
    """

    educator_id: EducatorId
    version: Version
    status: EducatorStatus
    employee_number: str | None = Field(description="What payroll knows the educator by; never a name.")
    person_keys: list[str]
    hired_on: date | None
    ended_on: date | None
    assignments: list[Assignment]


class _Observation(Event):
    educator_id: EducatorId
    observation_id: UUID
    version: Version
    school_year: SchoolYearLabel
    observed_on: date
    campus_id: UUID
    rubric: str = Field(examples=["h-tess"])
    rubric_version: int = Field(ge=1)
    scores: list[RubricScore]
    finalized_at: AwareDatetime | None = Field(
        default=None,
        description="When the appraiser closed the scoring; an amendment keeps it. What was published before this "
        "field was there carries none.",
    )


@published("rung.evaluation.observation.finalized.v1", topic=Topic.EVALUATION)
class ObservationFinalized(_Observation):
    """An appraiser closed the scoring of a classroom observation. Compensation counts it."""


@published("rung.evaluation.observation.amended.v1", topic=Topic.EVALUATION)
class ObservationAmended(_Observation):
    """A finalized observation was corrected, with a reason that stays in evaluation. Replaces the version before."""


@published("rung.evaluation.growth.scored.v1", topic=Topic.EVALUATION)
class GrowthScored(Event):
    """The share of a tested teacher's students that met their expected growth, on one measure in one year."""

    educator_id: EducatorId
    growth_id: UUID
    version: Version
    school_year: SchoolYearLabel
    measure: str = Field(examples=["nwea-map"])
    percent_met: DecimalString = Field(examples=["63.5"], description="0 to 100.")


class DomainRating(_Part):
    domain: str
    score: DecimalString = Field(description="Mean level of the domain, 1 to 5.")


@published("rung.evaluation.summative.rated.v1", topic=Topic.EVALUATION)
class SummativeRated(Event):
    """The year's rating over the three H-TESS domains, closed by the appraiser. Feeds the ladder."""

    educator_id: EducatorId
    summative_id: UUID
    version: Version
    school_year: SchoolYearLabel
    domains: list[DomainRating]
    score: DecimalString
    rating: str = Field(examples=["accomplished"])
    rating_level: int = Field(ge=1, le=5)
