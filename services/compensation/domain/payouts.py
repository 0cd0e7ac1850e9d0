"""Payout batches and their lines: which step may follow which, and who may take it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.compensation.errors import (
    EstimatesNotAccepted,
    PayoutStepOutOfOrder,
    PreparerCannotApprove,
    ReleaserNotSeparate,
)


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


class LineKind(StrEnum):
    """`bonus` pays, or corrects within the same payment; `recovery` takes back under an approved recovery."""

    BONUS = "bonus"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """What payroll pays one educator for one component; negative where it takes back.

    What 34 TAC 25.24 makes a credit for retirement depend on is frozen with it: whether the plan says that the
    component counts, the plan document, the board minutes that adopted it, and the school year it is paid in.
    """

    id: UUID
    number: int
    kind: LineKind
    educator_id: UUID
    employee_number: str | None
    district_id: UUID | None
    campus_id: UUID | None
    component: str
    earning_code: str
    account_code: str | None
    amount_cents: int
    retirement: bool | None
    plan_content_hash: str
    minute_reference: str | None
    paid_in_year: str
    recovery_id: UUID | None


@dataclass(frozen=True, slots=True)
class AcceptedLine:
    """What payroll says of a line that it took: the day it paid it, and its own reference; each where it says so."""

    line_id: UUID
    paid_on: date | None
    payroll_reference: str | None


@dataclass(frozen=True, slots=True)
class DistrictTotal:
    """What a batch pays by one legal district; None gathers those whom the roster places in none."""

    district_id: UUID | None
    line_count: int
    control_total_cents: int


def totals_by_district(lines: Sequence[PayoutLine]) -> tuple[DistrictTotal, ...]:
    """One for each district that has a line, in the order of ids; they sum to the batch's totals."""
    amounts: dict[UUID | None, list[int]] = {}
    for line in lines:
        amounts.setdefault(line.district_id, []).append(line.amount_cents)
    ordered = sorted(amounts.items(), key=lambda item: str(item[0] or ""))
    return tuple(DistrictTotal(district, len(cents), sum(cents)) for district, cents in ordered)


@dataclass(frozen=True, slots=True)
class PayoutBatch:
    """A payout batch: lines frozen when it is prepared, approved by a second person, sealed by a third, acknowledged by
    payroll. `district_id` is None where it pays the whole network; `held_...` is what open holds kept out of it.
    `is_estimate`: its year was open, so that evidence still to come may change what it pays, by lines of a later batch;
    None where that was not kept.
    """

    id: UUID
    plan_year: str
    district_id: UUID | None
    state: PayoutState
    pay_date: date
    line_count: int
    control_total_cents: int
    content_hash: str
    district_totals: tuple[DistrictTotal, ...]
    lines_without_account_code: int
    held_educators: int
    held_total_cents: int
    prepared_by: str
    prepared_at: datetime
    is_estimate: bool | None = None
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
            following = " or ".join(sorted(_STEPS[self.state]))
            rest = f", and only {following} can follow" if following else ": nothing can follow"
            raise PayoutStepOutOfOrder(f"batch {self.id} is {self.state}{rest}; nothing was changed")

    def approve(self, by: str, at: datetime, *, accepts_estimates: bool) -> "PayoutBatch":
        """Raises PayoutStepOutOfOrder, PreparerCannotApprove, EstimatesNotAccepted."""
        self._enter(PayoutState.APPROVED)
        if by == self.prepared_by:
            raise PreparerCannotApprove(f"{by} prepared batch {self.id}: another person has to approve it")
        if self.is_estimate and not accepts_estimates:
            raise EstimatesNotAccepted(
                f"{self.plan_year} was open when batch {self.id} was prepared, and what it pays may change still: send "
                "accepts_estimates to pay it on account, or close the year and prepare again; nothing was changed"
            )
        return replace(self, state=PayoutState.APPROVED, approved_by=by, approved_at=at)

    def seal(self, by: str, at: datetime) -> "PayoutBatch":
        """Release it: from here on payroll can pull it. Raises PayoutStepOutOfOrder, ReleaserNotSeparate."""
        self._enter(PayoutState.SEALED)
        if by in (self.prepared_by, self.approved_by):
            did = "prepared" if by == self.prepared_by else "approved"
            raise ReleaserNotSeparate(f"{by} {did} batch {self.id}: a third person has to seal it")
        return replace(self, state=PayoutState.SEALED, sealed_by=by, sealed_at=at)

    def acknowledge(self, by: str, at: datetime) -> "PayoutBatch":
        """Payroll has taken it, once. Raises PayoutStepOutOfOrder."""
        self._enter(PayoutState.ACKNOWLEDGED)
        return replace(self, state=PayoutState.ACKNOWLEDGED, acknowledged_by=by, acknowledged_at=at)

    def withdraw(self, by: str, at: datetime, reason: str) -> "PayoutBatch":
        """Take it back before it is sealed; its entries go into a later one. Raises PayoutStepOutOfOrder."""
        self._enter(PayoutState.WITHDRAWN)
        return replace(self, state=PayoutState.WITHDRAWN, withdrawn_by=by, withdrawn_at=at, withdrawn_reason=reason)
