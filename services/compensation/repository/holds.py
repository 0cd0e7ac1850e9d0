"""Queries for payment holds."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import HoldSource, PaymentHold
from services.compensation.models import payment_hold

_HELD_LINES = text(
    """
    SELECT l.number, h.id AS hold_id FROM payout_line l JOIN payout_batch b ON b.id = l.batch_id
    JOIN payment_hold h ON h.educator_id = l.educator_id AND h.plan_year = b.plan_year AND h.lifted_at IS NULL
    WHERE b.id = :batch_id ORDER BY l.number, h.id
    """
)


async def add(connection: AsyncConnection, hold: PaymentHold) -> None:
    await connection.execute(
        insert(payment_hold).values(
            id=hold.id,
            educator_id=hold.educator_id,
            plan_year=hold.plan_year,
            source=hold.source,
            reason=hold.reason,
            placed_by=hold.placed_by,
            placed_at=hold.placed_at,
        )
    )


async def lock(connection: AsyncConnection, hold_id: UUID) -> PaymentHold | None:
    """The hold, locked for being lifted."""
    row = (await connection.execute(select(payment_hold).where(payment_hold.c.id == hold_id).with_for_update())).first()
    return None if row is None else _hold(row)


async def lifted(connection: AsyncConnection, hold: PaymentHold) -> None:
    values = {"lifted_by": hold.lifted_by, "lifted_at": hold.lifted_at, "lift_reason": hold.lift_reason}
    await connection.execute(update(payment_hold).where(payment_hold.c.id == hold.id).values(**values))


async def of_year(
    connection: AsyncConnection, plan_year: str, *, is_open: bool | None, educator_id: UUID | None = None
) -> list[PaymentHold]:
    """Those of a plan year, or of one educator in it, the oldest first; where `is_open` says so, only open ones or only
    lifted ones.
    """
    query = (
        select(payment_hold)
        .where(payment_hold.c.plan_year == plan_year)
        .order_by(payment_hold.c.placed_at, payment_hold.c.id)
    )
    if is_open is not None:
        query = query.where(payment_hold.c.lifted_at.is_(None) == is_open)
    if educator_id is not None:
        query = query.where(payment_hold.c.educator_id == educator_id)
    return [_hold(row) for row in await connection.execute(query)]


async def held_lines(connection: AsyncConnection, batch_id: UUID) -> Sequence[Row[Any]]:
    """Number of each line of the batch whose educator is on hold, and the hold."""
    return (await connection.execute(_HELD_LINES, {"batch_id": batch_id})).all()


def _hold(row: Row[Any]) -> PaymentHold:
    return PaymentHold(**{**row._asdict(), "source": HoldSource(row.source)})
