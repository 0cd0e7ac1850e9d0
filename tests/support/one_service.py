"""One service behind the gateway, as it is outside tests but alone, for callers who come through a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from deploy.gateway import InProcess, create_gateway
from deploy.services import bootstrap_of, settings_of
from shared.db import migrations
from shared.runtime import Runtime


class _Service(InProcess):
    """A service whose runtime is closed with it."""

    def __init__(self, name: str, runtime: Runtime[Any]) -> None:
        super().__init__(bootstrap_of(name).api(runtime))
        self._runtime = runtime

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self._runtime, super().running():
            yield


def gateway_to(name: str, database_url: str, *, token_keys: Path, **further: Any) -> ASGIApp:
    """The service `name` on an empty database, which is migrated; it knows the issuer of `token_keys`."""
    migrations.upgrade(bootstrap_of(name).MIGRATIONS, database_url)
    settings = settings_of(name).model_validate(
        {
            "database_url": database_url,
            "bus_database_url": database_url,
            "token_keys": str(token_keys),
            "person_key_secret": "a secret for tests, long enough",
            **further,
        }
    )
    return create_gateway({name: _Service(name, Runtime.of(name, settings))})
