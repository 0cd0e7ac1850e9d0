"""A process that is stopped keeps no lock for long, and a server that says no more keeps no process waiting."""

import asyncio
import signal
import sys
import time
from asyncio.subprocess import PIPE, create_subprocess_exec
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from deploy.server_folder import free_port
from shared.db.direct import begin, driver
from shared.db.engine import create_engine, end_long_transactions, expect_answers
from shared.db.faults import is_passing
from tests.faults.schedule.link import Link
from tests.support.messaging import until

CLIENT = """
import asyncio, sys
from sqlalchemy import text
from shared.db import engine

async def hold(url, statement):
    engine.SILENCE_SECONDS = 2
    async with engine.create_engine(url).begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(1)"))
        print("held", flush=True)
        await connection.execute(text(statement))
        await asyncio.sleep(60)

asyncio.run(hold(*sys.argv[1:]))
"""
BETWEEN_STATEMENTS = "SELECT 1"
IN_A_LARGE_ANSWER = "SELECT repeat('x', 1000000) FROM generate_series(1, 500)"


@pytest.mark.parametrize("statement", [BETWEEN_STATEMENTS, IN_A_LARGE_ANSWER])
async def test_a_stopped_process_gives_its_locks_up(database: str, statement: str) -> None:
    other = await asyncpg.connect(database)
    client = await create_subprocess_exec(sys.executable, "-c", CLIENT, database, statement, stdout=PIPE)
    try:
        assert client.stdout is not None
        assert await client.stdout.readline() == b"held\n"

        async def has_begun() -> bool:
            return bool(await other.fetchval("SELECT 1 FROM pg_stat_activity WHERE query = $1", statement))

        await until(has_begun)
        client.send_signal(signal.SIGSTOP)
        assert not await other.fetchval("SELECT pg_try_advisory_lock(1)")
        async with asyncio.timeout(120):
            await other.fetchval("SELECT pg_advisory_lock(1)")
    finally:
        client.kill()
        await client.wait()
        await other.close()


async def test_a_transaction_that_lasts_too_long_is_ended_and_the_connection_replaced(database: str) -> None:
    engine = create_engine(database)
    end_long_transactions(engine, seconds=1)

    async def last_too_long() -> None:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT 1"))
            await asyncio.sleep(2)
            await connection.execute(text("SELECT 1"))

    with pytest.raises(DBAPIError) as ended:
        await last_too_long()
    assert is_passing(ended.value)
    async with engine.begin() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await engine.dispose()


async def test_connections_that_are_open_at_one_end_only_hold_nobody_up_for_long(database: str) -> None:
    server = urlsplit(database)
    link = Link("ours-postgres", free_port(), server.port or 0)
    await link.open()
    engine = create_engine(database.replace(f":{server.port}/", f":{link.port}/"))
    expect_answers(engine, seconds=1)

    async def look(*, beside: int = 0) -> int:
        async with begin(engine) as connection:
            if beside:
                await look(beside=beside - 1)
            return int(await (await driver(connection)).fetchval("SELECT 1"))

    await look(beside=3)
    link.half_open()
    began = time.monotonic()
    with pytest.raises(TimeoutError) as silence:
        await look()
    assert is_passing(silence.value)
    # One was waited for and three were not: a second for its answer, and what is granted to the rollback.
    assert await look(beside=3) == 1
    assert time.monotonic() - began < 9
    await engine.dispose()
    await link.close()
