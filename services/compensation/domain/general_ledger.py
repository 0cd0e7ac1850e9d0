"""The general ledger: its accounts, which of them each kind of payment entry moves money between, and its months.

Two journals make it up. The accrual journal is what recalculations post (`ledger_entry`); the payment journal is what
the steps of payout batches post. Every entry is one amount from one account to another: it cannot be unbalanced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.compensation.errors import (
    AccountingPeriodClosed,
    AccountingPeriodNotClosed,
    AccountingPeriodNotOver,
    CloserCannotReopen,
)


class LedgerAccount(StrEnum):
    BONUS_EXPENSE = "bonus_expense"
    ACCRUED_BONUS = "accrued_bonus"
    """Earned by the statements and in no approved batch; overdrawn by what was paid and is earned no more."""
    BONUS_PAYABLE = "bonus_payable"
    """Approved, and not answered by payroll."""
    PAYROLL_CLEARING = "payroll_clearing"
    """What payroll took, to be cleared against its own books."""
    DUE_FROM_EDUCATORS = "due_from_educators"
    """Overpayments in an approved batch that payroll has not taken back yet."""


class PaymentKind(StrEnum):
    """What a step of a batch does with a line: the first three with one that pays, the others with one that takes back.

    `released` and `claim_released` undo what a withdrawn batch or a rejected line will not bring about.
    """

    APPROVED = "approved"
    PAID = "paid"
    RELEASED = "released"
    CLAIMED = "claimed"
    RECOVERED = "recovered"
    CLAIM_RELEASED = "claim_released"


class Transfer(NamedTuple):
    debit: LedgerAccount
    credit: LedgerAccount


TRANSFERS: Mapping[PaymentKind, Transfer] = {
    PaymentKind.APPROVED: Transfer(LedgerAccount.ACCRUED_BONUS, LedgerAccount.BONUS_PAYABLE),
    PaymentKind.PAID: Transfer(LedgerAccount.BONUS_PAYABLE, LedgerAccount.PAYROLL_CLEARING),
    PaymentKind.RELEASED: Transfer(LedgerAccount.BONUS_PAYABLE, LedgerAccount.ACCRUED_BONUS),
    PaymentKind.CLAIMED: Transfer(LedgerAccount.DUE_FROM_EDUCATORS, LedgerAccount.ACCRUED_BONUS),
    PaymentKind.RECOVERED: Transfer(LedgerAccount.PAYROLL_CLEARING, LedgerAccount.DUE_FROM_EDUCATORS),
    PaymentKind.CLAIM_RELEASED: Transfer(LedgerAccount.ACCRUED_BONUS, LedgerAccount.DUE_FROM_EDUCATORS),
}


def month_of(moment: datetime, zone: str) -> str:
    """The calendar month of a moment in a time zone, as `2021-11`."""
    return moment.astimezone(ZoneInfo(zone)).date().isoformat()[:7]


def month_after(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


@dataclass(frozen=True, slots=True)
class AccountingPeriod:
    """A calendar month: open unless it was closed, by whom, and not reopened since. `steps` counts both."""

    month: str
    steps: int = 0
    closed_by: str | None = None

    @property
    def is_closed(self) -> bool:
        return self.closed_by is not None

    def close(self, at: datetime) -> int:
        """The number of the step that closes it. Raises AccountingPeriodClosed, AccountingPeriodNotOver.

        By the second day of the next month in UTC the month is over in every time zone, and nothing that was decided
        in it is under way.
        """
        if self.is_closed:
            raise AccountingPeriodClosed(f"{self.month} was closed by {self.closed_by}; nothing was changed")
        if month_after(self.month) > month_of(at - timedelta(days=1), "UTC"):
            raise AccountingPeriodNotOver(
                f"{self.month} can be closed from {month_after(self.month)}-02 on: until then entries may land in it"
            )
        return self.steps + 1

    def reopen(self, by: str) -> int:
        """The number of the step that reopens it. Raises AccountingPeriodNotClosed, CloserCannotReopen."""
        if not self.is_closed:
            raise AccountingPeriodNotClosed(f"{self.month} is open: there is nothing to reopen")
        if by == self.closed_by:
            raise CloserCannotReopen(f"{by} closed {self.month}: another person has to reopen it")
        return self.steps + 1


class PeriodStep(NamedTuple):
    """A closing, with the hash of the totals that it froze, or a reopening, with its reason."""

    taken_by: str
    taken_at: datetime
    totals_hash: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class PeriodInFull:
    """A month with its trial balance, frozen where it is closed, and the steps that were taken with it.

    A row of `totals` has earned year, district, account, and debits and credits in cents.
    """

    period: AccountingPeriod
    totals: Sequence[dict[str, Any]]
    totals_hash: str
    history: Sequence[PeriodStep]
