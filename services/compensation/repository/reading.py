"""Queries behind the doors that only read: statements, totals, the ledger, the stream of changes."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import Choice, Fact, Payment, Progress, StoredStatement
from services.compensation.models import educator_account, fact, ledger_entry, outbox, statement
from shared.db.direct import driver, reader
from shared.events.compensation import StatementRecalculated

# What payroll and educators read most goes to the driver (docs/decisions/0008), and ids travel as text both ways.
_STATEMENT = """
SELECT sequence, hash, body, decided_at, plan_version_id, common_facts FROM statement
WHERE educator_id = $1 AND plan_year = $2
  AND ($3::timestamptz IS NULL OR decided_at <= $3) AND ($4::int IS NULL OR sequence = $4)
ORDER BY sequence DESC LIMIT 1
"""
_PROGRESS = """
SELECT coalesce((SELECT sum(amount_cents) FROM ledger_entry WHERE educator_id = $1 AND plan_year = $2), 0)::bigint,
       coalesce(sum(l.amount_cents) FILTER (WHERE b.state = 'prepared' AND l.recovery_id IS NULL), 0)::bigint,
       coalesce(sum(l.amount_cents) FILTER (WHERE b.state IN ('approved', 'sealed')), 0)::bigint,
       coalesce(sum(l.amount_cents) FILTER (WHERE b.state = 'acknowledged' AND l.state = 'accepted'), 0)::bigint,
       coalesce((SELECT is_final FROM common_facts WHERE plan_year = $2 ORDER BY number DESC LIMIT 1), false)
         AND NOT EXISTS (SELECT FROM recalculation r JOIN plan_version v ON v.id = r.plan_version_id
                         WHERE v.plan_year = $2 AND r.finished_at IS NULL),
       (SELECT count(*) FROM inquiry WHERE educator_id = $1 AND plan_year = $2 AND state = 'open'),
       (SELECT count(*) FROM payment_hold WHERE educator_id = $1 AND plan_year = $2 AND lifted_at IS NULL),
       coalesce((SELECT sum(i.amount_cents) FROM recovery r JOIN recovery_instalment i ON i.recovery_id = r.id
                 LEFT JOIN payout_instalment p ON p.instalment_id = i.id AND p.released_at IS NULL
                 LEFT JOIN payout_line t ON t.id = p.line_id
                 LEFT JOIN payout_batch tb ON tb.id = t.batch_id
                 WHERE r.educator_id = $1 AND r.plan_year = $2
                   AND CASE WHEN p.line_id IS NULL THEN r.state <> 'stopped'
                       ELSE tb.state = 'prepared' AND t.recovery_id IS NOT NULL END),
                0)::bigint
FROM payout_line l
JOIN payout_batch b ON b.id = l.batch_id AND b.plan_year = $2
WHERE l.educator_id = $1
"""
_PAYMENTS = text("""
SELECT b.pay_date, b.state = 'acknowledged' AS is_confirmed,
       coalesce(sum(l.amount_cents) FILTER (WHERE l.recovery_id IS NULL), 0)::bigint AS paid_cents,
       coalesce(-sum(l.amount_cents) FILTER (WHERE l.recovery_id IS NOT NULL), 0)::bigint AS taken_cents,
       coalesce(sum(l.amount_cents) FILTER (WHERE l.recovery_id IS NULL AND EXISTS (
         SELECT FROM plan_version v WHERE v.content_hash = l.plan_content_hash AND v.plan_year = b.plan_year
           AND (v.document ->> 'illustrative')::boolean)), 0)::bigint AS by_examples_cents
FROM payout_line l JOIN payout_batch b ON b.id = l.batch_id
WHERE l.educator_id = :educator_id AND b.plan_year = :plan_year
  AND (b.state IN ('approved', 'sealed') OR (b.state = 'acknowledged' AND l.state = 'accepted'))
GROUP BY b.id ORDER BY b.pay_date, b.id
""")
_TOTALS = """
SELECT educator_id::text, employee_number, plan_year, district_id::text, campus_id::text, rung, components, total_cents,
       sequence, statement_hash, plan_version_id::text
FROM bonus_total WHERE plan_year = $1 AND educator_id > $2 ORDER BY bonus_total.educator_id LIMIT $3
"""
_BEFORE_ALL = UUID(int=0)
_ALL = None
_BLOCK = 500


class Total(NamedTuple):
    """Where an educator stands, for payroll; `components` is cents by component as a JSON object."""

    educator_id: str
    employee_number: str | None
    plan_year: str
    district_id: str | None
    campus_id: str | None
    rung: str
    components: str
    total_cents: int
    sequence: int
    statement_hash: str
    plan_version_id: str


async def statement_of(
    connection: AsyncConnection, educator_id: UUID, plan_year: str, choice: Choice
) -> StoredStatement | None:
    """The last statement, or the last one that was decided by then."""
    below = await reader(connection)
    found = await below.fetchrow(_STATEMENT, educator_id, plan_year, choice.as_of, choice.sequence)
    return None if found is None else StoredStatement(*found)


async def progress_of(connection: AsyncConnection, educator_id: UUID, plan_year: str) -> Progress:
    """What has become of the money of an educator's plan year."""
    [row] = await (await reader(connection)).fetch(_PROGRESS, educator_id, plan_year)
    return Progress(*row)


async def payments_of(connection: AsyncConnection, educator_id: UUID, plan_year: str) -> list[Payment]:
    """The payouts that pay an educator for a plan year or take something back, by their pay dates."""
    rows = await connection.execute(_PAYMENTS, {"educator_id": educator_id, "plan_year": plan_year})
    return [Payment(*row) for row in rows]


async def facts_told_by(connection: AsyncConnection, educator_id: UUID, event_ids: Sequence[UUID]) -> list[Fact]:
    """The facts of an educator that these events brought."""
    rows = await connection.execute(
        select(fact).where(fact.c.educator_id == educator_id, fact.c.event_id.in_(event_ids)).order_by(fact.c.sequence)
    )
    return [Fact(row.kind, row.key, row.version, str(row.event_id), orjson.loads(row.data)) for row in rows]


async def statement_bodies(
    connection: AsyncConnection, educator_id: UUID, plan_year: str, sequences: Sequence[int]
) -> dict[int, Any]:
    """Statements of an educator by their numbers, as documents."""
    rows = await connection.execute(
        select(statement.c.sequence, statement.c.body).where(
            statement.c.educator_id == educator_id,
            statement.c.plan_year == plan_year,
            statement.c.sequence.in_(sequences),
        )
    )
    return {row.sequence: orjson.loads(row.body) for row in rows}


async def statement_versions(connection: AsyncConnection, educator_id: UUID, plan_year: str) -> Sequence[Any]:
    rows = await connection.execute(
        select(
            statement.c.sequence,
            statement.c.plan_version_id,
            statement.c.cause_event_id,
            statement.c.total_cents,
            statement.c.rung,
            statement.c.hash,
            statement.c.decided_at,
        )
        .where(statement.c.educator_id == educator_id, statement.c.plan_year == plan_year)
        .order_by(statement.c.sequence)
    )
    return rows.all()


async def facts_of(connection: AsyncConnection, educator_id: UUID) -> str | None:
    """The educator's facts document; None where nothing is known of the educator."""
    row = (
        await connection.execute(select(educator_account.c.facts).where(educator_account.c.educator_id == educator_id))
    ).first()
    return None if row is None else str(row.facts)


async def ledger_of(connection: AsyncConnection, educator_id: UUID, plan_year: str, *, up_to: int) -> Sequence[Any]:
    """The entries that the statements up to number `up_to` posted."""
    rows = await connection.execute(
        select(ledger_entry)
        .where(
            ledger_entry.c.educator_id == educator_id,
            ledger_entry.c.plan_year == plan_year,
            ledger_entry.c.sequence <= up_to,
        )
        .order_by(ledger_entry.c.sequence, ledger_entry.c.component)
    )
    return rows.all()


async def totals_page(
    connection: AsyncConnection, plan_year: str, *, after: UUID | None, limit: int
) -> Sequence[Total]:
    rows = await (await reader(connection)).fetch(_TOTALS, plan_year, after or _BEFORE_ALL, limit)
    return [Total(*row) for row in rows]


async def totals_stream(connection: AsyncConnection, plan_year: str) -> AsyncIterator[Sequence[Total]]:
    """All totals of a year, as of one moment, in blocks: neither is all of it held in memory, nor each row on its own
    sent on its way, which takes longer than all else."""
    cursor = await (await driver(connection)).cursor(_TOTALS, plan_year, _BEFORE_ALL, _ALL)
    while rows := await cursor.fetch(_BLOCK):
        yield [Total(*row) for row in rows]


async def changes_after(
    connection: AsyncConnection, published_seq: int, *, educator_id: UUID | None, limit: int
) -> Sequence[Any]:
    """Recalculations in the order in which the relay published them, which has no gaps and never fills one later."""
    query = (
        select(outbox.c.published_seq, outbox.c.id, outbox.c.data)
        .where(outbox.c.published_seq > published_seq, outbox.c.type == StatementRecalculated.type)
        .order_by(outbox.c.published_seq)
        .limit(limit)
    )
    if educator_id is not None:
        query = query.where(outbox.c.key == str(educator_id))
    return (await connection.execute(query)).all()


async def last_change(connection: AsyncConnection) -> int:
    value = await connection.scalar(text("SELECT coalesce(max(published_seq), 0) FROM outbox"))
    return int(value or 0)
