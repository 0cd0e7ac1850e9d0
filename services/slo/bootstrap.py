"""Builds the slo service from its settings: the only place that knows what stands behind each part."""

from pathlib import Path

import yaml
from fastapi import FastAPI

from services.slo.api import router
from services.slo.api.loading import BULK_PATH
from services.slo.handlers import EVENTS, TOPICS, on_events
from services.slo.policy import ApprovalRubric
from services.slo.service.loading import LoadRules
from services.slo.settings import Settings
from shared.messaging.consumer import Consumer
from shared.messaging.worker import Loop
from shared.runtime import Runtime
from shared.web.app import About, Edges, create_app

NAME = "slo"
MIGRATIONS = Path(__file__).parent / "migrations"
ABOUT = About(
    service=NAME,
    title="Rung SLOs",
    version="1.0.0",
    description="Student learning objectives (SLOs): draft, submission, review by rubric, locked targets, score.",
)
_BULK_LIMIT_BYTES = 32 * 1024 * 1024


def api(runtime: Runtime[Settings]) -> FastAPI:
    """The service's doors. Raises ValueError where the approval rubric cannot be used."""
    app = create_app(
        ABOUT,
        [router],
        authenticator=runtime.authenticator,
        ready_checks={"database": runtime.check_database},
        edges=Edges(body_limits={f"/{NAME}/v1{BULK_PATH}": _BULK_LIMIT_BYTES}),
    )
    app.state.engine = runtime.engine
    app.state.clock = runtime.clock
    settings = runtime.settings
    secret = settings.person_key_secret.get_secret_value().encode()
    app.state.rules = LoadRules(read_rubric(settings.approval_rubric), secret)
    return app


def read_rubric(path: Path) -> ApprovalRubric:
    """The approval rubric of a YAML document. Raises ValueError where it does not fit together."""
    return ApprovalRubric.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def consumer(runtime: Runtime[Settings]) -> Consumer:
    """Learns from the roster who people are."""
    return Consumer(
        name=NAME,
        engine=runtime.engine,
        bus=runtime.bus,
        topics=TOPICS,
        events=EVENTS,
        handle=on_events,
        clock=runtime.clock,
    )


def loops(runtime: Runtime[Settings]) -> dict[str, Loop]:
    """The service's background work."""
    return {
        "slo relay": runtime.relay().run,
        "slo consumer": consumer(runtime).run,
        "slo answers": runtime.forget_answers,
    }
