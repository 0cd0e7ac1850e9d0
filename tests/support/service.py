"""One service in this process, on a real database made by its migrations, with tokens for anybody."""

import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from shared.runtime import Runtime
from shared.settings import ServiceSettings
from tests.support.migrated import migrate
from tests.support.web import StandingClock, authenticator, bearer

PERSON_KEY_SECRET = "only-for-tests"


@dataclass(frozen=True)
class RunningService:
    """The service's runtime, a client of its doors, and its clock."""

    runtime: Runtime[Any]
    client: httpx.AsyncClient
    clock: StandingClock

    async def call(self, method: str, path: str, *, as_: dict[str, Any], **request: Any) -> httpx.Response:
        """Call as somebody: `as_` are claims of the token, such as `{"roles": ["hr"], "sub": "hr-1"}`."""
        issued_at = int(self.clock.moment.timestamp())
        headers = bearer(**{"iat": issued_at, "exp": issued_at + 3600} | as_) | request.pop("headers", {})
        return await self.client.request(method, path, headers=headers, **request)


@asynccontextmanager
async def running_service(
    name: str,
    settings: type[ServiceSettings],
    folder: Path,
    api: Callable[[Runtime[Any]], FastAPI],
    *,
    database: str,
    clock: StandingClock | None = None,
    **further: Any,
) -> AsyncIterator[RunningService]:
    """Make `database` what the migrations in `folder` make of one, and serve the doors of `api` over it."""
    clock = clock or StandingClock()
    await migrate(folder, database)
    given = settings(
        database_url=database,
        bus_database_url=further.pop("bus_database_url", database),
        token_keys="unused",
        person_key_secret=PERSON_KEY_SECRET,
        database_pool_size=5,
        **further,
    )
    runtime = dataclasses.replace(Runtime.of(name, given, clock=clock), authenticator=authenticator(clock))
    async with runtime:
        transport = httpx.ASGITransport(app=api(runtime), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
            yield RunningService(runtime, client, clock)
