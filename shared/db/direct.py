"""Straight to the driver: transactions, reading without one, and the statements that every event passes.

A statement costs 175 µs of processor time by way of SQLAlchemy and 50 µs by asyncpg itself, a transaction 200 µs more
than by `begin`, and an award on its way to its statement takes 16 round trips, all on one core in the embedded engine.
All other statements stay with SQLAlchemy (docs/decisions/0008 and 0010).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.faults import DRIVER_FAULTS

Driver: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_ROLLBACK_SECONDS = 5


class TransactionRolledBack(Exception):
    """A statement of the transaction had failed and its error was passed over, so that there was nothing to commit."""


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection for statements that change nothing: each sees what was committed before it, as it does within a
    transaction, and spares the two round trips that begin and end one. What is written is committed at once.
    """
    async with engine.connect() as connection:
        await _ready(connection)
        yield connection


@asynccontextmanager
async def begin(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction like `engine.begin()`, committed at the end of the block and rolled back by an error in it.

    It cannot be ended from within: `commit` and `rollback` of its connection do nothing. Raises TransactionRolledBack.
    """
    async with engine.connect() as connection:
        # What SQLAlchemy executes is part of the transaction that is begun here.
        below = await _ready(connection)
        try:
            await below.execute("BEGIN")
            yield connection
            await _commit(below)
        except BaseException:
            await _roll_back(engine, connection, below)
            raise


async def _ready(connection: AsyncConnection) -> Driver:
    """The driver of a connection on which SQLAlchemy begins nothing of its own."""
    while (below := await _driver(connection)).is_closed():
        # Lost while it lay in the pool; SQLAlchemy would only learn of it by a statement of its own.
        await connection.invalidate()
    # Of the synchronous connection inside, since nothing of it is sent: a call through the outer one takes a greenlet.
    _within(connection).execution_options(isolation_level="AUTOCOMMIT")
    return below


async def _commit(below: Driver) -> None:
    if await below.execute("COMMIT") != "COMMIT":
        raise TransactionRolledBack("an error within the transaction was passed over: nothing was committed")


async def _roll_back(engine: AsyncEngine, connection: AsyncConnection, below: Driver) -> None:
    """Whatever happens, no connection goes back to the pool inside a transaction."""
    is_over = False
    try:
        # Also where the driver knows of no transaction: a BEGIN whose answer was not waited for has begun one.
        await below.execute("ROLLBACK", timeout=_ROLLBACK_SECONDS)
        is_over = not below.is_closed()
    except DRIVER_FAULTS:
        # The error that led here is the one to tell.
        return
    finally:
        if not is_over:
            below.terminate()
            await connection.invalidate()
            # Those that lie in the pool beside it have what it had, and would be waited for one after the other.
            await engine.dispose()


async def driver(connection: AsyncConnection) -> Driver:
    """The asyncpg connection below, inside the transaction of `connection`, whichever way that was begun.

    Its errors are asyncpg's own. To be used up before anybody else uses `connection`.
    """
    below = await _driver(connection)
    if not below.is_in_transaction():
        # SQLAlchemy begins its transaction with its first statement.
        await connection.exec_driver_sql("SELECT 1")
    return below


async def reader(connection: AsyncConnection) -> Driver:
    """The asyncpg connection below, for a statement that changes nothing: outside a transaction it stands for itself.

    Its errors are asyncpg's own. To be used up before anybody else uses `connection`.
    """
    return await _driver(connection)


async def _driver(connection: AsyncConnection) -> Driver:
    within = _within(connection)
    if within.invalidated:
        # Connects anew, which has to be awaited.
        await connection.get_raw_connection()
    below: Driver | None = within.connection.driver_connection
    if below is None:
        raise RuntimeError("a connection that was closed has no driver")
    return below


def _within(connection: AsyncConnection) -> Connection:
    if connection.sync_connection is None:
        raise RuntimeError("a connection that was not started has no driver")
    return connection.sync_connection
