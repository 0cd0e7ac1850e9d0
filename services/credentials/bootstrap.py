"""Builds the credentials service from its settings: the only place that knows what stands behind each part."""

from pathlib import Path

from fastapi import FastAPI

from services.credentials.api import router
from services.credentials.handlers import EVENTS, TOPICS, handler
from services.credentials.schemas.providers import Providers
from services.credentials.settings import Settings
from shared.messaging.consumer import Consumer
from shared.messaging.worker import Loop
from shared.runtime import Runtime
from shared.web.app import About, create_app

NAME = "credentials"
MIGRATIONS = Path(__file__).parent / "migrations"
ABOUT = About(
    service=NAME,
    title="Rung credentials",
    version="1.0.0",
    description="Micro-credentials, pathways, and the awards that providers tell of by signed webhook.",
)


def api(runtime: Runtime[Settings]) -> FastAPI:
    """The service's doors."""
    app = create_app(
        ABOUT,
        [router],
        authenticator=runtime.authenticator,
        ready_checks={"database": runtime.check_database},
    )
    app.state.engine = runtime.engine
    app.state.clock = runtime.clock
    secret = runtime.settings.person_key_secret.get_secret_value().encode()
    app.state.providers = Providers(runtime.settings.providers_file, secret)
    return app


def consumer(runtime: Runtime[Settings]) -> Consumer:
    """Learns from the roster who people are."""
    return Consumer(
        name=NAME,
        engine=runtime.engine,
        bus=runtime.bus,
        topics=TOPICS,
        events=EVENTS,
        handle=handler(runtime.clock),
        clock=runtime.clock,
    )


def loops(runtime: Runtime[Settings]) -> dict[str, Loop]:
    """The service's background work."""
    return {
        "credentials relay": runtime.relay().run,
        "credentials consumer": consumer(runtime).run,
        "credentials answers": runtime.forget_answers,
    }
