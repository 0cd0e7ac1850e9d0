"""Observations of past years, or of another system, as a bulk line tells them: finalized when they arrive."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.evaluation.domain.observation import ObservationKind


@dataclass(frozen=True, slots=True)
class PastScore:
    dimension: str
    level: int
    evidence: str


@dataclass(frozen=True, slots=True)
class PastObservation:
    """One line; people and campus by their numbers. `digest` is of what the line says, however it is spelt."""

    line: int
    external_id: str
    digest: str
    employee_number: str
    appraiser_employee_number: str
    campus: str
    observed_on: date
    kind: ObservationKind
    is_announced: bool
    rubric: str
    rubric_version: int
    finalized_at: datetime
    scores: tuple[PastScore, ...]


@dataclass(frozen=True, slots=True)
class GrowthLine:
    """One line of a growth file."""

    line: int
    employee_number: str
    school_year: str
    measure: str
    percent_met: Decimal
    students: int
