"""Processes that die at each step of their I/O in turn, each on a fresh copy of what was prepared."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx

from deploy.postgres import PostgresServer
from shared.kernel.clock import SystemClock
from tests.support.fail_points import Forge
from tests.support.messaging import until
from tests.support.web import bearer

_LOOK_SECONDS = 0.01
_PATIENCE_SECONDS = 30


@dataclass
class Mortal:
    """A process that dies at a step of its I/O, and once it has, is started again and left alone."""

    forge: Forge
    module: str
    environment: dict[str, str]
    die_at: int
    has_died: bool = False

    def __post_init__(self) -> None:
        self._process = self.forge.start(self.module, self.environment, die_at=self.die_at)

    def look(self) -> None:
        """Start it again where it has died. Raises AssertionError where it did not die of its fail point."""
        if self.forge.has_died(self._process):
            assert self.die_at
            assert not self.has_died, "it died again, though nobody killed it"
            self.has_died = True
            self._process = self.forge.start(self.module, self.environment, die_at=0)

    async def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """What it answers in the end: a caller who got no answer sends the same again."""
        async with asyncio.timeout(_PATIENCE_SECONDS), httpx.AsyncClient() as client:
            while True:
                self.look()
                try:
                    return await client.request(
                        method, f"http://127.0.0.1:{self.environment['RUNG_PORT']}{path}", **request
                    )
                except httpx.TransportError:
                    await asyncio.sleep(_LOOK_SECONDS)

    async def until(self, condition: Callable[[], Awaitable[object]]) -> None:
        """Let it work until `condition` holds."""

        async def holds() -> object:
            self.look()
            return await condition()

        await until(holds, seconds=_PATIENCE_SECONDS)

    def end(self) -> None:
        self.forge.end(self._process)


Play = Callable[[Mortal, list[str]], Awaitable[Any]]
"""What is done with a process, by the URLs of its databases; and what came of it, told without ids and moments."""


@dataclass(frozen=True)
class Deaths:
    """Plays with processes that die: `environment` is what all of them are told, every `stride`th step is tried."""

    postgres: PostgresServer
    forge: Forge
    environment: dict[str, str]
    stride: int

    async def everywhere(self, module: str, prepared: Sequence[str], play: Play, **further: str) -> int:
        """Play with a process that dies at each step in turn; returns how many steps it has.

        `prepared` are the URLs of the service's database and of the log, or of one that is both; each play has copies.
        Raises AssertionError where one of the ends is another than that of the process that lived.
        """

        async def end_of(die_at: int) -> tuple[Any, bool]:
            async with self._copies(prepared) as urls:
                databases = {"RUNG_DATABASE_URL": urls[0], "RUNG_BUS_DATABASE_URL": urls[-1]}
                mortal = Mortal(self.forge, module, self.environment | databases | further, die_at)
                try:
                    return await play(mortal, urls), mortal.has_died
                finally:
                    mortal.end()

        undisturbed, _ = await end_of(0)
        for step in count(1, self.stride):
            outcome, has_died = await end_of(step)
            assert outcome == undisturbed, f"killed at step {step}"
            if not has_died:
                return step
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def _copies(self, prepared: Sequence[str]) -> AsyncIterator[list[str]]:
        copies = {f"run_{uuid4().hex[:12]}": urlsplit(url).path.removeprefix("/") for url in prepared}
        administration = await asyncpg.connect(self.postgres.url("postgres"))
        try:
            for copy, template in copies.items():
                await administration.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{template}"')
            yield [self.postgres.url(copy) for copy in copies]
        finally:
            for copy in copies:
                await administration.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
            await administration.close()


def as_of_now(**claims: Any) -> dict[str, str]:
    """The headers of somebody whose token a process with a real clock takes."""
    now = int(SystemClock().now().timestamp())
    return bearer(iat=now, exp=now + 3600, **claims)


async def rows(url: str, *queries: str) -> list[list[tuple[Any, ...]]]:
    """What each query finds."""
    connection = await asyncpg.connect(url)
    try:
        return [[tuple(row) for row in await connection.fetch(query)] for query in queries]
    finally:
        await connection.close()
