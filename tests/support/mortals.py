"""Processes that die at each step of their I/O in turn, each on a fresh copy of what was prepared."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from zlib import crc32

import asyncpg
import httpx

from deploy.postgres import PostgresServer
from shared.kernel.clock import SystemClock
from shared.messaging.bus import Bus
from tests.support.empty_logs import EmptyLogs
from tests.support.fail_points import Forge
from tests.support.messaging import until
from tests.support.web import bearer

Claims = dict[str, Any]

_LOOK_SECONDS = 0.01
_PATIENCE_SECONDS = 30


@dataclass
class Mortal:
    """A process that dies at a step of its I/O, and once it has, is started again and left alone.

    `upon_death` looks at what it left behind, before anybody mends it by asking again.
    """

    forge: Forge
    module: str
    environment: dict[str, str]
    die_at: int
    has_died: bool = False
    upon_death: Callable[[], Awaitable[object]] | None = None
    _client: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)

    def __post_init__(self) -> None:
        self._process = self.forge.start(self.module, self.environment, die_at=self.die_at)

    async def look(self) -> None:
        """Start it again where it has died. Raises AssertionError where it did not die of its fail point."""
        if self.forge.has_died(self._process):
            assert self.die_at
            assert not self.has_died, "it died again, though nobody killed it"
            self.has_died = True
            if self.upon_death:
                await self.upon_death()
            self._process = self.forge.start(self.module, self.environment, die_at=0)

    async def call(self, method: str, path: str, *, by: Claims | None = None, **request: Any) -> httpx.Response:
        """What it answers in the end: a caller who got no answer sends the same again, with the same key.

        The server may not have seen yet that the process died which it works for.
        """
        headers = {"Idempotency-Key": f'"{uuid4()}"'} | (_as_of_now(by) if by else {}) | request.pop("headers", {})
        address = f"http://127.0.0.1:{self.environment['RUNG_PORT']}{path}"
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                await self.look()
                with suppress(httpx.TransportError):
                    answer = await self._client.request(method, address, headers=headers, **request)
                    if "still-running" not in answer.text:
                        self._note(method, path, answer)
                        return answer
                await asyncio.sleep(_LOOK_SECONDS)

    def _note(self, method: str, path: str, answer: httpx.Response) -> None:
        if answer.is_success:
            self.forge.done.add((self.module, method, urlsplit(path).path))

    async def take(
        self, method: str, path: str, *, by: Claims, seen_at: str | None = None, **request: Any
    ) -> httpx.Response:
        """A step that has to succeed. `seen_at` tells what came of one that cannot be sent twice."""
        answer = await self.call(method, path, by=by, **request)
        if seen_at and self.has_died and answer.status_code in (409, 412):
            answer = await self.call("GET", seen_at, by=by)
        assert answer.is_success, answer.text
        return answer

    async def until(self, condition: Callable[[], Awaitable[object]]) -> None:
        """Let it work until `condition` holds."""

        async def holds() -> object:
            await self.look()
            return await condition()

        await until(holds, seconds=_PATIENCE_SECONDS)

    async def end(self) -> None:
        self.forge.end(self._process)
        await self._client.aclose()


@dataclass(frozen=True)
class Stage:
    """What one play has before it: a copy of the prepared database by its URL, and a log with all topics."""

    database: str
    bus: Bus

    async def rows(self, *queries: str) -> list[list[tuple[Any, ...]]]:
        """What each query finds in the database."""
        connection = await asyncpg.connect(self.database)
        try:
            return [[tuple(row) for row in await connection.fetch(query)] for query in queries]
        finally:
            await connection.close()

    async def is_one_of(self, query: str, *whole: tuple[Any, ...]) -> None:
        """Raises AssertionError where the one row that `query` finds is none of these: something was half done."""
        ((row,),) = await self.rows(query)
        assert row in whole, f"half done: {row}"


Play = Callable[[Mortal, Stage], Awaitable[Any]]
"""What is done with a process, and what came of it, told without ids and moments that differ from run to run."""


@dataclass(frozen=True)
class Deaths:
    """Plays with processes that die: `environment` is what all of them are told, every `stride`th step is tried."""

    postgres: PostgresServer
    forge: Forge
    logs: EmptyLogs
    environment: dict[str, str]
    stride: int

    async def everywhere(self, module: str, prepared: str, play: Play, **further: str) -> int:
        """Play with a process that dies at each step in turn; returns how many steps it has.

        `prepared` is the URL of the service's database; each play has a copy. Raises AssertionError where one of the
        ends is another than that of the process that lived, and where none has died.
        """
        undisturbed, _ = await self._end_of(0, module, prepared, play, further)
        deaths = 0
        for step in self._steps(play):
            outcome, has_died = await self._end_of(step, module, prepared, play, further)
            assert outcome == undisturbed, f"killed at step {step}"
            deaths += has_died
            if not has_died:
                assert deaths, f"nobody died in {play.__qualname__}: step {step}, the first to be tried, is none of its"
                print(f"{play.__qualname__}: {module} has {step} steps or a few less")
                return step
        raise AssertionError("unreachable")

    def _steps(self, play: Play) -> Iterator[int]:
        """Every `stride`th, from a place that each play has of its own for each stride: they begin and go on alike."""
        return count(1 + crc32(f"{play.__qualname__} {self.stride}".encode()) % self.stride, self.stride)

    async def _end_of(
        self, step: int, module: str, prepared: str, play: Play, further: dict[str, str]
    ) -> tuple[Any, bool]:
        async with self._copy(prepared) as database, self.logs.one(database) as (bus, told):
            environment = self.environment | {"RUNG_DATABASE_URL": database} | told | further
            mortal = Mortal(self.forge, module, environment, step)
            try:
                return await play(mortal, Stage(database, bus)), mortal.has_died
            except Exception as fault:
                raise AssertionError(f"{module} killed at step {step}: {fault!r}\n{self.forge.report()}") from fault
            finally:
                await mortal.end()

    @asynccontextmanager
    async def _copy(self, prepared: str) -> AsyncIterator[str]:
        copy, template = f"run_{uuid4().hex[:12]}", urlsplit(prepared).path.removeprefix("/")
        administration = await asyncpg.connect(self.postgres.url("postgres"))
        try:
            # As files: 0.03 s where a copy through the server's own log takes 0.2.
            await administration.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{template}" STRATEGY file_copy')
            yield self.postgres.url(copy)
        finally:
            await administration.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
            await administration.close()


def _as_of_now(claims: Claims) -> dict[str, str]:
    """The headers of somebody whose token a process with a real clock takes."""
    now = int(SystemClock().now().timestamp())
    return bearer(iat=now, exp=now + 3600, **claims)
