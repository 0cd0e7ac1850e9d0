"""Sees new statements as soon as anybody could: one reader, woken at each commit, of ours and of the floor alike."""

import asyncio
import time
from contextlib import suppress
from types import TracebackType
from typing import Self
from uuid import UUID

import asyncpg

PLAN_YEAR = "2020-21"

_QUERY = """
SELECT s.educator_id, s.sequence FROM unnest($1::uuid[], $2::int[]) AS w(educator_id, sequence)
JOIN statement s ON s.educator_id = w.educator_id AND s.plan_year = $3 AND s.sequence = w.sequence
"""
_POLL_SECONDS = 0.25

StatementKey = tuple[UUID, int]
"""Educator and number of the statement."""


class Watcher:
    """Of the table `statement` in the database at `url`, whose writer notifies `channel`.

    Nothing is polled over REST, which would slow down what is measured: a door shows a statement from the moment its
    transaction has committed, and this reader, with a connection of its own, sees it from the same moment.
    """

    def __init__(self, url: str, *, channel: str) -> None:
        self._url = url
        self._channel = channel
        self._woken = asyncio.Event()
        self._awaited: dict[StatementKey, asyncio.Future[float]] = {}

    async def __aenter__(self) -> Self:
        self._connection = await asyncpg.connect(self._url, command_timeout=30)
        await self._connection.add_listener(self._channel, lambda *_: self._woken.set())
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watching.cancel()
        with suppress(asyncio.CancelledError):
            await self._watching
        await self._connection.close(timeout=5)

    def expect(self, key: StatementKey) -> "asyncio.Future[float]":
        """When (`time.perf_counter`) the statement was read. To be called before what leads to it is sent."""
        seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._awaited[key] = seen
        return seen

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._woken.wait()
            self._woken.clear()
            keys = list(self._awaited)
            if not keys:
                continue
            rows = await self._connection.fetch(_QUERY, [key[0] for key in keys], [key[1] for key in keys], PLAN_YEAR)
            now = time.perf_counter()
            for educator_id, sequence in rows:
                seen = self._awaited.pop((UUID(int=educator_id.int), sequence))
                if not seen.done():
                    seen.set_result(now)
