"""One service as processes of its own: an API, and a worker with the same health and metrics addresses."""

import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from shared.db.engine import ANSWER_SECONDS, TRANSACTION_SECONDS, end_long_transactions, expect_answers
from shared.messaging.worker import Loop, running
from shared.runtime import Runtime, S
from shared.settings import ServiceSettings
from shared.web.app import About, create_app
from shared.web.logging import configure_logging


def worker_app(runtime: Runtime[S], about: About, loops: Mapping[str, Loop]) -> FastAPI:
    """A worker seen from outside: it serves `/livez`, `/readyz` and `/metrics` while `loops` run."""

    end_long_transactions(runtime.engine, seconds=TRANSACTION_SECONDS)
    expect_answers(runtime.engine, seconds=ANSWER_SECONDS)

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
    """Take what exists now, which lives as long as the process, out of the garbage collector's rounds, and make the
    rounds rarer: a batch makes a million objects and hardly a cycle.

    Call it once everything is built. Measured with rounds after 10,000 objects: loading 16,823 observations takes 3.0 s
    of processor time and not 4.6, an event of a backlog 260 microseconds and not 355; after 50,000, 9 % less again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


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
