"""The frozen lines of a payout batch, as payroll pulls them: NDJSON, CSV, or records of one length by a layout."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.compensation.api.payouts import BatchReader
from services.compensation.domain import PayoutBatch
from services.compensation.errors import LayoutUnknown, PayoutBatchUnknown, ValueDoesNotFit
from services.compensation.policy.layouts import Layout
from services.compensation.policy.payout_lines import LINE_KEYS
from services.compensation.schemas.payouts import LayoutView
from services.compensation.service import exports
from services.compensation.service import payouts as service
from shared.db.direct import reading
from shared.web.conditional import IfNoneMatch, is_not_modified, not_modified
from shared.web.lines import CSV, LINES, NDJSON, csv_lines, preferred
from shared.web.problems import responses
from shared.web.transaction import Transaction

router = APIRouter(tags=["payouts"])

TEXT = "text/plain"


@router.get("/payout-layouts", summary="The fixed-width layouts that the lines of a batch can be pulled in")
async def list_payout_layouts(_principal: BatchReader, request: Request) -> list[LayoutView]:
    return [
        LayoutView(
            code=layout.code, title=layout.title, record_length=layout.record_length, illustrative=layout.illustrative
        )
        for layout in _layouts(request).values()
    ]


@router.get(
    "/payout-batches/{batch_id}/lines",
    summary="The frozen lines, one JSON object a line, as CSV, or by a layout: the same bytes at every pull",
    response_class=Response,
    responses={
        **responses(PayoutBatchUnknown, LayoutUnknown, ValueDoesNotFit),
        200: {"description": "The lines.", "content": {**LINES, TEXT: {"schema": {"type": "string"}}}},
        304: {"description": "These are the lines you have."},
    },
)
async def pull_payout_lines(
    batch_id: UUID,
    principal: BatchReader,
    connection: Transaction,
    request: Request,
    accept: Annotated[str, Header()] = NDJSON,
    layout: Annotated[
        str | None, Query(description="Code of a layout: GET /payout-layouts lists them. Goes before `Accept`.")
    ] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """NDJSON is what the batch's content hash is of, and its ETag; the other forms are made of these bytes alone."""
    batch = await service.visible_batch(connection, batch_id, principal)
    chosen = None if layout is None else _layout(request, layout)
    form = CSV if chosen is None and preferred(accept) == CSV else NDJSON
    tag = _tag(batch, form, chosen)
    if is_not_modified(if_none_match, tag):
        return not_modified(tag)
    headers = {"ETag": tag, "Vary": "Accept"}
    if chosen is not None:
        content = await exports.by_layout(connection, batch, chosen)
        media_type = f"{TEXT}; charset={'us-ascii' if chosen.encoding == 'ascii' else 'iso-8859-1'}"
        await service.note_pull(connection, request.app.state.clock, batch, principal)
        return Response(content, media_type=media_type, headers=headers)
    await service.note_pull(connection, request.app.state.clock, batch, principal)
    pieces = csv_lines(LINE_KEYS, _rows(request, batch)) if form == CSV else _pieces(request, batch)
    return StreamingResponse(pieces, media_type=form, headers=headers)


def _layouts(request: Request) -> Mapping[str, Layout]:
    layouts: Mapping[str, Layout] = request.app.state.layouts
    return layouts


def _layout(request: Request, code: str) -> Layout:
    found = _layouts(request).get(code)
    if found is None:
        raise LayoutUnknown(f"there is no layout {code!r}: choose one of {', '.join(_layouts(request))}")
    return found


def _tag(batch: PayoutBatch, form: str, layout: Layout | None) -> str:
    """The content hash, and of another form which: a layout that is changed makes other bytes."""
    if layout is not None:
        digest = hashlib.sha256(layout.model_dump_json().encode()).hexdigest()
        return f'"{batch.content_hash}.{layout.code}.{digest[:16]}"'
    return f'"{batch.content_hash}{".csv" if form == CSV else ""}"'


# A stream outlives the request's transaction, so it reads by a connection of its own; what it reads never changes.
async def _pieces(request: Request, batch: PayoutBatch) -> AsyncIterator[bytes]:
    async with reading(request.app.state.engine) as connection:
        async for piece in service.frozen_lines(connection, batch.id):
            yield piece


async def _rows(request: Request, batch: PayoutBatch) -> AsyncIterator[list[list[Any]]]:
    async with reading(request.app.state.engine) as connection:
        async for documents in exports.documents(connection, batch):
            yield [[_cell(line.get(key)) for key in LINE_KEYS] for line in documents]


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
