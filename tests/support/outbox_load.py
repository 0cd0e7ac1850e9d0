"""The load under which relays are compared: 16 writers, 20 aggregates, commits that come late or never."""

import asyncio
import random
from contextlib import suppress
from itertools import count
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.messaging import outbox
from tests.support.messaging import NOW, award, select

AGGREGATES = [uuid4() for _ in range(20)]
WRITERS = 16


async def change(connection: AsyncConnection, aggregate: UUID) -> None:
    """A use case in small: lock the aggregate by raising its version, and record the two things that happened."""
    version = await connection.scalar(
        text(
            "INSERT INTO aggregate VALUES (:key, 2)"
            " ON CONFLICT (key) DO UPDATE SET version = aggregate.version + 2 RETURNING version"
        ),
        {"key": str(aggregate)},
    )
    await outbox.record(connection, [award(aggregate, version - 1), award(aggregate, version)], now=NOW)


async def write(engine: AsyncEngine, events: int) -> None:
    """`events` committed by 16 writers at once, some of them late, and some more that are rolled back."""
    numbers = count(step=2)

    async def one_writer(seed: int) -> None:
        chance = random.Random(seed)
        while next(numbers) < events:
            async with engine.begin() as connection:
                # As after an earlier write: what the server numbers transactions by is given out before any lock.
                await connection.execute(text("SELECT pg_current_xact_id()"))
                await change(connection, chance.choice(AGGREGATES))
                if chance.random() < 0.3:
                    await asyncio.sleep(chance.uniform(0, 0.02))
            if chance.random() < 0.2:
                with suppress(InterruptedError):
                    async with engine.begin() as connection:
                        await change(connection, chance.choice(AGGREGATES))
                        raise InterruptedError

    await asyncio.gather(*map(one_writer, range(WRITERS)))


async def recorded(engine: AsyncEngine) -> dict[str, list[str]]:
    """The ids of each key's events in the order of their changes."""
    ids: dict[str, list[str]] = {}
    for key, event in await select(engine, "SELECT key, CAST(id AS text) FROM outbox ORDER BY position"):
        ids.setdefault(key, []).append(event)
    return ids
