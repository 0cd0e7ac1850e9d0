"""Payout batches and their lines: which step may follow which, and who may take it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.compensation.errors import PayoutStepOutOfOrder, PreparerCannotApprove


class PayoutState(StrEnum):
    PREPARED = "prepared"
    APPROVED = "approved"
    SEALED = "sealed"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"


_STEPS: Mapping[PayoutState, frozenset[PayoutState]] = {
    PayoutState.PREPARED: frozenset({PayoutState.APPROVED, PayoutState.WITHDRAWN}),
    PayoutState.APPROVED: frozenset({PayoutState.SEALED, PayoutState.WITHDRAWN}),
    PayoutState.SEALED: frozenset({PayoutState.ACKNOWLEDGED}),
    PayoutState.ACKNOWLEDGED: frozenset(),
    PayoutState.WITHDRAWN: frozenset(),
}


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """What payroll pays one educator for one component; negative where it takes back."""

    id: UUID
    number: int
    educator_id: UUID
    employee_number: str | None
    district_id: UUID | None
    campus_id: UUID | None
    component: str
    earning_code: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class PayoutBatch:
    """A payout batch: lines frozen when it is prepared, approved by another person, sealed, acknowledged by payroll."""

    id: UUID
    plan_year: str
    state: PayoutState
    pay_date: date
    line_count: int
    control_total_cents: int
    content_hash: str
    prepared_by: str
    prepared_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    sealed_by: str | None = None
    sealed_at: datetime | None = None
    first_pulled_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None

    def _enter(self, state: PayoutState) -> None:
        if state not in _STEPS[self.state]:
            raise PayoutStepOutOfOrder(
                f"batch {self.id} is {self.state}, and only "
                f"{' or '.join(sorted(_STEPS[self.state])) or 'nothing'} can follow; nothing was changed"
            )

    def approve(self, by: str, at: datetime) -> "PayoutBatch":
        """Raises PayoutStepOutOfOrder, PreparerCannotApprove."""
        self._enter(PayoutState.APPROVED)
        if by == self.prepared_by:
            raise PreparerCannotApprove(f"{by} prepared batch {self.id}: another person has to approve it")
        return replace(self, state=PayoutState.APPROVED, approved_by=by, approved_at=at)

    def seal(self, by: str, at: datetime) -> "PayoutBatch":
        """From here on payroll can pull it. Raises PayoutStepOutOfOrder."""
        self._enter(PayoutState.SEALED)
        return replace(self, state=PayoutState.SEALED, sealed_by=by, sealed_at=at)

    def acknowledge(self, by: str, at: datetime) -> "PayoutBatch":
        """Payroll has taken it, once. Raises PayoutStepOutOfOrder."""
        self._enter(PayoutState.ACKNOWLEDGED)
        return replace(self, state=PayoutState.ACKNOWLEDGED, acknowledged_by=by, acknowledged_at=at)

    def withdraw(self, by: str, at: datetime, reason: str) -> "PayoutBatch":
        """Take it back before it is sealed; its entries go into a later one. Raises PayoutStepOutOfOrder."""
        self._enter(PayoutState.WITHDRAWN)
        return replace(self, state=PayoutState.WITHDRAWN, withdrawn_by=by, withdrawn_at=at, withdrawn_reason=reason)
