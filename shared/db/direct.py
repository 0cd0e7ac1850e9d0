"""Straight to the driver, for the statements that every event passes.

A statement costs 175 µs of processor time by way of SQLAlchemy and 50 µs by asyncpg itself, and an award on its way
to its statement takes two dozen of them on one core. Everything else stays with SQLAlchemy.
"""

from typing import TypeAlias

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

Driver: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def driver(connection: AsyncConnection) -> Driver:
    """The asyncpg connection below, inside the transaction that SQLAlchemy commits or rolls back.

    Its errors are asyncpg's own. To be used up before anybody else uses `connection`.
    """
    below: Driver | None = (await connection.get_raw_connection()).driver_connection
    if below is None:
        raise RuntimeError("a connection that was closed has no driver")
    if not below.is_in_transaction():
        # SQLAlchemy begins its transaction with its first statement.
        await connection.exec_driver_sql("SELECT 1")
    return below
