"""The door for past years: SLOs from a district's own system, a line each."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Request

from services.slo.errors import ExternalIdTaken, PersonNotOnRoster, SloLinesMalformed
from services.slo.schemas.past import PastSloLine, read_past_slos
from services.slo.schemas.rest import LoadReceipt
from services.slo.service import loading
from services.slo.service.access import READERS_OF_ALL
from shared.web.auth import Principal, require
from shared.web.errors import UnsupportedMediaType
from shared.web.problems import responses

router = APIRouter(tags=["loading"])

NDJSON = "application/x-ndjson"
BULK_PATH = "/slos/bulk"
Loader = Annotated[Principal, require(*READERS_OF_ALL)]


def _line_schema() -> dict[str, Any]:
    """The schema of a line; what it refers to stands among the document's own components already."""
    schema = PastSloLine.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema


@router.post(
    BULK_PATH,
    summary="Load SLOs of past years, all of them or none",
    responses=responses(SloLinesMalformed, PersonNotOnRoster, ExternalIdTaken, UnsupportedMediaType),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "NDJSON: one SLO as JSON on each line, up to 32 MiB.",
            "content": {NDJSON: {"schema": _line_schema()}},
        }
    },
)
async def load_past_slos(principal: Loader, request: Request) -> LoadReceipt:
    """Each line is published in the state that the SLO ended in. Sending the same lines again changes nothing."""
    sent = request.headers.get("content-type", "")
    if sent.partition(";")[0].strip().lower() != NDJSON:
        raise UnsupportedMediaType(
            f"The body was sent as {sent or 'nothing that says its type'}: send one JSON object a line, with the "
            f"header Content-Type: {NDJSON}."
        )
    body = await request.body()
    state = request.app.state
    # In a thread: a large upload takes long enough to read to keep every other call waiting.
    lines = await asyncio.to_thread(read_past_slos, body)
    async with state.engine.begin() as connection:
        loaded = await loading.load_slos(connection, state.clock, principal=principal, rules=state.rules, lines=lines)
    return LoadReceipt(lines=loaded.lines, created=loaded.created, unchanged=loaded.unchanged)
