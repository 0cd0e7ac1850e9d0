"""Bodies of the doors for the general ledger: trial balances and accounting periods."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from services.compensation.domain import LedgerAccount, PeriodInFull
from services.compensation.schemas.parts import Body, Money, Reason
from shared.events.types import SchoolYearLabel

Month = Annotated[
    str,
    Field(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2021-11"], description="A calendar month."),
]


class BalanceRow(Body):
    """Debits and credits of an account."""

    plan_year: SchoolYearLabel = Field(description="The year that it was earned in.")
    district_id: UUID | None = Field(description="Null for educators whom the roster puts in no district.")
    account: LedgerAccount
    debit: Money
    credit: Money

    @classmethod
    def of(cls, row: dict[str, Any]) -> "BalanceRow":
        return cls(
            plan_year=row["plan_year"],
            district_id=row["district_id"],
            account=row["account"],
            debit=Money.of(row["debit_cents"]),
            credit=Money.of(row["credit_cents"]),
        )


class TrialBalance(Body):
    """The accounts of a plan year or a month, and both sums, which are equal."""

    rows: list[BalanceRow]
    debit: Money
    credit: Money

    @classmethod
    def of(cls, totals: Sequence[dict[str, Any]]) -> "TrialBalance":
        return cls(
            rows=[BalanceRow.of(row) for row in totals],
            debit=Money.of(sum(row["debit_cents"] for row in totals)),
            credit=Money.of(sum(row["credit_cents"] for row in totals)),
        )


class PeriodReopeningRequest(Body):
    reason: Reason


class PeriodStepView(Body):
    """A closing or reopening of the month."""

    step: Literal["closed", "reopened"]
    by: str
    at: AwareDatetime
    totals_hash: str | None = Field(description="Of a closing: SHA-256 of the totals that it froze.")
    reason: str | None = Field(description="Of a reopening.")


class PeriodSummary(Body):
    """A calendar month that something was posted in, or that was closed."""

    month: Month
    state: Literal["open", "closed"]
    closed_by: str | None


class PeriodView(PeriodSummary):
    """A month with its trial balance: as it stands, or as it was frozen when the month was closed."""

    trial_balance: TrialBalance
    totals_hash: str
    history: list[PeriodStepView]

    @classmethod
    def of(cls, full: PeriodInFull) -> "PeriodView":
        return cls(
            month=full.period.month,
            state="closed" if full.period.is_closed else "open",
            closed_by=full.period.closed_by,
            trial_balance=TrialBalance.of(full.totals),
            totals_hash=full.totals_hash,
            history=[
                PeriodStepView(
                    step="reopened" if step.totals_hash is None else "closed",
                    by=step.taken_by,
                    at=step.taken_at,
                    totals_hash=step.totals_hash,
                    reason=step.reason,
                )
                for step in full.history
            ],
        )
