"""Queries over both journals, by the view `general_ledger`: its legs, and their sums."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

_TRIAL_BALANCE = text(
    """
    SELECT plan_year, district_id, account, sum(debit_cents)::bigint AS debit_cents,
           sum(credit_cents)::bigint AS credit_cents
    FROM general_ledger
    WHERE (CAST(:plan_year AS text) IS NULL OR plan_year = :plan_year)
      AND (CAST(:month AS text) IS NULL OR posted_period = :month)
    GROUP BY plan_year, district_id, account ORDER BY plan_year, district_id NULLS FIRST, account
    """
)
_LEGS = text(
    """
    SELECT * FROM general_ledger
    WHERE plan_year = :plan_year AND (CAST(:month AS text) IS NULL OR posted_period = :month)
    ORDER BY posted_at, entry_id, kind, credit_cents
    """
)


async def trial_balance(
    connection: AsyncConnection, *, plan_year: str | None = None, month: str | None = None
) -> Sequence[Row[Any]]:
    """Debits and credits by earned year, district and account, of a plan year, a posted month, or both."""
    return (await connection.execute(_TRIAL_BALANCE, {"plan_year": plan_year, "month": month})).all()


async def legs(connection: AsyncConnection, plan_year: str, month: str | None) -> AsyncIterator[Sequence[Row[Any]]]:
    """All legs as of one moment in blocks, never whole in memory; the debit of each entry before its credit."""
    query = _LEGS.execution_options(yield_per=500)
    async with connection.stream(query, {"plan_year": plan_year, "month": month}) as rows:
        async for block in rows.partitions():
            yield block
