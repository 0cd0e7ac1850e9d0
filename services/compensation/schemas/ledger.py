"""Bodies of the doors for statements as a history, the ledger and totals."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from services.compensation.schemas.parts import Amount, Body, Money
from shared.events.types import SchoolYearLabel


class LedgerEntryView(Body):
    """A difference that a recalculation posted, with the event that caused it."""

    id: UUID
    plan_year: SchoolYearLabel
    sequence: int = Field(description="The statement that posted it.")
    component: str
    amount: Money
    plan_version_id: UUID
    cause_event_id: UUID
    posted_at: AwareDatetime


class StatementVersionView(Body):
    """One statement in an educator's history of a plan year."""

    sequence: int
    total: Money
    rung: str
    hash: str
    plan_version_id: UUID
    cause_event_id: UUID
    decided_at: AwareDatetime


class BonusTotal(Body):
    """Where an educator stands in a plan year."""

    educator_id: UUID
    employee_number: str | None
    plan_year: SchoolYearLabel
    district_id: UUID | None
    campus_id: UUID | None
    rung: str
    components: dict[str, Amount] = Field(description="Amount by component of the plan.")
    total: Money
    sequence: int
    statement_hash: str
    plan_version_id: UUID
