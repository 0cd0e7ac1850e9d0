"""Queries for recalculations: everybody is decided anew, a range of educators at a time, by any number of workers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.models import (
    educator_account,
    recalculation,
    recalculation_range,
    settlement_request,
)

# Until it is settled nobody shares a pot: decided before, everybody would be taken from and given back.
_is_to_be_settled = (
    select(settlement_request.c.id)
    .where(
        settlement_request.c.plan_version_id == recalculation.c.plan_version_id,
        settlement_request.c.done_at.is_(None),
    )
    .exists()
)
# The last range is open at its end and takes in whoever came meanwhile.
_DIVIDE = text(
    """
    INSERT INTO recalculation_range (cause_event_id, number, after_educator_id, until_educator_id)
    SELECT :cause, row_number() OVER border, coalesce(lag(until) OVER border, :after), until
    FROM (
      SELECT educator_id AS until FROM (
        SELECT educator_id, row_number() OVER (ORDER BY educator_id) AS nth FROM educator_account
        WHERE CAST(:after AS uuid) IS NULL OR educator_id > :after
      ) everybody WHERE nth % :size = 0
      UNION ALL SELECT NULL
    ) borders WINDOW border AS (ORDER BY until NULLS LAST)
    """
)


async def ask_for(connection: AsyncConnection, plan_version_id: UUID, *, cause_event_id: UUID, at: datetime) -> None:
    """Have everybody decided anew by this version, because of the event."""
    await connection.execute(
        insert(recalculation).values(cause_event_id=cause_event_id, plan_version_id=plan_version_id, requested_at=at)
    )


async def divide_next(connection: AsyncConnection, *, size: int, at: datetime) -> bool:
    """Divide everybody into ranges of `size` for the oldest recalculation that has none; False where there is none, or
    another worker has it."""
    found = await connection.execute(
        select(recalculation.c.cause_event_id, recalculation.c.after_educator_id)
        .where(recalculation.c.finished_at.is_(None), recalculation.c.divided_at.is_(None), ~_is_to_be_settled)
        .order_by(recalculation.c.requested_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    due = found.first()
    if due is None:
        return False
    # Those of a recalculation that a worker of the code before ranges finished.
    finished = select(recalculation.c.cause_event_id).where(recalculation.c.finished_at.is_not(None))
    await connection.execute(delete(recalculation_range).where(recalculation_range.c.cause_event_id.in_(finished)))
    await connection.execute(_DIVIDE, {"cause": due.cause_event_id, "after": due.after_educator_id, "size": size})
    await _change(connection, due.cause_event_id, divided_at=at)
    return True


async def next_range(connection: AsyncConnection) -> Any:
    """The first range of the oldest recalculation that no other worker has, locked, with its cause and plan version;
    None where there is none."""
    found = await connection.execute(
        select(recalculation_range, recalculation.c.plan_version_id)
        .join(recalculation, recalculation.c.cause_event_id == recalculation_range.c.cause_event_id)
        .where(recalculation.c.finished_at.is_(None), ~_is_to_be_settled)
        .order_by(recalculation.c.requested_at, recalculation_range.c.cause_event_id, recalculation_range.c.number)
        .limit(1)
        .with_for_update(of=recalculation_range, skip_locked=True)
    )
    return found.first()


async def decided(
    connection: AsyncConnection, cause_event_id: UUID, number: int, *, educators: int, at: datetime
) -> None:
    """The range is done; with the last one, so is the recalculation."""
    done = delete(recalculation_range).where(
        recalculation_range.c.cause_event_id == cause_event_id, recalculation_range.c.number == number
    )
    await connection.execute(done)
    # Whoever finishes another range waits here, so that the later of two sees that nothing is left.
    await _change(connection, cause_event_id, educators=recalculation.c.educators + educators)
    left = exists().where(recalculation_range.c.cause_event_id == recalculation.c.cause_event_id)
    await connection.execute(
        update(recalculation).where(recalculation.c.cause_event_id == cause_event_id, ~left).values(finished_at=at)
    )


async def progress(connection: AsyncConnection, plan_version_id: UUID) -> Any:
    """Of the last that was asked for, with the number of all educators as `educators_total`."""
    everybody = select(func.count()).select_from(educator_account).scalar_subquery()
    found = await connection.execute(
        select(recalculation, everybody.label("educators_total"))
        .where(recalculation.c.plan_version_id == plan_version_id)
        .order_by(recalculation.c.requested_at.desc())
        .limit(1)
    )
    return found.first()


async def _change(connection: AsyncConnection, cause_event_id: UUID, **values: Any) -> None:
    await connection.execute(
        update(recalculation).where(recalculation.c.cause_event_id == cause_event_id).values(**values)
    )
