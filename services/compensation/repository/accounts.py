"""The event path's reads and writes: a handful of statements for a batch of any size, since a round trip costs most."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    Account,
    EducatorFacts,
    StandingTotal,
)
from services.compensation.policy.plan_book import Standing
from services.compensation.policy.recalculation import Changes
from shared.db.direct import Driver, driver
from shared.messaging import outbox

Save: TypeAlias = Callable[[Changes, outbox.Rows], Awaitable[None]]

PLANS_LOCK = "hashtext('published plans')"

_SHARE_PLANS = f"SELECT pg_advisory_xact_lock_shared({PLANS_LOCK})"
# The plans' lock stands in the outer side of the join, so that it is taken though no account is found.
_LOCK_ACCOUNTS = f"""
WITH locked AS (
  SELECT a.educator_id::text, a.applied_sequence, a.facts, a.unreported
  FROM educator_account a WHERE a.educator_id = ANY($1::uuid[])
  ORDER BY a.educator_id FOR UPDATE
)
SELECT locked.* FROM ({_SHARE_PLANS}) held LEFT JOIN locked ON true
"""
_OPEN_ACCOUNTS = """
INSERT INTO educator_account (educator_id, applied_sequence, facts, unreported)
SELECT id, 0, '{}', '{}' FROM unnest($1::uuid[]) AS u(id) ORDER BY id
ON CONFLICT DO NOTHING
"""
# Read once the locks are held: a statement sees what was committed before it began.
_STANDING = """
SELECT plans.published, plans.years, plans.common, t.educator_id::text, t.plan_year, t.sequence, t.plan_version_id,
       t.statement_hash, t.components
FROM (
  SELECT array_agg(v.id ORDER BY v.plan_year) AS published, array_agg(v.plan_year ORDER BY v.plan_year) AS years,
         array_agg(coalesce(c.number, 0) ORDER BY v.plan_year) AS common
  FROM plan_version v
  LEFT JOIN LATERAL (SELECT max(number) AS number FROM common_facts WHERE plan_year = v.plan_year) c ON true
  WHERE v.state = 'published'
) plans
LEFT JOIN bonus_total t ON t.educator_id = ANY($1::uuid[])
"""
_BETWEEN = text(
    """
    SELECT educator_id FROM educator_account
    WHERE (CAST(:after AS uuid) IS NULL OR educator_id > :after)
      AND (CAST(:until AS uuid) IS NULL OR educator_id <= :until)
    ORDER BY educator_id
    """
)
_NEXT_FACTS = text(
    """
    SELECT educator_id, facts FROM educator_account
    WHERE CAST(:after AS uuid) IS NULL OR educator_id > :after ORDER BY educator_id LIMIT :limit
    """
)
# Rows travel as one JSON array for each table: asyncpg looks at every element of a PostgreSQL array in Python, which
# costs more for a batch than all decisions of it (measured: 275 of 415 microseconds an event). The long texts of
# accounts and statements stand beside them in arrays of their own: the server looked for the end of each as JSON twice
# (measured: 135 microseconds a statement, and 50 so).
_SAVE = f"""
WITH recorded AS ({outbox.RECORD}), facts AS (
  INSERT INTO fact (educator_id, sequence, kind, key, version, event_id, recorded_at, data)
  SELECT * FROM json_to_recordset($8::json) AS r(
    educator_id uuid, sequence bigint, kind text, key text, version int, event_id uuid, recorded_at timestamptz,
    data text)
), accounts AS (
  UPDATE educator_account a SET applied_sequence = r.sequence, facts = r.facts, unreported = r.unreported
  FROM ROWS FROM (json_to_recordset($9::json) AS (educator_id uuid, sequence bigint, unreported uuid[]),
                  unnest($10::text[])) AS r(educator_id, sequence, unreported, facts)
  WHERE a.educator_id = r.educator_id
), statements AS (
  INSERT INTO statement (educator_id, plan_year, sequence, plan_version_id, applied_sequence, cause_event_id,
                         total_cents, rung, hash, decided_at, common_facts, body)
  SELECT * FROM ROWS FROM (json_to_recordset($11::json) AS (
    educator_id uuid, plan_year text, sequence int, plan_version_id uuid, applied_sequence bigint,
    cause_event_id uuid, total_cents bigint, rung text, hash text, decided_at timestamptz, common_facts int),
    unnest($12::text[]))
), entries AS (
  INSERT INTO ledger_entry (id, educator_id, plan_year, sequence, component, amount_cents, plan_version_id,
                            cause_event_id, posted_at)
  SELECT * FROM json_to_recordset($13::json) AS r(
    id uuid, educator_id uuid, plan_year text, sequence int, component text, amount_cents bigint,
    plan_version_id uuid, cause_event_id uuid, posted_at timestamptz)
)
INSERT INTO bonus_total (educator_id, plan_year, sequence, plan_version_id, statement_hash, employee_number,
                         district_id, campus_id, rung, components, total_cents)
SELECT * FROM json_to_recordset($14::json) AS r(
  educator_id uuid, plan_year text, sequence int, plan_version_id uuid, hash text, employee_number text,
  district_id uuid, campus_id uuid, rung text, components text, total_cents bigint)
ON CONFLICT (educator_id, plan_year) DO UPDATE SET
  sequence = excluded.sequence, plan_version_id = excluded.plan_version_id,
  statement_hash = excluded.statement_hash, employee_number = excluded.employee_number,
  district_id = excluded.district_id, campus_id = excluded.campus_id, rung = excluded.rung,
  components = excluded.components, total_cents = excluded.total_cents
"""


async def allow_silence(connection: AsyncConnection) -> None:
    """Until this transaction ends the server does not end it for what passes between two statements."""
    await (await driver(connection)).execute("SET LOCAL idle_in_transaction_session_timeout = 0")


async def share_plans(connection: AsyncConnection) -> None:
    """Until this transaction ends no plan can be published: what is decided in it is decided by the standing plans."""
    await (await driver(connection)).execute(_SHARE_PLANS)


async def lock_accounts(
    connection: AsyncConnection, educator_ids: Sequence[str]
) -> tuple[Iterator[Account], list[Standing]]:
    """The educators' accounts in the order of ids, opened where new and locked in that order so that batches cannot
    deadlock; and the published plan versions with the numbers of their common facts, the oldest year first, which stand
    still (`share_plans`) as well.

    Each account is made of its row when it is asked for: facts take six times the room that they take as text.
    """
    ids = sorted(set(educator_ids))
    below = await driver(connection)
    rows = await _lock(below, ids)
    if len(rows) < len(ids):
        await below.execute(_OPEN_ACCOUNTS, ids)
        rows = await _lock(below, ids)
    standing = await below.fetch(_STANDING, ids)
    totals: dict[str, dict[str, StandingTotal]] = {}
    for *_, educator_id, plan_year, sequence, plan_version_id, statement_hash, components in standing:
        if educator_id is not None:
            totals.setdefault(educator_id, {})[plan_year] = StandingTotal(
                sequence, plan_version_id, statement_hash, orjson.loads(components)
            )
    accounts = (
        Account(
            educator_id=educator_id,
            applied_sequence=applied_sequence,
            facts=EducatorFacts.from_document(educator_id, orjson.loads(facts)),
            unreported=list(unreported),
            totals=totals.get(educator_id, {}),
        )
        for educator_id, applied_sequence, facts, unreported in rows
    )
    published, years, common = standing[0]["published"], standing[0]["years"], standing[0]["common"]
    return accounts, [Standing(*one) for one in zip(published or (), years or (), common or (), strict=True)]


async def _lock(below: Driver, ids: Sequence[str]) -> list[asyncpg.Record]:
    """The accounts that are there; the join's row for none at all is not one of them."""
    return [row for row in await below.fetch(_LOCK_ACCOUNTS, ids) if row["educator_id"] is not None]


async def facts_after(connection: AsyncConnection, after: UUID | None, limit: int) -> list[EducatorFacts]:
    """The facts of the next educators in the order of their ids, as they stand; nobody is locked."""
    rows = await connection.execute(_NEXT_FACTS, {"after": after, "limit": limit})
    return [EducatorFacts.from_document(str(row.educator_id), orjson.loads(row.facts)) for row in rows]


async def educators_between(connection: AsyncConnection, after: UUID | None, until: UUID | None) -> list[str]:
    """Those after one id and up to another, in the order of ids; None for no border."""
    rows = await connection.execute(_BETWEEN, {"after": after, "until": until})
    return [str(row.educator_id) for row in rows]


async def is_empty(connection: AsyncConnection) -> bool:
    """Whether nobody has an account."""
    return not await connection.scalar(text("SELECT EXISTS (SELECT FROM educator_account)"))


async def save(connection: AsyncConnection, changes: Changes, recorded: outbox.Rows) -> None:
    """Write all that a batch came to, with the events that tell of it, in one statement."""
    facts = [
        {
            "educator_id": row.educator_id,
            "sequence": row.sequence,
            "kind": row.fact.kind,
            "key": row.fact.key,
            "version": row.fact.version,
            "event_id": row.fact.event_id,
            "recorded_at": row.recorded_at,
            "data": row.fact.data,
        }
        for row in changes.facts
    ]
    accounts = [
        {
            "educator_id": row.educator_id,
            "sequence": row.applied_sequence,
            "unreported": row.unreported,
        }
        for row in changes.accounts
    ]
    statements = [row._asdict() for row in changes.statements]
    bodies = [row.pop("body").decode() for row in statements]
    await (await driver(connection)).execute(
        _SAVE,
        *recorded,
        _json(facts),
        _json(accounts),
        [_json(row.facts.to_document()) for row in changes.accounts],
        _json(statements),
        bodies,
        _json([row._asdict() for row in changes.entries]),
        _json([row._asdict() for row in changes.totals]),
    )


@asynccontextmanager
async def saving(connection: AsyncConnection) -> AsyncIterator[Save]:
    """A `save` that returns once its rows are on their way, so that the server writes them while the next are decided.

    One is under way at a time, and the block ends when all are written. Nobody else uses `connection` in it.
    """
    under_way: asyncio.Task[None] | None = None

    async def hand_over(changes: Changes, recorded: outbox.Rows) -> None:
        nonlocal under_way
        if under_way is not None:
            await under_way
        under_way = asyncio.create_task(save(connection, changes, recorded))
        # Sent before the caller goes on computing, which leaves the loop no turn.
        await asyncio.sleep(0)

    try:
        yield hand_over
    except BaseException:
        if under_way is not None:
            under_way.cancel()
            await asyncio.gather(under_way, return_exceptions=True)
        raise
    if under_way is not None:
        await under_way


def _json(rows: object) -> str:
    """Rows or a document as PostgreSQL reads them."""
    return orjson.dumps(rows, default=str).decode()
