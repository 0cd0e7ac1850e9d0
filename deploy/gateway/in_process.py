"""A service in the gateway's own process: the embedded engine's way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send


class InProcess:
    """The doors of a service, called without a socket."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The application's own lifespan."""
        async with self._app.router.lifespan_context(self._app):
            yield

    async def check(self) -> None:
        """Raises httpx.HTTPStatusError where the service says that it is not ready."""
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://in-process") as client:
            (await client.get("/readyz")).raise_for_status()
