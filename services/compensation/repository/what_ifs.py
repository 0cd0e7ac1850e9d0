"""Queries for what-ifs: what is asked and what it came to, everybody's facts as of one moment, and how far a run is."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, Select, func, insert, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import WhatIf, WhatIfOutcome, WhatIfRow
from services.compensation.models import educator_account, what_if, what_if_progress, what_if_row
from shared.db.direct import driver, reader

_ASKED = select(
    what_if, what_if_progress.c.attempts, what_if_progress.c.educators_done, what_if_progress.c.educators
).join_from(what_if, what_if_progress)
# A run over everybody of a state takes longer than a worker's transactions may; it holds nothing but its own row.
# The setting is one that not every version of PostgreSQL has.
_ALLOW_LENGTH = text(
    "SELECT set_config(name, '15min', true) FROM pg_settings WHERE name = 'transaction_timeout' AND setting <> '0'"
)
_NEXT_FACTS = """
SELECT educator_id::text, facts FROM educator_account
WHERE $1::uuid IS NULL OR educator_id > $1 ORDER BY educator_account.educator_id LIMIT $2
"""
_ROW_COLUMNS = ("what_if_id", *WhatIfRow._fields)


async def add(connection: AsyncConnection, asked: WhatIf) -> None:
    await connection.execute(
        insert(what_if).values(
            id=asked.id,
            title=asked.title,
            plan_year=asked.plan_year,
            plan_version_id=asked.plan_version_id,
            document=asked.document,
            changes=list(asked.changes),
            asked_by=asked.asked_by,
            asked_at=asked.asked_at,
        )
    )
    await connection.execute(insert(what_if_progress).values(what_if_id=asked.id))


async def get(connection: AsyncConnection, what_if_id: UUID) -> WhatIf | None:
    row = (await connection.execute(_ASKED.where(what_if.c.id == what_if_id))).first()
    return None if row is None else _what_if(row)


async def page(
    connection: AsyncConnection, *, plan_year: str | None, before: UUID | None, limit: int
) -> Sequence[WhatIf]:
    """The newest first, without their summaries."""
    columns = [literal(None).label("summary") if one.name == "summary" else one for one in _ASKED.selected_columns]
    query = select(*columns).join_from(what_if, what_if_progress).order_by(what_if.c.id.desc()).limit(limit)
    if plan_year is not None:
        query = query.where(what_if.c.plan_year == plan_year)
    if before is not None:
        query = query.where(what_if.c.id < before)
    return [_what_if(row) for row in await connection.execute(query)]


async def next_due(connection: AsyncConnection) -> WhatIf | None:
    """The oldest that has not come to its end, locked until this transaction ends, with all that the transaction reads
    from now on being of one moment. None where there is none, or others have them.

    To be the first of its transaction.
    """
    await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    query = (
        _ASKED.where(what_if.c.done_at.is_(None), what_if.c.failed_at.is_(None))
        .order_by(what_if.c.asked_at, what_if.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=what_if)
    )
    row = (await connection.execute(query)).first()
    await connection.execute(_ALLOW_LENGTH)
    return None if row is None else _what_if(row)


async def begin(connection: AsyncConnection, what_if_id: UUID) -> None:
    """On record before the run, in another transaction: one that takes its process down is not begun for ever."""
    await connection.execute(
        update(what_if_progress)
        .where(what_if_progress.c.what_if_id == what_if_id)
        .values(attempts=what_if_progress.c.attempts + 1, educators_done=0)
    )


async def advance(connection: AsyncConnection, what_if_id: UUID, *, done: int, of: int) -> None:
    await connection.execute(
        update(what_if_progress)
        .where(what_if_progress.c.what_if_id == what_if_id)
        .values(educators_done=done, educators=of)
    )


async def number_of_educators(connection: AsyncConnection) -> int:
    return await connection.scalar(select(func.count()).select_from(educator_account)) or 0


async def facts_after(connection: AsyncConnection, after: str | None, limit: int) -> list[tuple[str, str]]:
    """The next educators in the order of their ids with their facts as stored, to be read elsewhere; none is locked."""
    rows = await (await reader(connection)).fetch(_NEXT_FACTS, after and UUID(after), limit)
    return [(row[0], row[1]) for row in rows]


async def add_rows(connection: AsyncConnection, what_if_id: UUID, rows: Iterable[WhatIfRow]) -> None:
    """By COPY: a row costs 6 microseconds, and there is one for everybody."""
    await (await driver(connection)).copy_records_to_table(
        "what_if_row", records=[(what_if_id, *row) for row in rows], columns=_ROW_COLUMNS
    )


async def finish(
    connection: AsyncConnection,
    what_if_id: UUID,
    *,
    baseline_id: UUID | None,
    facts_as_of: datetime,
    summary: dict[str, Any],
    at: datetime,
) -> None:
    await connection.execute(
        update(what_if)
        .where(what_if.c.id == what_if_id)
        .values(baseline_id=baseline_id, facts_as_of=facts_as_of, summary=summary, done_at=at)
    )


async def fail(connection: AsyncConnection, what_if_id: UUID, *, reason: str, at: datetime) -> None:
    """Nothing where it has come to its end meanwhile."""
    await connection.execute(
        update(what_if)
        .where(what_if.c.id == what_if_id, what_if.c.done_at.is_(None), what_if.c.failed_at.is_(None))
        .values(failed_at=at, failed_reason=reason)
    )


async def rows_page(
    connection: AsyncConnection,
    what_if_id: UUID,
    *,
    outcome: WhatIfOutcome | None,
    gate: str | None,
    campus_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Any]:
    query = _rows(what_if_id, outcome=outcome, gate=gate, campus_id=campus_id).limit(limit)
    if after is not None:
        query = query.where(what_if_row.c.educator_id > after)
    found: Sequence[Any] = (await connection.execute(query)).all()
    return found


async def rows_stream(
    connection: AsyncConnection,
    what_if_id: UUID,
    *,
    outcome: WhatIfOutcome | None,
    gate: str | None,
    campus_id: UUID | None,
) -> AsyncIterator[Sequence[Any]]:
    """All rows in blocks, without holding them in memory."""
    query = _rows(what_if_id, outcome=outcome, gate=gate, campus_id=campus_id)
    async with connection.stream(query.execution_options(yield_per=500)) as rows:
        async for block in rows.partitions():
            yield block


def _rows(what_if_id: UUID, *, outcome: WhatIfOutcome | None, gate: str | None, campus_id: UUID | None) -> Select[Any]:
    query = select(what_if_row).where(what_if_row.c.what_if_id == what_if_id).order_by(what_if_row.c.educator_id)
    if outcome is not None:
        query = query.where(func.sign(what_if_row.c.difference_cents) == _SIGNS[outcome])
    if gate is not None:
        either = what_if_row.c.gates_crossed_up.op("||")(what_if_row.c.gates_crossed_down)
        query = query.where(literal(gate) == func.any(either))
    return query if campus_id is None else query.where(what_if_row.c.campus_id == campus_id)


_SIGNS = {WhatIfOutcome.WINNERS: 1, WhatIfOutcome.LOSERS: -1, WhatIfOutcome.UNCHANGED: 0}


def _what_if(row: Row[Any]) -> WhatIf:
    return WhatIf(
        id=UUID(str(row.id)),
        title=row.title,
        plan_year=row.plan_year,
        plan_version_id=row.plan_version_id,
        document=_decoded(row.document),
        changes=_decoded(row.changes),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        attempts=row.attempts,
        educators_done=row.educators_done,
        educators=row.educators,
        baseline_id=row.baseline_id,
        facts_as_of=row.facts_as_of,
        done_at=row.done_at,
        failed_at=row.failed_at,
        failed_reason=row.failed_reason,
        summary=_decoded(row.summary),
    )


def _decoded(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value
