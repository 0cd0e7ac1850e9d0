"""Use cases of the general ledger: trial balances, and the months that are closed and reopened."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import AccountingPeriod, PeriodInFull
from services.compensation.repository import accounting_periods, general_ledger
from services.compensation.service.suspensions import hold_payouts
from shared.kernel.clock import Clock

Totals = Sequence[dict[str, Any]]
"""Rows of a trial balance: earned year, district, account, debits and credits in cents."""


async def close_period(connection: AsyncConnection, clock: Clock, month: str, *, by: str) -> PeriodInFull:
    """Freeze the totals of a month: nothing lands in it any more. Raises AccountingPeriodClosed,
    AccountingPeriodNotOver, PayoutsSuspended.
    """
    await hold_payouts(connection)
    await accounting_periods.hold(connection)
    now = clock.now()
    number = (await accounting_periods.standing(connection, month)).close(now)
    totals = _frozen(await trial_balance(connection, month=month))
    await accounting_periods.take_step(
        connection, month, number, by=by, at=now, totals=totals.decode(), totals_hash=_hash(totals)
    )
    return await period_in_full(connection, month)


async def reopen_period(connection: AsyncConnection, clock: Clock, month: str, *, reason: str, by: str) -> PeriodInFull:
    """Let entries land in a closed month again. Raises AccountingPeriodNotClosed, CloserCannotReopen."""
    await accounting_periods.hold(connection)
    period = await accounting_periods.standing(connection, month)
    number = period.reopen(by)
    await accounting_periods.take_step(
        connection, month, number, by=by, at=clock.now(), reason=reason, closed_by=period.closed_by
    )
    return await period_in_full(connection, month)


async def period_in_full(connection: AsyncConnection, month: str) -> PeriodInFull:
    """A month that nothing was posted in is an open one without totals."""
    history = await accounting_periods.history(connection, month)
    period = await accounting_periods.standing(connection, month)
    if period.is_closed:
        frozen = await accounting_periods.frozen_totals(connection, month, period.steps)
    else:
        frozen = _frozen(await trial_balance(connection, month=month))
    return PeriodInFull(period, orjson.loads(frozen), _hash(frozen), history)


async def periods(connection: AsyncConnection) -> list[AccountingPeriod]:
    """The months that something was posted in or that were ever closed, in order."""
    return [
        await accounting_periods.standing(connection, month) for month in await accounting_periods.months(connection)
    ]


async def trial_balance(
    connection: AsyncConnection, *, plan_year: str | None = None, month: str | None = None
) -> Totals:
    """Of a plan year or a month, as it stands."""
    rows = await general_ledger.trial_balance(connection, plan_year=plan_year, month=month)
    return [
        {
            "plan_year": row.plan_year,
            "district_id": None if row.district_id is None else str(row.district_id),
            "account": row.account,
            "debit_cents": row.debit_cents,
            "credit_cents": row.credit_cents,
        }
        for row in rows
    ]


def legs(connection: AsyncConnection, plan_year: str, month: str | None) -> AsyncIterator[Sequence[Any]]:
    return general_ledger.legs(connection, plan_year, month)


def _frozen(totals: Totals) -> bytes:
    """The one form that the hash is of: JSON with sorted keys."""
    return orjson.dumps(list(totals), option=orjson.OPT_SORT_KEYS)


def _hash(frozen: bytes) -> str:
    return hashlib.sha256(frozen).hexdigest()
