"""Queries for the outside evaluator's snapshots: what was asked for, what a snapshot is made of, what was made."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import EvaluatorSnapshot, SnapshotFile, SnapshotState
from services.compensation.models import evaluator_snapshot, evaluator_snapshot_file
from shared.db.direct import reader

_COLUMNS = list(evaluator_snapshot.c)
_STATEMENTS = """
SELECT t.educator_id::text, s.body, a.facts
FROM bonus_total t
JOIN statement s USING (educator_id, plan_year, sequence)
JOIN educator_account a USING (educator_id)
WHERE t.plan_year = $1 AND t.educator_id > $2 ORDER BY t.educator_id LIMIT $3
"""
_PAID = """
SELECT l.educator_id::text, sum(l.amount_cents)::bigint
FROM payout_line l JOIN payout_batch b ON b.id = l.batch_id
WHERE b.plan_year = $1 AND l.state = 'accepted' GROUP BY l.educator_id
"""
# The limit that runs already has to be lifted before another one can begin; PostgreSQL 16 has none.
_TAKE_LONGER = """
SELECT set_config(name, '0', true), set_config(name, '900s', true) FROM pg_settings WHERE name = 'transaction_timeout'
"""
_BEFORE_ALL = UUID(int=0)


class StatementRow(NamedTuple):
    """The last statement of an educator, and the facts that are known of them, as JSON text."""

    educator_id: str
    statement: str
    facts: str


async def hold_numbers(connection: AsyncConnection) -> None:
    """One snapshot is asked for at a time, so that numbers follow one another."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('evaluator snapshots'))"))


async def next_number(connection: AsyncConnection, plan_year: str) -> int:
    last = select(func.max(evaluator_snapshot.c.number)).where(evaluator_snapshot.c.plan_year == plan_year)
    return (await connection.scalar(last) or 0) + 1


async def add(connection: AsyncConnection, snapshot: EvaluatorSnapshot) -> None:
    await connection.execute(
        insert(evaluator_snapshot).values({column.name: getattr(snapshot, column.name) for column in _COLUMNS})
    )


async def find(
    connection: AsyncConnection, *, snapshot_id: UUID | None = None, plan_year: str | None = None
) -> list[EvaluatorSnapshot]:
    """All of them with their files, or the one of an id, or those of a year; the newest last."""
    query = select(*_COLUMNS).order_by(evaluator_snapshot.c.plan_year, evaluator_snapshot.c.number)
    if snapshot_id is not None:
        query = query.where(evaluator_snapshot.c.id == snapshot_id)
    if plan_year is not None:
        query = query.where(evaluator_snapshot.c.plan_year == plan_year)
    rows = (await connection.execute(query)).all()
    file = evaluator_snapshot_file.c
    found = await connection.execute(
        select(file.snapshot_id, file.name, file.sha256, func.octet_length(file.content).label("size"))
        .where(file.snapshot_id.in_([row.id for row in rows]))
        .order_by(file.name)
    )
    files: dict[UUID, list[SnapshotFile]] = {}
    for one in found:
        files.setdefault(one.snapshot_id, []).append(SnapshotFile(one.name, one.sha256, one.size))
    return [_snapshot(row, files.get(row.id, [])) for row in rows]


async def file(connection: AsyncConnection, snapshot_id: UUID, name: str) -> tuple[str, bytes] | None:
    """Hash and content."""
    columns = evaluator_snapshot_file.c
    found = await connection.execute(
        select(columns.sha256, columns.content).where(columns.snapshot_id == snapshot_id, columns.name == name)
    )
    row = found.first()
    return None if row is None else (row.sha256, bytes(row.content))


async def due(connection: AsyncConnection) -> EvaluatorSnapshot | None:
    """The oldest that was asked for and is neither made nor given up."""
    found = await connection.execute(
        select(*_COLUMNS)
        .where(evaluator_snapshot.c.state == SnapshotState.REQUESTED)
        .order_by(evaluator_snapshot.c.asked_at)
        .limit(1)
    )
    row = found.first()
    return None if row is None else _snapshot(row, [])


async def hold_moment(connection: AsyncConnection) -> None:
    """Let all that this transaction reads be of one moment. Its first statement, and it writes nothing."""
    await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    # It waits for nobody and nobody for it, so it may take longer than a worker's other transactions.
    await connection.execute(text(_TAKE_LONGER))


async def statements_after(
    connection: AsyncConnection, plan_year: str, after: str | None, limit: int
) -> list[StatementRow]:
    """The last statements of the year of the next educators in the order of their ids."""
    below = await reader(connection)
    rows = await below.fetch(_STATEMENTS, plan_year, UUID(after) if after else _BEFORE_ALL, limit)
    return [StatementRow(*row) for row in rows]


async def paid(connection: AsyncConnection, plan_year: str) -> dict[str, int]:
    """Cents that payroll has accepted, by educator."""
    return {row[0]: row[1] for row in await (await reader(connection)).fetch(_PAID, plan_year)}


async def finish(
    connection: AsyncConnection,
    snapshot_id: UUID,
    files: Mapping[str, tuple[str, bytes]],
    *,
    as_of: datetime,
    educators: int,
) -> None:
    """Keep the files, by name with hash and content, of a snapshot that is due."""
    await connection.execute(
        insert(evaluator_snapshot_file),
        [
            {"snapshot_id": snapshot_id, "name": name, "sha256": sha256, "content": content}
            for name, (sha256, content) in files.items()
        ],
    )
    await _end(connection, snapshot_id, state=SnapshotState.MADE, as_of=as_of, educators=educators)


async def give_up(connection: AsyncConnection, snapshot_id: UUID, failure: str) -> None:
    await _end(connection, snapshot_id, state=SnapshotState.FAILED, failure=failure)


async def lock_due(connection: AsyncConnection, snapshot_id: UUID) -> bool:
    """Whether the snapshot is still to be made; nobody else ends it until this transaction does."""
    found = await connection.execute(
        select(evaluator_snapshot.c.id)
        .where(evaluator_snapshot.c.id == snapshot_id, evaluator_snapshot.c.state == SnapshotState.REQUESTED)
        .with_for_update()
    )
    return found.first() is not None


async def _end(connection: AsyncConnection, snapshot_id: UUID, **values: Any) -> None:
    await connection.execute(update(evaluator_snapshot).where(evaluator_snapshot.c.id == snapshot_id).values(values))


def _snapshot(row: Row[Any], files: Sequence[SnapshotFile]) -> EvaluatorSnapshot:
    values = row._asdict()
    return EvaluatorSnapshot(**values | {"state": SnapshotState(row.state)}, files=tuple(files))
