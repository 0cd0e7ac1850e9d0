"""Databases that are made once and copied for each run, and the processes that work on them until they die."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from deploy.postgres import PostgresServer
from deploy.server_folder import free_port
from shared.kernel.clock import SystemClock
from tests.support.fail_points import Forge, forge
from tests.support.service import PERSON_KEY_SECRET
from tests.support.web import AUDIENCE, ISSUER, bearer, key_set

_LOOK_SECONDS = 0.01
_PATIENCE_SECONDS = 30


class Copies:
    """Databases as somebody prepared them, a fresh copy for each run."""

    def __init__(self, postgres: PostgresServer, *names: str) -> None:
        self._postgres = postgres
        self._prepared = names

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[list[str]]:
        """The URLs of the copies, in the order of what was prepared."""
        copies = [f"run_{uuid4().hex[:12]}" for _ in self._prepared]
        administration = await asyncpg.connect(self._postgres.url("postgres"))
        try:
            for copy, prepared in zip(copies, self._prepared, strict=True):
                await administration.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{prepared}"')
            yield [self._postgres.url(copy) for copy in copies]
        finally:
            for copy in copies:
                await administration.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
            await administration.close()


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

    async def until(self, query: str, url: str) -> None:
        """Let it work until `query` says true of the database at `url`."""
        connection = await asyncpg.connect(url)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not await connection.fetchval(query):
                    self.look()
                    await asyncio.sleep(_LOOK_SECONDS)
        finally:
            await connection.close()

    def end(self) -> None:
        self.forge.end(self._process)


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


@pytest.fixture(scope="session")
def mortals(servers_folder: Path) -> Iterator[Forge]:
    with forge(servers_folder / "mortals.log") as made:
        yield made


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What every service is told, but for its databases."""
    keys = tmp_path / "keys.json"
    keys.write_bytes(key_set())
    return {
        "RUNG_TOKEN_KEYS": str(keys),
        "RUNG_TOKEN_ISSUER": ISSUER,
        "RUNG_TOKEN_AUDIENCE": AUDIENCE,
        "RUNG_PERSON_KEY_SECRET": PERSON_KEY_SECRET,
        "RUNG_PORT": str(free_port()),
    }


@pytest.fixture
def prepared(postgres: PostgresServer) -> Iterator[Callable[[str], str]]:
    """Makes an empty database to be prepared, by name, and drops it in the end."""
    names: list[str] = []

    def make(name: str) -> str:
        postgres.create_database(name)
        names.append(name)
        return postgres.url(name)

    yield make
    for name in names:
        postgres.drop_database(name)
