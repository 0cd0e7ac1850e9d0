"""Budgets of plan years, and the report of how a year stands against its budget."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response

from services.compensation.api.callers import Office
from services.compensation.errors import BudgetAbsent, BudgetChanged
from services.compensation.schemas.budgets import (
    BudgetDecision,
    BudgetInFull,
    BudgetReport,
    BudgetReportRow,
    BudgetRequest,
    BudgetView,
)
from services.compensation.service import budgets as service
from shared.events.types import SchoolYearLabel
from shared.web.lines import CSV, CSV_CONTENT, csv_text, preferred
from shared.web.problems import responses
from shared.web.transaction import Reading, Transaction

router = APIRouter(tags=["books"], prefix="/budgets/{plan_year}")

PlanYear = Annotated[SchoolYearLabel, Path(description="The school year that the plan pays for.")]
_AMOUNTS = ("budget", "accrued", "approved", "paid", "recovered", "open", "difference")
_COLUMNS = ("district_id", "component", *_AMOUNTS, "forecast", "factor", "reason")


@router.put("", summary="Keep a budget in place of the one that stands", responses=responses(BudgetChanged))
async def decide_budget(
    plan_year: PlanYear, body: BudgetRequest, principal: Office, connection: Transaction, request: Request
) -> BudgetView:
    """The same amounts again change nothing."""
    decided = await service.decide_budget(
        connection,
        request.app.state.clock,
        plan_year,
        body.amounts(),
        replaces=body.replaces,
        reason=body.reason,
        by=principal.subject,
    )
    return BudgetView.of(decided)


@router.get("", summary="The budget that stands, with its history", responses=responses(BudgetAbsent))
async def get_budget(plan_year: PlanYear, _principal: Office, connection: Reading) -> BudgetInFull:
    *before, standing = await service.history(connection, plan_year)
    return BudgetInFull(**dict(BudgetView.of(standing)), history=[BudgetDecision.of(one) for one in before])


@router.get(
    "/report",
    summary="Budget, accrued, approved, paid, open and forecast, by district and component",
    response_model=BudgetReport,
    responses={200: {"description": "The report; as CSV by `Accept: text/csv`.", "content": CSV_CONTENT}},
)
async def get_budget_report(
    plan_year: PlanYear,
    _principal: Office,
    connection: Reading,
    request: Request,
    accept: Annotated[str, Header()] = "application/json",
) -> Response:
    """The forecast is by the development method (chain ladder): accrued now, times what last year came to in the end by
    what it had come to by the same day."""
    positions = await service.report(connection, request.app.state.clock, plan_year)
    report = BudgetReport(plan_year=plan_year, rows=[BudgetReportRow.of(one) for one in positions])
    if preferred(accept) == CSV:
        return Response(csv_text(_COLUMNS, [_cells(row) for row in report.rows]), media_type=CSV)
    return Response(report.model_dump_json(), media_type="application/json")


def _cells(row: BudgetReportRow) -> list[Any]:
    amounts = [getattr(row, name) for name in _AMOUNTS]
    forecast = row.forecast
    return [
        row.district_id,
        row.component,
        *(money and money.amount for money in (*amounts, forecast.amount)),
        forecast.factor,
        forecast.reason,
    ]
