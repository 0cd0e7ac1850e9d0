"""What-ifs: another plan or changed facts on everybody, before anyone is promised anything."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.compensation.api.callers import Office
from services.compensation.api.what_if_chart import chart
from services.compensation.domain import WhatIfOutcome
from services.compensation.errors import (
    ChangesInvalid,
    PlanInvalid,
    PlanOfAnotherYear,
    PlanUnreadable,
    PlanVersionUnknown,
    WhatIfNotDone,
    WhatIfsOfSeveralYears,
    WhatIfUnknown,
    WhatIfWithoutPlan,
)
from services.compensation.schemas.what_ifs import WhatIfRequest, WhatIfRowView, WhatIfsBeside, WhatIfView
from services.compensation.service import what_ifs as service
from shared.events.types import SchoolYearLabel
from shared.kernel.money import format_cents
from shared.web.lines import CSV, LINES, NDJSON, csv_lines, ndjson, preferred
from shared.web.once import NOT_ONCE, OnceCall
from shared.web.pagination import BadCursor, Cursor, Page, Paging, link_next
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["what-ifs"], prefix="/what-ifs")

_SVG = "image/svg+xml"
_COLUMNS = (
    "educator_id",
    "role",
    "subject_group",
    "district_id",
    "campus_id",
    "rung_before",
    "rung_after",
    "total_before",
    "total_after",
    "difference",
    "currency",
    "gates_crossed_up",
    "gates_crossed_down",
)


async def _filter(
    outcome: Annotated[WhatIfOutcome | None, Query(description="Those who gain, lose, or neither.")] = None,
    gate: Annotated[
        str | None, Query(pattern=r"^[a-z][a-z0-9_-]{0,62}$", description="Those who cross this gate, either way.")
    ] = None,
    campus_id: Annotated[UUID | None, Query(description="Those of this campus.")] = None,
) -> service.Filter:
    return service.Filter(outcome, gate, campus_id)


Filter = Annotated[service.Filter, Depends(_filter)]
WhatIfId = Annotated[UUID, Path()]


@router.post(
    "",
    status_code=202,
    summary="Ask what a plan or changed facts would come to for everybody",
    response_model=WhatIfView,
    responses=responses(
        PlanVersionUnknown,
        PlanUnreadable,
        PlanInvalid,
        PlanOfAnotherYear,
        ChangesInvalid,
        WhatIfWithoutPlan,
        *NOT_ONCE,
    ),
)
async def ask_what_if(body: WhatIfRequest, _principal: Office, call: OnceCall) -> Response:
    """Run in the background on everybody's facts as of one moment, beside the plan that stands; look at it again until
    it is done. Touches no statement, ledger or batch. The faults of a document and of changes are told as when a plan
    is written.
    """

    async def asked() -> WhatIfView:
        question = service.Question(
            body.title, body.plan_year, body.plan_version_id, body.document, changes=body.changes
        )
        return WhatIfView.of(await service.ask(call.connection, call.clock, question, by=call.by))

    return await call.once(asked, status=202)


@router.get("", summary="What-ifs, the newest first, without their summaries", responses=responses(BadCursor))
async def list_what_ifs(
    _principal: Office,
    connection: Reading,
    paging: Paging,
    request: Request,
    response: Response,
    plan_year: Annotated[SchoolYearLabel | None, Query()] = None,
) -> Page[WhatIfView]:
    before = paging.after.as_uuid() if paging.after else None
    found = await service.page(connection, plan_year=plan_year, before=before, limit=paging.fetch)
    kept, following = paging.cut(found, lambda one: Cursor("", str(one.id)))
    link_next(request, response, following)
    return Page(items=[WhatIfView.of(one) for one in kept], next=following)


@router.get(
    "/compare",
    summary="Up to five what-ifs of one year side by side",
    responses=responses(WhatIfUnknown, WhatIfNotDone, WhatIfsOfSeveralYears),
)
async def compare_what_ifs(
    _principal: Office,
    connection: Reading,
    ids: Annotated[list[UUID], Query(min_length=1, max_length=5, description="Once for each: `ids=...&ids=...`.")],
) -> WhatIfsBeside:
    return WhatIfsBeside.of(await service.several_done(connection, ids))


@router.get(
    "/{what_if_id}", summary="A what-if: how far it has come, and its summary", responses=responses(WhatIfUnknown)
)
async def get_what_if(what_if_id: WhatIfId, _principal: Office, connection: Reading) -> WhatIfView:
    return WhatIfView.of(await service.what_if(connection, what_if_id), with_summary=True)


@router.get(
    "/{what_if_id}/rows",
    summary="What it comes to for each educator",
    response_model=Page[WhatIfRowView],
    responses={
        **responses(WhatIfUnknown, WhatIfNotDone, BadCursor),
        200: {
            "description": "A page; or all rows at once by `Accept: application/x-ndjson` or `text/csv`.",
            "content": LINES,
        },
    },
)
async def list_what_if_rows(
    what_if_id: WhatIfId,
    _principal: Office,
    connection: Reading,
    asked: Filter,
    paging: Paging,
    request: Request,
    response: Response,
    accept: Annotated[str, Header()] = "application/json",
) -> Response:
    """In the order of the educators' ids."""
    chosen = preferred(accept)
    if chosen in (NDJSON, CSV):
        found = await service.done(connection, what_if_id)
        components = [line["key"] for line in (found.summary or {})["components"]]
        rows = _all_rows(request, what_if_id, asked)
        lines = csv_lines(_columns(components), _cells(rows, components)) if chosen == CSV else ndjson(_items(rows))
        return StreamingResponse(lines, media_type=chosen)
    after = paging.after.as_uuid() if paging.after else None
    page = await service.rows_page(connection, what_if_id, asked, after=after, limit=paging.fetch)
    kept, following = paging.cut(page, lambda row: Cursor("", str(row.educator_id)))
    link_next(request, response, following)
    answer = Page[WhatIfRowView](items=[WhatIfRowView.of(row) for row in kept], next=following)
    return Response(answer.model_dump_json(), media_type="application/json", headers=response.headers)


@router.get(
    "/{what_if_id}/chart.svg",
    summary="The distribution of totals and of differences, as a picture",
    response_class=Response,
    responses={
        **responses(WhatIfUnknown, WhatIfNotDone),
        200: {"description": "The chart.", "content": {_SVG: {"schema": {"type": "string"}}}},
    },
)
async def draw_what_if(what_if_id: WhatIfId, _principal: Office, connection: Reading) -> Response:
    """The same bytes each time."""
    found = await service.done(connection, what_if_id)
    return Response(chart(found), media_type=_SVG)


async def _all_rows(request: Request, what_if_id: UUID, asked: service.Filter) -> AsyncIterator[Sequence[Any]]:
    # The stream outlives the request's connection, so it reads by one of its own.
    async with request.app.state.engine.connect() as connection:
        async for block in service.rows_stream(connection, what_if_id, asked):
            yield block


async def _items(blocks: AsyncIterator[Sequence[Any]]) -> AsyncIterator[list[dict[str, Any]]]:
    async for block in blocks:
        yield [WhatIfRowView.of(row).model_dump(mode="json") for row in block]


def _columns(components: list[str]) -> list[str]:
    return [*_COLUMNS, *(f"{side}.{code}" for side in ("before", "after") for code in components)]


async def _cells(blocks: AsyncIterator[Sequence[Any]], components: list[str]) -> AsyncIterator[list[list[object]]]:
    async for block in blocks:
        yield [_row_cells(row, components) for row in block]


def _row_cells(row: Any, components: list[str]) -> list[object]:
    """An amount is empty where no plan stood, or where that plan has no such component."""
    amounts = [orjson.loads(told) if told else {} for told in (row.components_before, row.components_after)]
    return [
        row.educator_id,
        row.role,
        row.subject_group,
        row.district_id,
        row.campus_id,
        row.rung_before,
        row.rung_after,
        None if row.total_before_cents is None else format_cents(row.total_before_cents),
        format_cents(row.total_after_cents),
        format_cents(row.difference_cents),
        "USD",
        " ".join(row.gates_crossed_up),
        " ".join(row.gates_crossed_down),
        *(format_cents(of_side[code]) if code in of_side else None for of_side in amounts for code in components),
    ]
