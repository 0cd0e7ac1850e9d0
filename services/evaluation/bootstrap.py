"""Builds the evaluation service from its settings: the only place that knows what stands behind each part."""

from pathlib import Path

from fastapi import FastAPI

from services.evaluation.api import router
from services.evaluation.api.loading import GROWTH_PATH, OBSERVATIONS_PATH
from services.evaluation.api.roster import IMPORTS_PATH
from services.evaluation.schemas.rules import read_grid, read_rubrics
from services.evaluation.service.importing import RosterRules
from services.evaluation.settings import Settings
from shared.messaging.worker import Loop
from shared.runtime import Runtime
from shared.web.app import About, Edges, create_app

NAME = "evaluation"
_FOLDER = Path(__file__).parent
MIGRATIONS = _FOLDER / "migrations"
RUBRICS = _FOLDER / "rubrics"
TESTED_GRID = _FOLDER / "policy" / "rules" / "staar-1.yaml"
ABOUT = About(
    service=NAME,
    title="Rung evaluation",
    version="1.0.0",
    description="The roster, observations on the H-TESS rubric, student growth, and summative ratings.",
)
_MIB = 1024 * 1024
_BODY_LIMITS = {IMPORTS_PATH: 50 * _MIB, OBSERVATIONS_PATH: 64 * _MIB, GROWTH_PATH: 16 * _MIB}


def api(runtime: Runtime[Settings]) -> FastAPI:
    """The service's doors. Raises ValueError where a rubric or the tested grid cannot be used."""
    app = create_app(
        ABOUT,
        [router],
        authenticator=runtime.authenticator,
        ready_checks={"database": runtime.check_database},
        edges=Edges(body_limits={f"/{NAME}/v1{path}": limit for path, limit in _BODY_LIMITS.items()}),
    )
    app.state.engine = runtime.engine
    app.state.clock = runtime.clock
    app.state.rubrics = read_rubrics(RUBRICS)
    secret = runtime.settings.person_key_secret.get_secret_value().encode()
    app.state.roster_rules = RosterRules(read_grid(TESTED_GRID), secret)
    return app


def loops(runtime: Runtime[Settings]) -> dict[str, Loop]:
    """The service's background work: it publishes, and consumes nothing."""
    return {"evaluation relay": runtime.relay().run, "evaluation answers": runtime.forget_answers}
