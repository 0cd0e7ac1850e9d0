"""Builds the compensation service from its settings: the only place that knows what stands behind each part."""

import asyncio
from pathlib import Path

from fastapi import FastAPI

from services.compensation.api import ROUTERS
from services.compensation.handlers import EVENTS, TOPICS, handler
from services.compensation.policy.plan_book import PlanBook
from services.compensation.service.recalculation import recalculate_next
from services.compensation.settings import Settings
from shared.messaging.consumer import Consumer
from shared.messaging.worker import Loop
from shared.runtime import Runtime
from shared.web.app import About, create_app

NAME = "compensation"
MIGRATIONS = Path(__file__).parent / "migrations"
ABOUT = About(
    service=NAME,
    title="Rung compensation",
    version="1.0.0",
    description="Plans, ladder, bonus statements with a reason for every cent, ledger, payout batches.",
)
_IDLE_SECONDS = 0.5


def api(runtime: Runtime[Settings]) -> FastAPI:
    """The service's doors."""
    app = create_app(
        ABOUT,
        ROUTERS,
        authenticator=runtime.authenticator,
        ready_checks={"database": runtime.check_database},
    )
    app.state.engine = runtime.engine
    app.state.clock = runtime.clock
    return app


def consumer(runtime: Runtime[Settings]) -> Consumer:
    """The event path: facts in, statements and ledger out."""
    return Consumer(
        name=NAME,
        engine=runtime.engine,
        bus=runtime.bus,
        topics=TOPICS,
        events=EVENTS,
        handle=handler(runtime.clock, PlanBook()),
        clock=runtime.clock,
    )


def recalculator(runtime: Runtime[Settings]) -> Loop:
    """Decides everybody anew after a plan was published."""
    book = PlanBook()

    async def run() -> None:
        while True:
            async with runtime.engine.begin() as connection:
                done = await recalculate_next(connection, runtime.clock, book)
            if done is None:
                await asyncio.sleep(_IDLE_SECONDS)

    return run


def loops(runtime: Runtime[Settings]) -> dict[str, Loop]:
    """The service's background work."""
    return {
        "compensation relay": runtime.relay().run,
        "compensation consumer": consumer(runtime).run,
        "compensation recalculator": recalculator(runtime),
    }
