"""A service for a machine to work on: its doors in this process, its clock, and a look into its database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import orjson
from fastapi import FastAPI

from shared.runtime import Runtime
from shared.settings import ServiceSettings
from tests.models.doors import Doors
from tests.support.service import RunningService, running_service
from tests.support.web import NOON, StandingClock

T = TypeVar("T")


@contextmanager
def held(loop: asyncio.AbstractEventLoop, manager: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """What `manager` gives, for a body that is no coroutine."""
    value = loop.run_until_complete(manager.__aenter__())
    try:
        yield value
    finally:
        loop.run_until_complete(manager.__aexit__(None, None, None))


@dataclass(frozen=True)
class Bench:
    """The service, and a connection of our own beside those that it works with."""

    running: RunningService
    doors: Doors
    database: "asyncpg.Connection[asyncpg.Record]"

    @property
    def clock(self) -> StandingClock:
        return self.running.clock

    async def empty(self, *tables: str) -> None:
        """As if nothing had ever been in these tables; no trigger stands against it.

        TRUNCATE makes new files, which takes as long as fifty steps.
        """
        deletions = "".join(f"DELETE FROM {table};" for table in tables)
        await self.database.execute(
            f"SET session_replication_role = replica; {deletions} RESET session_replication_role"
        )
        self.clock.moment = NOON


@asynccontextmanager
async def bench(
    name: str,
    settings: type[ServiceSettings],
    migrations: Path,
    api: Callable[[Runtime[Any]], FastAPI],
    *,
    database: str,
    **further: Any,
) -> AsyncIterator[Bench]:
    """The service `name` on a fresh `database`."""
    apps: list[FastAPI] = []

    def kept(runtime: Runtime[Any]) -> FastAPI:
        apps.append(api(runtime))
        return apps[0]

    async with running_service(name, settings, migrations, kept, database=database, **further) as running:
        connection = await asyncpg.connect(database)
        yield Bench(running, Doors(apps[0], f"/{name}/v1"), connection)
        await connection.close()


class Outbox:
    """Reads what was recorded for publication since it was last asked."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._position = 0

    async def fresh(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Type (`observation.finalized`), key and data of each event, in the order of recording."""
        rows = await self._connection.fetch(
            "SELECT position, type, key, data FROM outbox WHERE position > $1 ORDER BY position", self._position
        )
        if rows:
            self._position = rows[-1]["position"]
        return [(".".join(row["type"].split(".")[2:4]), row["key"], orjson.loads(row["data"])) for row in rows]
