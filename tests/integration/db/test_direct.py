"""A transaction of the event path: whatever ends it, all of it happened or nothing, and the connection is clean."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.direct import TransactionRolledBack, begin, driver, reader, reading
from shared.db.engine import create_engine
from shared.db.faults import is_passing
from tests.support.messaging import until

ADD = "INSERT INTO kept VALUES ($1)"
SLEEP = "SELECT pg_sleep(30)"


class Stopped(Exception):
    """What a handler may come to."""


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    """Of one connection, so that each transaction has to do with what the one before left behind."""
    engine = create_engine(database, pool_size=1)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE kept (n int PRIMARY KEY)"))
    yield engine
    await engine.dispose()


@pytest.fixture
async def other(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


async def kept(engine: AsyncEngine) -> list[int]:
    """What a transaction of SQLAlchemy's own sees, on the same connection."""
    async with engine.begin() as connection:
        return list(await connection.scalars(text("SELECT n FROM kept ORDER BY n")))


async def add(engine: AsyncEngine, *numbers: int) -> None:
    async with begin(engine) as connection:
        for number in numbers:
            await (await driver(connection)).execute(ADD, number)


async def test_what_the_driver_and_sqlalchemy_write_is_one_transaction(
    engine: AsyncEngine, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    async with begin(engine) as connection:
        await (await driver(connection)).execute(ADD, 1)
        await connection.execute(text("INSERT INTO kept VALUES (2)"))
        assert await connection.scalar(text("SELECT count(*) FROM kept")) == 2
        assert await other.fetchval("SELECT count(*) FROM kept") == 0
    assert await other.fetchval("SELECT count(*) FROM kept") == 2


async def test_an_error_rolls_all_of_it_back_and_is_raised_as_it_is(engine: AsyncEngine) -> None:
    async def stop_within() -> None:
        async with begin(engine) as connection:
            await (await driver(connection)).execute(ADD, 1)
            await connection.execute(text("INSERT INTO kept VALUES (2)"))
            raise Stopped

    with pytest.raises(Stopped):
        await stop_within()
    with pytest.raises(asyncpg.UniqueViolationError):
        await add(engine, 3, 3)
    assert await kept(engine) == []


async def test_an_error_that_was_passed_over_is_not_taken_for_a_commit(engine: AsyncEngine) -> None:
    async def pass_over() -> None:
        async with begin(engine) as connection:
            with suppress(asyncpg.UniqueViolationError):
                below = await driver(connection)
                await below.execute(ADD, 1)
                await below.execute(ADD, 1)

    with pytest.raises(TransactionRolledBack):
        await pass_over()
    assert await kept(engine) == []


async def test_a_commit_that_fails_is_an_error_and_keeps_nothing(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE kept ADD also int REFERENCES kept DEFERRABLE INITIALLY DEFERRED"))
        await connection.execute(text("ALTER TABLE kept ALTER also SET DEFAULT 7"))
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await add(engine, 1)
    assert await kept(engine) == []


async def test_a_cancellation_in_mid_statement_rolls_back_at_once(
    engine: AsyncEngine, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    async def wait_within() -> None:
        async with begin(engine) as connection:
            below = await driver(connection)
            await below.execute(ADD, 1)
            await below.execute(SLEEP)

    async def sleeps() -> bool:
        return bool(await other.fetchval("SELECT 1 FROM pg_stat_activity WHERE query = $1 AND state = 'active'", SLEEP))

    waiting = asyncio.create_task(wait_within())
    await until(sleeps)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(5):
        assert await kept(engine) == []
    await add(engine, 2)
    assert await kept(engine) == [2]


async def test_a_cancellation_while_it_begins_leaves_no_transaction_behind(engine: AsyncEngine) -> None:
    """At whatever step it comes: the server may have begun what the driver never heard of."""

    async def nothing_within() -> None:
        async with begin(engine):
            await asyncio.sleep(0)

    for steps in range(16):
        beginning = asyncio.create_task(nothing_within())
        for _ in range(steps):
            await asyncio.sleep(0)
        beginning.cancel()
        with suppress(asyncio.CancelledError):
            await beginning
        assert await kept(engine) == list(range(steps))
        await add(engine, steps)


async def test_a_connection_lost_in_the_middle_is_a_passing_fault_and_replaced(
    engine: AsyncEngine, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    async def lose_it_within() -> None:
        async with begin(engine) as connection:
            below = await driver(connection)
            await below.execute(ADD, 1)
            await other.execute("SELECT pg_terminate_backend($1)", below.get_server_pid())
            await below.execute(ADD, 2)

    with pytest.raises(Exception) as lost:  # noqa: PT011 - whichever the driver has for it
        await lose_it_within()
    assert is_passing(lost.value)
    await add(engine, 3)
    assert await kept(engine) == [3]


async def test_connections_lost_in_the_pool_are_replaced_before_anything_is_begun(
    database: str, engine: AsyncEngine, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    pooled = create_engine(database, pool_size=3)
    async with begin(pooled) as one, begin(pooled) as two, begin(pooled) as three:
        lost = [await driver(connection) for connection in (one, two, three)]
    for below in lost:
        await other.execute("SELECT pg_terminate_backend($1)", below.get_server_pid())

    async def is_noticed() -> bool:
        return all(below.is_closed() for below in lost)

    await until(is_noticed)
    await add(pooled, 1)
    await add(pooled, 2)
    assert await kept(engine) == [1, 2]
    await pooled.dispose()


async def test_reading_begins_nothing_and_sees_what_was_committed_since(
    engine: AsyncEngine, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    async with reading(engine) as connection:
        below = await reader(connection)
        assert await connection.scalar(text("SELECT count(*) FROM kept")) == 0
        assert await below.fetchval("SELECT count(*) FROM kept") == 0
        assert not below.is_in_transaction()
        await other.execute(ADD, 1)
        assert await connection.scalar(text("SELECT count(*) FROM kept")) == 1
        assert await below.fetchval("SELECT count(*) FROM kept") == 1
        state = "SELECT state FROM pg_stat_activity WHERE pid = $1"
        assert await other.fetchval(state, below.get_server_pid()) == "idle"

    # The next transaction on that connection is one again.
    assert await kept(engine) == [1]
    with pytest.raises(asyncpg.UniqueViolationError):
        await add(engine, 2, 1)
    assert await kept(engine) == [1]


async def test_a_connection_lost_in_the_pool_is_replaced_before_anything_is_read(
    engine: AsyncEngine, other: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    async with reading(engine) as connection:
        lost = await reader(connection)
    await other.execute("SELECT pg_terminate_backend($1)", lost.get_server_pid())

    async def is_noticed() -> bool:
        return lost.is_closed()

    await until(is_noticed)
    async with reading(engine) as connection:
        assert await (await reader(connection)).fetchval("SELECT 1") == 1
