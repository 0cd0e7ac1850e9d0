"""The gateway's application: which request goes to which service, and the addresses of its own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.gateway.documents import Documents, documents_router
from deploy.gateway.pages import mount_pages
from deploy.services import know_all_problems
from shared.web.app import problem_router
from shared.web.edge import Edge
from shared.web.health import ReadyChecks, health_router
from shared.web.problems import install_problems


class Backend(Protocol):
    """One service, wherever it runs."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request as an ASGI application does."""
        ...

    def running(self) -> AbstractAsyncContextManager[None]:
        """Held open while requests may come."""
        ...

    async def check(self) -> None:
        """For readiness: raises where the service is not ready."""
        ...


def create_gateway(
    backends: Mapping[str, Backend],
    *,
    routers: Sequence[APIRouter] = (),
    ready_checks: ReadyChecks | None = None,
    token_url: str | None = None,
) -> ASGIApp:
    """The ASGI application in front of `backends` (by service name, the first part of their addresses).

    `routers` are mounted beside them as they are (the local issuer's). `token_url` is where the documentation gets
    tokens, where that is not this gateway's own /oauth/token. Its lifespan opens and closes the backends.
    """
    know_all_problems()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for backend in backends.values():
                await stack.enter_async_context(backend.running())
            yield

    own = FastAPI(
        title="Rung gateway",
        openapi_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    checks = {name: backend.check for name, backend in backends.items()}
    own.include_router(health_router({**checks, **(ready_checks or {})}))
    own.include_router(problem_router())
    own.include_router(documents_router(Documents.stored(token_url=token_url)))
    for router in routers:
        own.include_router(router)
    mount_pages(own)
    install_problems(own, missing_headers={})
    own.add_middleware(Edge, service="gateway", body_limits={})
    return _Gateway(own, backends)


class _Gateway:
    """Sends each request to its service; a service's own layers do there what the edge does here."""

    def __init__(self, own: ASGIApp, backends: Mapping[str, Backend]) -> None:
        self._own = own
        self._backends = dict(backends)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        backend: ASGIApp | None = None
        if scope["type"] == "http":
            backend = self._backends.get(scope["path"].split("/", 2)[1])
        await (backend or self._own)(scope, receive, send)
