"""Queries for payout batches: what is frozen into them, who did which step, what payroll answered."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    AcceptedLine,
    DistrictTotal,
    Payable,
    PayoutBatch,
    PayoutLine,
    PayoutState,
)
from services.compensation.models import payout_batch, payout_line

_CLAIMS = text(
    """
    WITH entries AS (
      INSERT INTO payout_entry (line_id, ledger_entry_id)
      SELECT * FROM unnest(CAST(:lines AS uuid[]), CAST(:entries AS uuid[]))
    )
    INSERT INTO payout_instalment (line_id, instalment_id)
    SELECT * FROM unnest(CAST(:taking AS uuid[]), CAST(:instalments AS uuid[]))
    """
)
# As one JSON array: row by row a state's batch takes a minute.
_LINES = text(
    """
    INSERT INTO payout_line (id, batch_id, number, kind, educator_id, employee_number, district_id, campus_id,
                             component, earning_code, account_code, amount_cents, retirement, plan_content_hash,
                             minute_reference, paid_in_year, recovery_id, state)
    SELECT id, :batch_id, number, kind, educator_id, employee_number, district_id, campus_id,
           component, earning_code, account_code, amount_cents, retirement, plan_content_hash,
           minute_reference, paid_in_year, recovery_id, 'open'
    FROM json_to_recordset(CAST(CAST(:lines AS text) AS json)) AS r(
      id uuid, number int, kind text, educator_id uuid, employee_number text, district_id uuid, campus_id uuid,
      component text, earning_code text, account_code text, amount_cents bigint, retirement boolean,
      plan_content_hash text, minute_reference text, paid_in_year text, recovery_id uuid)
    """
)
# Ids travel as arrays: as single arguments a statement takes 32,767 of them, fewer than the lines of a state's batch.
_ANSWER = text(
    """
    UPDATE payout_line line
    SET state = CASE WHEN refused.id IS NULL THEN 'accepted' ELSE 'rejected' END, state_reason = refused.reason,
        paid_on = taken.paid_on, payroll_reference = taken.reference
    FROM payout_line answered
    LEFT JOIN unnest(CAST(:rejected AS uuid[]), CAST(:reasons AS text[])) AS refused(id, reason) USING (id)
    LEFT JOIN unnest(CAST(:accepted AS uuid[]), CAST(:paid_on AS date[]), CAST(:references AS text[]))
      AS taken(id, paid_on, reference) USING (id)
    WHERE line.id = answered.id AND line.batch_id = :batch_id
    """
)
_RELEASE = text(
    """
    WITH entries AS (
      UPDATE payout_entry SET released_at = :at
      WHERE line_id = ANY(CAST(:lines AS uuid[])) AND released_at IS NULL
    )
    UPDATE payout_instalment SET released_at = :at
    WHERE line_id = ANY(CAST(:lines AS uuid[])) AND released_at IS NULL
    """
)
_PIECE_BYTES = 4 * 1024 * 1024
_PIECE = text(
    """
    SELECT substring(content FROM CAST(:place AS int) FOR CAST(:size AS int)) FROM payout_batch WHERE id = :batch_id
    """
)
FORM = 2
"""Of the lines that are frozen now; what a line of each form has says docs/decisions/0013."""


async def add(
    connection: AsyncConnection,
    batch: PayoutBatch,
    lines: Sequence[PayoutLine],
    claims: Sequence[Payable],
    *,
    content: bytes,
) -> None:
    """Write a prepared batch: its lines, and what of the ledger and of recoveries each of them takes."""
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
            form=FORM,
            district_id=batch.district_id,
            district_totals=[_total_document(total) for total in batch.district_totals],
            lines_without_account_code=batch.lines_without_account_code,
            held_educators=batch.held_educators,
            held_total_cents=batch.held_total_cents,
            is_estimate=batch.is_estimate,
        )
    )
    await connection.execute(_LINES, {"batch_id": batch.id, "lines": orjson.dumps(list(lines), default=str).decode()})
    entries = [(line.id, entry) for line, one in zip(lines, claims, strict=True) for entry in one.entries]
    taking = [(line.id, part) for line, one in zip(lines, claims, strict=True) for part in one.instalments]
    await connection.execute(
        _CLAIMS,
        {
            "lines": [line for line, _ in entries],
            "entries": [entry for _, entry in entries],
            "taking": [line for line, _ in taking],
            "instalments": [part for _, part in taking],
        },
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


async def content(connection: AsyncConnection, batch_id: UUID) -> AsyncIterator[bytes]:
    """The lines as they were frozen, byte for byte, piece by piece."""
    place = 1
    while piece := await connection.scalar(_PIECE, {"batch_id": batch_id, "place": place, "size": _PIECE_BYTES}):
        yield bytes(piece)
        place += len(piece)


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


async def answer_lines(
    connection: AsyncConnection,
    batch_id: UUID,
    *,
    rejected: Mapping[UUID, str],
    accepted: Sequence[AcceptedLine] = (),
    at: datetime,
) -> None:
    """Record payroll's answer: the rejected lines release what they took for a later batch, the others are accepted."""
    await connection.execute(
        _ANSWER,
        {
            "batch_id": batch_id,
            "rejected": list(rejected),
            "reasons": list(rejected.values()),
            "accepted": [line.line_id for line in accepted],
            "paid_on": [line.paid_on for line in accepted],
            "references": [line.payroll_reference for line in accepted],
        },
    )
    await release(connection, list(rejected), at=at)


async def release(connection: AsyncConnection, line_ids: Sequence[UUID], *, at: datetime) -> None:
    """Free what the lines took that will not be paid: entries and instalments go into a later batch."""
    await connection.execute(_RELEASE, {"lines": list(line_ids), "at": at})


def _batches() -> Any:
    columns = [column for column in payout_batch.c if column.name != "content"]
    return select(*columns)


def _batch(row: Row[Any]) -> PayoutBatch:
    columns = {name: value for name, value in row._asdict().items() if name != "form"}
    totals = row.district_totals if isinstance(row.district_totals, list) else orjson.loads(row.district_totals)
    return PayoutBatch(
        **{
            **columns,
            "state": PayoutState(row.state),
            "district_totals": tuple(
                DistrictTotal(
                    None if total["district_id"] is None else UUID(total["district_id"]),
                    total["line_count"],
                    total["control_total_cents"],
                )
                for total in totals
            ),
        }
    )


def _total_document(total: DistrictTotal) -> dict[str, Any]:
    district = None if total.district_id is None else str(total.district_id)
    return {"district_id": district, "line_count": total.line_count, "control_total_cents": total.control_total_cents}
