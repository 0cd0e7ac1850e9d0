"""Queries for payout batches: what is frozen into them, who did which step, what payroll answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    PayoutBatch,
    PayoutLine,
    PayoutState,
)
from services.compensation.models import payout_batch, payout_line

_UNPAID = text(
    """
    SELECT l.educator_id, l.component, sum(l.amount_cents) AS amount_cents,
           array_agg(l.id ORDER BY l.sequence) AS entries, t.employee_number, t.district_id, t.campus_id
    FROM ledger_entry l
    JOIN bonus_total t ON t.educator_id = l.educator_id AND t.plan_year = l.plan_year
    WHERE l.plan_year = :plan_year AND NOT EXISTS (
      SELECT 1 FROM payout_entry p WHERE p.ledger_entry_id = l.id AND p.released_at IS NULL)
      AND NOT EXISTS (
      SELECT 1 FROM inquiry i
      WHERE i.educator_id = l.educator_id AND i.plan_year = l.plan_year AND i.state = 'open')
    GROUP BY l.educator_id, l.component, t.employee_number, t.district_id, t.campus_id
    ORDER BY l.educator_id, l.component
    """
)
_ENTRIES = text(
    """
    INSERT INTO payout_entry (line_id, ledger_entry_id)
    SELECT * FROM unnest(CAST(:lines AS uuid[]), CAST(:entries AS uuid[]))
    """
)
# Ids travel as arrays: as single arguments a statement takes 32,767 of them, fewer than the lines of a state's batch.
_ANSWER = text(
    """
    UPDATE payout_line line
    SET state = CASE WHEN refused.id IS NULL THEN 'accepted' ELSE 'rejected' END, state_reason = refused.reason
    FROM payout_line answered
    LEFT JOIN unnest(CAST(:lines AS uuid[]), CAST(:reasons AS text[])) AS refused(id, reason) USING (id)
    WHERE line.id = answered.id AND line.batch_id = :batch_id
    """
)
_RELEASE = text(
    """
    UPDATE payout_entry SET released_at = :at WHERE line_id = ANY(CAST(:lines AS uuid[])) AND released_at IS NULL
    """
)


async def hold_payouts(connection: AsyncConnection) -> None:
    """One batch is prepared at a time; the unique index on entries stands behind it."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('payouts'))"))


async def unpaid(connection: AsyncConnection, plan_year: str) -> Sequence[Row[Any]]:
    """What the ledger holds that no batch pays yet, summed by educator and component; nothing that is disputed."""
    return (await connection.execute(_UNPAID, {"plan_year": plan_year})).all()


async def add(
    connection: AsyncConnection,
    batch: PayoutBatch,
    lines: Sequence[PayoutLine],
    entries: Sequence[tuple[UUID, UUID]],
    *,
    content: bytes,
) -> None:
    """Write a prepared batch: its lines, and (line, ledger entry) for every entry it pays."""
    await connection.execute(
        insert(payout_batch).values(
            id=batch.id,
            plan_year=batch.plan_year,
            state=batch.state,
            pay_date=batch.pay_date,
            line_count=batch.line_count,
            control_total_cents=batch.control_total_cents,
            content_hash=batch.content_hash,
            content=content,
            prepared_by=batch.prepared_by,
            prepared_at=batch.prepared_at,
        )
    )
    await connection.execute(
        insert(payout_line),
        [
            {
                "id": line.id,
                "batch_id": batch.id,
                "number": line.number,
                "educator_id": line.educator_id,
                "employee_number": line.employee_number,
                "district_id": line.district_id,
                "campus_id": line.campus_id,
                "component": line.component,
                "earning_code": line.earning_code,
                "amount_cents": line.amount_cents,
                "state": "open",
            }
            for line in lines
        ],
    )
    await connection.execute(
        _ENTRIES, {"lines": [line for line, _ in entries], "entries": [entry for _, entry in entries]}
    )


async def lock(connection: AsyncConnection, batch_id: UUID) -> PayoutBatch | None:
    """The batch, locked for its next step."""
    found = await connection.execute(_batches().where(payout_batch.c.id == batch_id).with_for_update())
    row = found.first()
    return None if row is None else _batch(row)


async def get(connection: AsyncConnection, batch_id: UUID) -> PayoutBatch | None:
    row = (await connection.execute(_batches().where(payout_batch.c.id == batch_id))).first()
    return None if row is None else _batch(row)


async def list_all(
    connection: AsyncConnection, *, plan_year: str | None, states: Sequence[PayoutState]
) -> list[PayoutBatch]:
    query = _batches().where(payout_batch.c.state.in_(states)).order_by(payout_batch.c.id)
    if plan_year is not None:
        query = query.where(payout_batch.c.plan_year == plan_year)
    return [_batch(row) for row in await connection.execute(query)]


async def step(connection: AsyncConnection, batch_id: UUID, values: dict[str, object]) -> None:
    """Record a step of the batch: its new state, who and when."""
    await connection.execute(update(payout_batch).where(payout_batch.c.id == batch_id).values(**values))


async def content(connection: AsyncConnection, batch_id: UUID) -> bytes:
    """The lines as they were frozen, byte for byte."""
    frozen: bytes = (
        await connection.execute(select(payout_batch.c.content).where(payout_batch.c.id == batch_id))
    ).scalar_one()
    return frozen


async def note_first_pull(connection: AsyncConnection, batch_id: UUID, at: datetime) -> None:
    await connection.execute(
        update(payout_batch)
        .where(payout_batch.c.id == batch_id, payout_batch.c.first_pulled_at.is_(None))
        .values(first_pulled_at=at)
    )


async def lines(connection: AsyncConnection, batch_id: UUID) -> list[Row[Any]]:
    rows = await connection.execute(
        select(payout_line).where(payout_line.c.batch_id == batch_id).order_by(payout_line.c.number)
    )
    return list(rows)


async def answer_lines(connection: AsyncConnection, batch_id: UUID, rejected: dict[UUID, str], *, at: datetime) -> None:
    """Record payroll's answer: the rejected lines release their entries for a later batch, the others are accepted."""
    await connection.execute(
        _ANSWER, {"batch_id": batch_id, "lines": list(rejected), "reasons": list(rejected.values())}
    )
    await release(connection, list(rejected), at=at)


async def release(connection: AsyncConnection, line_ids: Sequence[UUID], *, at: datetime) -> None:
    """Free the entries of lines that will not be paid: they go into a later batch."""
    await connection.execute(_RELEASE, {"lines": list(line_ids), "at": at})


def _batches() -> Any:
    columns = [column for column in payout_batch.c if column.name != "content"]
    return select(*columns)


def _batch(row: Row[Any]) -> PayoutBatch:
    return PayoutBatch(
        id=row.id,
        plan_year=row.plan_year,
        state=PayoutState(row.state),
        pay_date=row.pay_date,
        line_count=row.line_count,
        control_total_cents=row.control_total_cents,
        content_hash=row.content_hash,
        prepared_by=row.prepared_by,
        prepared_at=row.prepared_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        sealed_by=row.sealed_by,
        sealed_at=row.sealed_at,
        first_pulled_at=row.first_pulled_at,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        withdrawn_by=row.withdrawn_by,
        withdrawn_at=row.withdrawn_at,
        withdrawn_reason=row.withdrawn_reason,
    )
