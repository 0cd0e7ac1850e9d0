"""Queries for accounting periods: which months are closed, by whom, and the totals that were frozen."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import AccountingPeriod, PeriodStep
from services.compensation.models import accounting_period_step

_LOCK = "hashtext('accounting periods')"
_STANDING = text(
    """
    SELECT DISTINCT ON (month) month, number, taken_by FROM accounting_period_step
    WHERE CAST(:month AS text) IS NULL OR month = :month ORDER BY month, number DESC
    """
)
_MONTHS = text("SELECT DISTINCT posted_period FROM general_ledger UNION SELECT month FROM accounting_period_step")


async def hold(connection: AsyncConnection) -> None:
    """Wait for what is being posted, and let nothing be until this transaction ends."""
    await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


async def share(connection: AsyncConnection) -> None:
    """Until this transaction ends no month is closed or reopened."""
    await connection.execute(text(f"SELECT pg_advisory_xact_lock_shared({_LOCK})"))


async def standing(connection: AsyncConnection, month: str) -> AccountingPeriod:
    row = (await connection.execute(_STANDING, {"month": month})).first()
    return AccountingPeriod(month) if row is None else _period(row)


async def closed(connection: AsyncConnection) -> frozenset[str]:
    """The months that are closed."""
    rows = await connection.execute(_STANDING, {"month": None})
    return frozenset(row.month for row in rows if _period(row).is_closed)


async def months(connection: AsyncConnection) -> list[str]:
    """Those that something was posted in or that were ever closed, in order."""
    return sorted(row.posted_period for row in await connection.execute(_MONTHS))


async def take_step(
    connection: AsyncConnection, month: str, number: int, *, by: str, at: datetime, **values: object
) -> None:
    await connection.execute(
        insert(accounting_period_step).values(month=month, number=number, taken_by=by, taken_at=at, **values)
    )


async def history(connection: AsyncConnection, month: str) -> list[PeriodStep]:
    """The steps that were taken with the month, the first one first."""
    found = await connection.execute(
        select(accounting_period_step)
        .where(accounting_period_step.c.month == month)
        .order_by(accounting_period_step.c.number)
    )
    return [PeriodStep(row.taken_by, row.taken_at, row.totals_hash, row.reason) for row in found]


async def frozen_totals(connection: AsyncConnection, month: str, number: int) -> bytes:
    """What the closing under this number froze, byte for byte."""
    totals: str = (
        await connection.execute(
            select(accounting_period_step.c.totals).where(
                accounting_period_step.c.month == month, accounting_period_step.c.number == number
            )
        )
    ).scalar_one()
    return totals.encode()


def _period(row: Row[Any]) -> AccountingPeriod:
    return AccountingPeriod(row.month, row.number, row.taken_by if row.number % 2 else None)
