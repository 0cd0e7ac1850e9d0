"""What an educator sees: statement, ladder, history, ledger."""

from uuid import UUID

import orjson
from fastapi import APIRouter, Response

from services.compensation.api.chosen import Chosen, PlanYear
from services.compensation.errors import StatementAbsent
from services.compensation.schemas.ledger import LedgerEntryView, StatementVersionView
from services.compensation.schemas.parts import Money
from services.compensation.schemas.statement import LadderView, StatementView
from services.compensation.service import reading as service
from shared.web.auth import CurrentPrincipal
from shared.web.conditional import IfNoneMatch, is_not_modified, not_modified
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["statements"], prefix="/educators/{educator_id}")


@router.get(
    "/statement",
    summary="The bonus statement: what, why, why not, what next",
    responses={**responses(StatementAbsent), 304: {"description": "Nothing changed."}},
    response_model=StatementView,
)
async def get_statement(
    educator_id: UUID,
    plan_year: PlanYear,
    principal: CurrentPrincipal,
    connection: Reading,
    chosen: Chosen,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The same facts and the same plan version give the same bytes, whatever order the facts came in.

    `Rung-Statement-Status` says of the standing statement how far it is: it changes with the payouts, the bytes do not.
    """
    statement = await service.statement(connection, educator_id, plan_year, principal, chosen)
    tag = f'"{statement.hash}"'
    headers = {"Rung-Statement-Sequence": str(statement.sequence)}
    if chosen == service.STANDING:
        headers["Rung-Statement-Status"] = (await service.progress(connection, educator_id, plan_year)).status
    if is_not_modified(if_none_match, tag):
        answer = not_modified(tag)
        answer.headers.update(headers)
        return answer
    return Response(statement.body.encode(), media_type="application/json", headers=headers | {"ETag": tag})


@router.get(
    "/ladder",
    summary="The rung, how it was reached, and what the next one asks for",
    responses={**responses(StatementAbsent), 304: {"description": "Nothing changed."}},
    response_model=LadderView,
)
async def get_ladder(
    educator_id: UUID,
    plan_year: PlanYear,
    principal: CurrentPrincipal,
    connection: Reading,
    chosen: Chosen,
    if_none_match: IfNoneMatch = None,
) -> Response:
    statement = await service.statement(connection, educator_id, plan_year, principal, chosen)
    tag = f'"{statement.hash}"'
    if is_not_modified(if_none_match, tag):
        return not_modified(tag)
    body = orjson.loads(statement.body)
    shown = {key: body[key] for key in ("educator_id", "plan_year", "plan", "ladder")}
    return Response(orjson.dumps(shown), media_type="application/json", headers={"ETag": tag})


@router.get(
    "/statement/versions",
    summary="Every statement there was, the first one first",
    responses=responses(StatementAbsent),
)
async def list_statement_versions(
    educator_id: UUID, plan_year: PlanYear, principal: CurrentPrincipal, connection: Reading
) -> list[StatementVersionView]:
    rows = await service.statement_versions(connection, educator_id, plan_year, principal)
    return [
        StatementVersionView(
            sequence=row.sequence,
            total=Money.of(row.total_cents),
            rung=row.rung,
            hash=row.hash,
            plan_version_id=row.plan_version_id,
            cause_event_id=row.cause_event_id,
            decided_at=row.decided_at,
        )
        for row in rows
    ]


@router.get("/ledger", summary="The ledger entries of a plan year", responses=responses(StatementAbsent))
async def list_ledger_entries(
    educator_id: UUID, plan_year: PlanYear, principal: CurrentPrincipal, connection: Reading, chosen: Chosen
) -> list[LedgerEntryView]:
    """Their sum is the statement's total."""
    rows = await service.ledger(connection, educator_id, plan_year, principal, chosen)
    return [
        LedgerEntryView(
            id=row.id,
            plan_year=row.plan_year,
            sequence=row.sequence,
            component=row.component,
            amount=Money.of(row.amount_cents),
            plan_version_id=row.plan_version_id,
            cause_event_id=row.cause_event_id,
            posted_at=row.posted_at,
        )
        for row in rows
    ]
