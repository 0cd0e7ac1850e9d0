"""The doors for a season's work at once: finalized observations as NDJSON, growth scores as CSV."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request

from services.evaluation.api.uploads import CSV, NDJSON, inlined_schema, require_media_type, spooled
from services.evaluation.domain.line_faults import LineFaults
from services.evaluation.errors import LinesRefused
from services.evaluation.schemas.past import (
    GROWTH_COLUMNS,
    PastObservationLine,
    read_growth_lines,
    read_past_observations,
)
from services.evaluation.schemas.rest import LoadView
from services.evaluation.service import loading
from services.evaluation.service.loading import LoadReport
from shared.web.auth import Principal, Role, require
from shared.web.errors import UnsupportedMediaType
from shared.web.problems import responses

router = APIRouter(tags=["loading"])

OBSERVATIONS_PATH = "/observations/bulk"
GROWTH_PATH = "/growth-scores"
_PAST_OBSERVATION = {
    "external_id": "obs-000001",
    "employee_number": "E100001",
    "campus": "C001",
    "observed_on": "2020-10-14",
    "kind": "formal",
    "announced": True,
    "appraiser_employee_number": "E100002",
    "rubric": "h-tess",
    "rubric_version": 1,
    "finalized_at": "2020-10-15T16:00:00Z",
    "scores": [{"dimension": "student_engagement", "level": 3, "evidence": "Every group presented its result."}],
}
Loader = Annotated[Principal, require(Role.HR, Role.ADMIN)]


@router.post(
    OBSERVATIONS_PATH,
    summary="Load finalized observations, all of them or none",
    responses=responses(LinesRefused, UnsupportedMediaType),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "NDJSON: one observation as JSON on each line, up to 64 MiB.",
            "content": {
                NDJSON: {
                    "schema": inlined_schema(PastObservationLine),
                    "examples": {"one": {"value": _PAST_OBSERVATION}},
                }
            },
        }
    },
)
async def load_observations(principal: Loader, request: Request) -> LoadView:
    """Every broken line is named with its field, and nobody loads what is about themselves. A line sent again
    (`external_id`) changes nothing; the same `external_id` with other content is refused: amend that observation."""
    require_media_type(request, NDJSON)
    state = request.app.state
    faults = LineFaults()
    async with spooled(request) as upload, state.engine.begin() as connection:
        batches = read_past_observations(upload.file, faults)
        report = await loading.load_observations(
            connection, state.clock, batches, faults, by=principal, book=state.rubrics
        )
    return _view(report)


@router.post(
    GROWTH_PATH,
    summary="Load growth scores, all of them or none",
    responses=responses(LinesRefused, UnsupportedMediaType),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": f"CSV with the header {','.join(GROWTH_COLUMNS)}, up to 16 MiB.",
            "content": {
                CSV: {
                    "schema": {"type": "string"},
                    "examples": {
                        "growth": {"value": f"{','.join(GROWTH_COLUMNS)}\r\n100001,2020-21,nwea-map,63.5,48\r\n"}
                    },
                }
            },
        }
    },
)
async def load_growth_scores(principal: Loader, request: Request) -> LoadView:
    """Every broken line is named with its column, and nobody loads their own. The same percentage again changes
    nothing; another one for the same educator, year and measure is a new version."""
    require_media_type(request, CSV)
    state = request.app.state
    lines = await asyncio.to_thread(read_growth_lines, await request.body())
    async with state.engine.begin() as connection:
        report = await loading.load_growth_scores(connection, state.clock, lines, by=principal)
    return _view(report)


def _view(report: LoadReport) -> LoadView:
    return LoadView(received=report.received, added=report.added, changed=report.changed, unchanged=report.unchanged)
