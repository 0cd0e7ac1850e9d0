"""Recovery of overpayments in instalments: what is agreed, who approves it, how instalments fall on components."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.compensation.domain.payables import Payable
from services.compensation.errors import OpenerCannotApprove, RecoveryStepOutOfOrder


class RecoveryState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    STOPPED = "stopped"


class InstalmentState(StrEnum):
    """Where a part of an instalment is: `carried` means that a later recovery has taken it over."""

    OPEN = "open"
    IN_BATCH = "in_batch"
    RECOVERED = "recovered"
    CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class Instalment:
    """What is to be taken back on a day, in cents."""

    due_on: date
    amount_cents: int


@dataclass(frozen=True, slots=True)
class InstalmentPart:
    """What of the instalment `number` falls on one component, in cents; negative where something owed is set off."""

    number: int
    component: str
    due_on: date
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Recovery:
    """What an educator was overpaid in a plan year, taken back in instalments. Approved by another person."""

    id: UUID
    educator_id: UUID
    plan_year: str
    state: RecoveryState
    total_cents: int
    opened_by: str
    opened_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    stopped_by: str | None = None
    stopped_at: datetime | None = None
    stop_reason: str | None = None

    def approve(self, by: str, at: datetime) -> "Recovery":
        """From here on batches take its instalments. Raises RecoveryStepOutOfOrder, OpenerCannotApprove."""
        if self.state is not RecoveryState.PROPOSED:
            raise RecoveryStepOutOfOrder(f"recovery {self.id} is {self.state}, not proposed; nothing was changed")
        if by == self.opened_by:
            raise OpenerCannotApprove(f"{by} opened recovery {self.id}: another person has to approve it")
        return replace(self, state=RecoveryState.APPROVED, approved_by=by, approved_at=at)

    def stop(self, by: str, at: datetime, reason: str) -> "Recovery":
        """Take no further instalment; what is left is an overpayment again. Raises RecoveryStepOutOfOrder."""
        if self.state is RecoveryState.STOPPED:
            raise RecoveryStepOutOfOrder(f"recovery {self.id} is stopped already: open a new one for what is left")
        return replace(self, state=RecoveryState.STOPPED, stopped_by=by, stopped_at=at, stop_reason=reason)


@dataclass(frozen=True, slots=True)
class StandingPart:
    """A part of an instalment with where it is: on line `line_number` of `batch_id`, if in any batch."""

    recovery_id: UUID
    number: int
    component: str
    due_on: date
    amount_cents: int
    state: InstalmentState
    batch_id: UUID | None
    line_number: int | None
    pay_date: date | None


@dataclass(frozen=True, slots=True)
class RecoveryStanding:
    """A recovery and all parts of its instalments, by number and component."""

    recovery: Recovery
    parts: Sequence[StandingPart]

    def cents(self, state: InstalmentState) -> int:
        return sum(part.amount_cents for part in self.parts if part.state is state)


@dataclass(frozen=True, slots=True)
class OverpaymentCause:
    """What a part of an overpayment came of, in cents, negative where it is owed: of the ledger entry that statement
    `sequence` posted, or (None) of what a recovery that was stopped had left.
    """

    recovery_id: UUID
    sequence: int | None
    component: str
    amount_cents: int
    at: datetime


def parts_of(instalments: Sequence[Instalment], sums: Sequence[Payable]) -> list[InstalmentPart]:
    """How instalments, which sum to what is owed in all, fall on the components of the open `sums`.

    What is open in the educator's favour is set off with the first instalment; what is owed is taken back component by
    component, in their order. So each component ends at exactly its sum.
    """
    first = instalments[0]
    set_off = [one for one in sums if one.amount_cents > 0]
    parts = [InstalmentPart(1, one.component, first.due_on, -one.amount_cents) for one in set_off]
    owed = [(one.component, -one.amount_cents) for one in sums if one.amount_cents < 0]
    extra = sum(one.amount_cents for one in set_off)
    for number, instalment in enumerate(instalments, start=1):
        left = instalment.amount_cents + (extra if number == 1 else 0)
        while left:
            component, open_cents = owed[0]
            taken = min(left, open_cents)
            parts.append(InstalmentPart(number, component, instalment.due_on, taken))
            owed[:1] = [(component, open_cents - taken)] if taken < open_cents else []
            left -= taken
    return parts
