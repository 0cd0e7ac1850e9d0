"""Queries for the suspension of payouts, and for what was released to payroll."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import PayoutSuspension, Released
from services.compensation.models import payout_suspension

_RELEASED = text(
    """
    SELECT plan_year, count(b.id) AS batches, coalesce(sum(b.control_total_cents), 0)::bigint AS cents
    FROM (SELECT plan_year FROM bonus_total UNION SELECT plan_year FROM payout_batch) y
    LEFT JOIN (SELECT * FROM payout_batch WHERE state IN ('sealed', 'acknowledged')) b USING (plan_year)
    GROUP BY plan_year
    """
)


async def add(connection: AsyncConnection, suspension: PayoutSuspension) -> None:
    await connection.execute(
        insert(payout_suspension).values(
            id=suspension.id,
            suspended_by=suspension.suspended_by,
            suspended_at=suspension.suspended_at,
            reason=suspension.reason,
        )
    )


async def standing(connection: AsyncConnection) -> PayoutSuspension | None:
    """The oldest that was not ended; None where payouts go on."""
    columns = [payout_suspension.c[name] for name in ("id", "suspended_by", "suspended_at", "reason")]
    query = select(*columns).where(payout_suspension.c.resumed_at.is_(None)).order_by(payout_suspension.c.suspended_at)
    row = (await connection.execute(query.limit(1))).first()
    return None if row is None else PayoutSuspension(*row)


async def end(
    connection: AsyncConnection, *, by: str, at: datetime, reason: str, payroll_has: Mapping[str, Released]
) -> None:
    """End every one that stands, and keep what payroll was said to have."""
    await connection.execute(
        update(payout_suspension)
        .where(payout_suspension.c.resumed_at.is_(None))
        .values(
            resumed_by=by,
            resumed_at=at,
            resume_reason=reason,
            payroll_has={year: given._asdict() for year, given in sorted(payroll_has.items())},
        )
    )


async def released(connection: AsyncConnection) -> dict[str, Released]:
    """What was released to payroll of each plan year that has statements or batches."""
    return {row.plan_year: Released(row.batches, row.cents) for row in await connection.execute(_RELEASED)}
