"""What payroll pulls at any time: where every educator stands, as pages, as a stream of lines, or as CSV."""

from collections.abc import AsyncIterator, Sequence
from functools import lru_cache
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.compensation.schemas.ledger import BonusTotal
from services.compensation.service import reading as service
from shared.events.types import SchoolYearLabel
from shared.kernel.money import format_cents
from shared.web.auth import Principal, Role, require
from shared.web.lines import CSV, LINES, NDJSON, csv_lines, ndjson, preferred
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
            "content": LINES,
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
        lines = csv_lines(_COLUMNS, _cells(request, plan_year)) if chosen == CSV else ndjson(_items(request, plan_year))
        return StreamingResponse(lines, media_type=chosen)
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
        "components": _components(row.components),
        "total": {"amount": format_cents(row.total_cents), "currency": "USD"},
        "sequence": row.sequence,
        "statement_hash": row.statement_hash,
        "plan_version_id": row.plan_version_id,
    }


@lru_cache(maxsize=4_096)
def _components(cents: str) -> orjson.Fragment:
    """Amounts by component, written out: few of them differ."""
    amounts = {code: format_cents(of_it) for code, of_it in orjson.loads(cents).items()}
    return orjson.Fragment(orjson.dumps(amounts))


# A stream outlives the request's transaction, so it reads in one of its own: one moment for all lines.
async def _items(request: Request, plan_year: str) -> AsyncIterator[list[dict[str, Any]]]:
    async with request.app.state.engine.connect() as connection:
        async for rows in service.totals_stream(connection, plan_year):
            yield [_item(row) for row in rows]


async def _cells(request: Request, plan_year: str) -> AsyncIterator[list[Sequence[Any]]]:
    async with request.app.state.engine.connect() as connection:
        async for rows in service.totals_stream(connection, plan_year):
            yield [
                (
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
                )
                for row in rows
            ]
