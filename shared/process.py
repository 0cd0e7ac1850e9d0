"""One service as processes of its own: an API, and a worker with the same health and metrics addresses."""

import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from shared.messaging.worker import Loop, running
from shared.runtime import Runtime, S
from shared.settings import ServiceSettings
from shared.web.app import About, create_app
from shared.web.logging import configure_logging


def worker_app(runtime: Runtime[S], about: About, loops: Mapping[str, Loop]) -> FastAPI:
    """A worker seen from outside: it serves `/livez`, `/readyz` and `/metrics` while `loops` run."""

    @asynccontextmanager
    async def work(_app: FastAPI) -> AsyncIterator[None]:
        async with runtime, running(loops):
            yield

    return create_app(
        about,
        [],
        authenticator=runtime.authenticator,
        ready_checks={"database": runtime.check_database, "bus": runtime.bus.check},
        lifespan=work,
    )


def settle_memory() -> None:
    """Take what exists now, which lives as long as the process, out of the garbage collector's rounds.

    Call it once everything is built: measured on loading 16,823 observations, 4.6 s of CPU become 3.0.
    """
    gc.collect()
    gc.freeze()


def serve(app: FastAPI, about: About, settings: ServiceSettings) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way."""
    configure_logging(about.service)
    settle_memory()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
    )
