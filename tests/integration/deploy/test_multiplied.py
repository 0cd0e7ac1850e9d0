"""A compensation database that was multiplied looks as if the service had filled it: `make load` measures on it."""

import asyncio

import asyncpg

from deploy.bench.filling import prepare_database, record, season_of
from deploy.load.growth import take_in
from deploy.load.multiplied import multiply, settle
from deploy.load.one_by_one import OneByOne
from deploy.postgres import PostgresServer

EVENTS = 300
TABLES = ("educator_account", "fact", "statement", "bonus_total", "ledger_entry", "outbox")
BROKEN = {
    "a hash that is not its statement's": """
        SELECT count(*) FROM statement WHERE hash <> encode(sha256(convert_to(body, 'UTF8')), 'hex')
    """,
    "a statement that is of somebody else": """
        SELECT count(*) FROM statement WHERE body::json ->> 'educator_id' <> educator_id::text
    """,
    "a fact that is of somebody else": """
        SELECT count(*) FROM fact WHERE data::json ->> 'educator_id' <> educator_id::text
    """,
    "an event that is of somebody else, or not published": """
        SELECT count(*) FROM outbox
        WHERE topic = 'compensation.events' AND key <> data::json ->> 'educator_id' OR published_seq IS NULL
    """,
    "a total that is not the last statement's": """
        SELECT count(*) FROM bonus_total t WHERE (t.statement_hash, t.total_cents) IS DISTINCT FROM (
          SELECT (s.hash, s.total_cents) FROM statement s
          WHERE s.educator_id = t.educator_id AND s.plan_year = t.plan_year ORDER BY s.sequence DESC LIMIT 1)
    """,
    "a ledger that does not come to the total": """
        SELECT count(*) FROM bonus_total t WHERE t.total_cents <> (
          SELECT coalesce(sum(amount_cents), 0) FROM ledger_entry e WHERE e.educator_id = t.educator_id)
    """,
}


async def test_every_copy_is_whole(postgres: PostgresServer) -> None:
    url = await asyncio.to_thread(prepare_database, postgres, "multiplied")
    try:
        await take_in(url, OneByOne([record(n, one) for n, one in enumerate(season_of(EVENTS))], at_once=50))
        connection = await asyncpg.connect(url)
        await settle(connection)
        before = await counted(connection)
        await multiply(connection, 1, 3)
        await multiply(connection, 3, 4)
        after = await counted(connection)
        broken = {what: await connection.fetchval(query) for what, query in BROKEN.items()}
        await connection.close()
    finally:
        postgres.drop_database("multiplied")

    assert all(count > 10 for count in before.values()), before
    # One event of the outbox is the plan's, which is there once.
    assert after == {table: 4 * count - 3 * (table == "outbox") for table, count in before.items()}
    assert broken == dict.fromkeys(BROKEN, 0)


async def counted(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, int]:
    return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}
