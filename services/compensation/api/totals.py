"""What payroll pulls at any time: where every educator stands, as pages, as a stream of lines, or as CSV."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.compensation.api.forms import CSV, LINES_CONTENT, NDJSON, csv_stream, preferred
from services.compensation.schemas.ledger import BonusTotal
from services.compensation.service import reading as service
from shared.events.types import SchoolYearLabel
from shared.kernel.money import format_cents
from shared.web.auth import Principal, Role, require
from shared.web.pagination import BadCursor, Cursor, Page, Paging, link_next
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["payroll"])

TotalsReader = Annotated[Principal, require(Role.PAYROLL, Role.HR, Role.ADMIN)]
_COLUMNS = (
    "educator_id",
    "employee_number",
    "plan_year",
    "district_id",
    "campus_id",
    "rung",
    "total",
    "currency",
    "sequence",
    "statement_hash",
    "plan_version_id",
)


@router.get(
    "/bonus-totals",
    summary="Bonus totals of a plan year",
    response_model=Page[BonusTotal],
    responses={
        **responses(BadCursor),
        200: {
            "description": "A page; or all totals at once by `Accept: application/x-ndjson` or `text/csv`.",
            "content": LINES_CONTENT,
        },
    },
)
async def list_bonus_totals(
    plan_year: Annotated[SchoolYearLabel, Query()],
    _principal: TotalsReader,
    connection: Reading,
    paging: Paging,
    request: Request,
    response: Response,
    accept: Annotated[str, Header()] = "application/json",
) -> Response:
    """Earned so far by the statements as they stand. What is paid goes through payout batches."""
    chosen = preferred(accept)
    if chosen in (NDJSON, CSV):
        lines = _ndjson if chosen == NDJSON else _csv
        return StreamingResponse(lines(request, plan_year), media_type=chosen)
    after = paging.after.as_uuid() if paging.after else None
    rows = await service.totals_page(connection, plan_year, after=after, limit=paging.fetch)
    kept, following = paging.cut(rows, lambda row: Cursor("", str(row.educator_id)))
    link_next(request, response, following)
    page = {"items": [_item(row) for row in kept], "next": following}
    return Response(orjson.dumps(page), media_type="application/json", headers=response.headers)


def _item(row: Any) -> dict[str, Any]:
    """A `BonusTotal` as it is sent: a page has a hundred, and building that many models takes longer than all else."""
    return {
        "educator_id": row.educator_id,
        "employee_number": row.employee_number,
        "plan_year": row.plan_year,
        "district_id": row.district_id,
        "campus_id": row.campus_id,
        "rung": row.rung,
        "components": {code: format_cents(cents) for code, cents in orjson.loads(row.components).items()},
        "total": {"amount": format_cents(row.total_cents), "currency": "USD"},
        "sequence": row.sequence,
        "statement_hash": row.statement_hash,
        "plan_version_id": row.plan_version_id,
    }


async def _ndjson(request: Request, plan_year: str) -> AsyncIterator[bytes]:
    # The stream outlives the request's transaction, so it reads in one of its own: one moment for all lines.
    async with request.app.state.engine.connect() as connection:
        async for row in service.totals_stream(connection, plan_year):
            yield orjson.dumps(_item(row), default=str, option=orjson.OPT_APPEND_NEWLINE)


async def _csv(request: Request, plan_year: str) -> AsyncIterator[bytes]:
    async with request.app.state.engine.connect() as connection:
        async for chunk in csv_stream(_COLUMNS, _cells(service.totals_stream(connection, plan_year))):
            yield chunk


async def _cells(rows: AsyncIterator[Any]) -> AsyncIterator[list[Any]]:
    async for row in rows:
        yield [
            row.educator_id,
            row.employee_number,
            row.plan_year,
            row.district_id,
            row.campus_id,
            row.rung,
            format_cents(row.total_cents),
            "USD",
            row.sequence,
            row.statement_hash,
            row.plan_version_id,
        ]
