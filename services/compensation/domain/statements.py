"""Which of an educator's statements is meant, and how far the standing one has come on its way to being paid."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Choice(NamedTuple):
    """One of the statements of an educator and plan year: the one that stood `as_of` a moment, or of a number.

    With neither the standing one.
    """

    as_of: datetime | None = None
    sequence: int | None = None


class StoredStatement(NamedTuple):
    """A statement as it is kept and served, with what it was decided by."""

    sequence: int
    hash: str
    body: str
    decided_at: datetime
    plan_version_id: UUID
    common_facts: int | None


class StatementStatus(StrEnum):
    ESTIMATE = "estimate"
    FINAL = "final"
    PAID = "paid"


class Payment(NamedTuple):
    """What a payout that is approved or confirmed pays an educator for a plan year, and takes back, in cents.

    Of a payout that payroll has confirmed it is what payroll accepted. `by_examples_cents` is what of the paid was
    decided by a plan that says of itself that it is illustrative.
    """

    pay_date: date
    is_confirmed: bool
    paid_cents: int
    taken_cents: int
    by_examples_cents: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What has become of the money of an educator's plan year, in cents, and what stands in its way.

    `earned` is the total of the standing statement; `prepared` is what batches that nobody approved yet pay beside
    recoveries, `approved` is in batches that are approved and not acknowledged yet; `paid` was acknowledged by payroll;
    `to_recover` is what recoveries still take back, and no approved batch does; `is_final` says whether the year's
    common facts are settled for good.
    """

    earned_cents: int
    prepared_cents: int
    approved_cents: int
    paid_cents: int
    is_final: bool
    inquiries_open: int
    holds_open: int
    to_recover_cents: int = 0

    @property
    def waiting_cents(self) -> int:
        """Earned, and neither approved nor paid; negative where more was than is earned by now, and no recovery has it.

        What a recovery takes back is not set off against what was earned since (docs/decisions/0013).
        """
        return self.earned_cents - self.approved_cents - self.paid_cents + self.to_recover_cents

    @property
    def is_held(self) -> bool:
        """Whether no further batch pays the educator: an inquiry is open, or HR placed a hold."""
        return self.holds_open > 0

    @property
    def held_cents(self) -> int:
        """What is kept out of payout batches; nothing where more was paid than is earned."""
        return max(self.waiting_cents - self.prepared_cents, 0) if self.is_held else 0

    @property
    def status(self) -> StatementStatus:
        if self.earned_cents and self.paid_cents == self.earned_cents and not self.to_recover_cents:
            return StatementStatus.PAID
        return StatementStatus.FINAL if self.is_final else StatementStatus.ESTIMATE
