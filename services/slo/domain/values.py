"""What an SLO consists of. Frozen values; counts of students, and nothing that could name one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.slo.domain.states import SloState
from shared.kernel.period import SchoolYear


class Interval(StrEnum):
    """The interval of instruction that the objective covers (Region One ESC, Project RISE)."""

    YEAR = "year"
    SEMESTER_1 = "semester_1"
    SEMESTER_2 = "semester_2"


class StartingLevel(StrEnum):
    """Where students stand at the start: the five levels of the TEA form's Initial Student Skill Profile."""

    WELL_BELOW = "well_below"
    BELOW = "below"
    TYPICAL = "typical"
    ABOVE = "above"
    WELL_ABOVE = "well_above"


@dataclass(frozen=True, slots=True)
class Target:
    """What the students of one starting level are to reach; `percent` where it is a figure, 0 to 100."""

    text: str
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SloContent:
    """What the educator writes. `population` holds counts only; nothing here may name a student."""

    subject: str
    learning_goal: str
    standards: tuple[str, ...] = ()
    population: Mapping[StartingLevel, int] = field(default_factory=dict)
    targets: Mapping[StartingLevel, Target] = field(default_factory=dict)
    strategies: tuple[str, ...] = ()
    assessments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attainment:
    """The result: how many of the students met their target, as a percentage and as a rating of 1 to 5.

    The counts are not known where only the percentage was loaded, for a past year.
    """

    percent: Decimal
    rating: int
    scored_on: date
    students: int | None = None
    students_met: int | None = None


class ReviewDecision(StrEnum):
    APPROVE = "approve"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Review:
    """A reviewer's word on one submission. The scores stay as data: research relates SLO quality to results."""

    decision: ReviewDecision
    rubric: str
    rubric_version: int
    scores: Mapping[str, int]
    quality_score: Decimal | None
    comment: str | None
    reviewed_on: date | None
    reviewer_id: UUID | None


@dataclass(frozen=True, slots=True)
class Slo:
    """An SLO. `revision` counts every change, `version` the published states alone.

    `approved_at` is when the approval was recorded: cut-offs of pay are moments. Not known of what was loaded.
    """

    slo_id: UUID
    educator_id: UUID
    school_year: SchoolYear
    interval: Interval
    content: SloContent
    state: SloState = SloState.DRAFT
    revision: int = 1
    version: int = 0
    submitted_on: date | None = None
    submitted_by: str | None = None
    approved_on: date | None = None
    approved_at: datetime | None = None
    quality_score: Decimal | None = None
    attainment: Attainment | None = None
    external_id: str | None = None


class VersionCause(StrEnum):
    """What made a published version."""

    APPROVE = "approve"
    AMEND = "amend"
    SCORE = "score"
    LOAD = "load"


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """A published version as it was kept: what made it, why, and what it said."""

    version: int
    cause: VersionCause
    reason: str | None
    recorded_at: datetime
    targets: Mapping[StartingLevel, Target]
    attainment_percent: Decimal | None
    rating: int | None


@dataclass(frozen=True, slots=True)
class PastSlo:
    """An SLO of a past year as a district's own system kept it: what came of it, without the plan it was made by.

    `line` is where it stood in the upload, from 1; `line_hash` tells whether the same was loaded before.
    """

    line: int
    line_hash: bytes
    external_id: str
    employee_number: str
    reviewer_employee_number: str
    school_year: SchoolYear
    interval: Interval
    subject: str
    learning_goal: str
    scores: Mapping[str, int]
    submitted_on: date
    approved_on: date | None
    attainment_percent: Decimal | None
    scored_on: date | None
