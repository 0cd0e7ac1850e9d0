"""The stream of changes for screens: server-sent events that resume where the listener left off."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from services.compensation.service import reading as service
from shared.web.auth import CurrentPrincipal, NotYours, Role
from shared.web.errors import MalformedRequest
from shared.web.problems import responses

router = APIRouter(tags=["changes"])

_BATCH = 200
_PAUSE_SECONDS = 0.25
_HEARTBEAT_SECONDS = 15.0


@router.get(
    "/changes",
    summary="Recalculated statements as they happen (server-sent events)",
    response_class=StreamingResponse,
    responses={
        **responses(NotYours, MalformedRequest),
        200: {
            "description": "`id` is the place in the stream, `event` is `statement.recalculated`, `data` the event.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
)
async def stream_changes(
    principal: CurrentPrincipal,
    request: Request,
    educator_id: Annotated[UUID | None, Query(description="Only this educator's changes.")] = None,
    last_event_id: Annotated[str | None, Header(description="Place to go on from; now, without it.")] = None,
) -> StreamingResponse:
    """HR, payroll and administrators may listen to all; an educator to their own. Nothing is skipped on resuming."""
    if not principal.has_any(Role.HR, Role.PAYROLL, Role.ADMIN):
        educator_id = educator_id or principal.educator_id
        if educator_id is None or not principal.is_educator(educator_id):
            raise NotYours("only your own changes: give your educator_id, or ask with the role hr")
    if last_event_id is not None and not (last_event_id.isdecimal() and len(last_event_id) < 19):
        raise MalformedRequest("Last-Event-ID is not a place of this stream: send the last `id` received, or nothing.")
    async with request.app.state.engine.connect() as connection:
        last = await service.last_change(connection)
    place = int(last_event_id) if last_event_id is not None else last
    if place > last:
        raise MalformedRequest(
            "Last-Event-ID is beyond the end of this stream, so it is of another one: read anew what you show, and "
            "listen without Last-Event-ID."
        )
    return StreamingResponse(_events(request, place, educator_id), media_type="text/event-stream")


async def _events(request: Request, place: int, educator_id: UUID | None) -> AsyncIterator[bytes]:
    engine = request.app.state.engine
    quiet_seconds = 0.0
    yield f"retry: 1000\nid: {place}\n\n".encode()
    while not await request.is_disconnected():
        async with engine.connect() as connection:
            last = await service.last_change(connection)
            rows = (
                await service.changes_after(connection, place, educator_id=educator_id, limit=_BATCH)
                if last > place
                else ()
            )
        for row in rows:
            place = row.published_seq
            yield f"id: {place}\nevent: statement.recalculated\ndata: {row.data}\n\n".encode()
        if rows:
            quiet_seconds = 0.0
            continue
        # None of the changes up to `last` is for this listener: they are not looked through again.
        place = last
        await asyncio.sleep(_PAUSE_SECONDS)
        quiet_seconds += _PAUSE_SECONDS
        if quiet_seconds >= _HEARTBEAT_SECONDS:
            quiet_seconds = 0.0
            yield b": still here\n\n"
