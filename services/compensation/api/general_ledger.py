"""The general ledger: trial balances, legs for an accounting system, and the months that are closed and reopened."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.compensation.api.callers import Office
from services.compensation.api.refusals import on_record
from services.compensation.errors import (
    AccountingPeriodClosed,
    AccountingPeriodNotClosed,
    AccountingPeriodNotOver,
    CloserCannotReopen,
    PayoutsSuspended,
)
from services.compensation.schemas.general_ledger import (
    Month,
    PeriodReopeningRequest,
    PeriodSummary,
    PeriodView,
    TrialBalance,
)
from services.compensation.service import general_ledger as service
from shared.events.types import SchoolYearLabel
from shared.kernel.money import format_cents
from shared.web.auth import Principal, Role, require
from shared.web.lines import CSV, LINES, NDJSON, csv_lines, ndjson, preferred
from shared.web.once import NOT_ONCE, OnceCall
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["books"])

BalanceReader = Annotated[Principal, require(Role.HR, Role.ADMIN, Role.PAYROLL)]
PlanYear = Annotated[SchoolYearLabel, Query(description="The year that it was earned in.")]
InPath = Annotated[Month, Path()]
_COLUMNS = (
    "posted_period",
    "posted_at",
    "plan_year",
    "kind",
    "account",
    "debit",
    "credit",
    "educator_id",
    "district_id",
    "campus_id",
    "component",
    "account_code",
    "entry_id",
    "statement_sequence",
    "cause_event_id",
    "batch_id",
)


@router.get("/trial-balance", summary="Debits and credits of a plan year by district and account, as they stand")
async def get_trial_balance(plan_year: PlanYear, _principal: BalanceReader, connection: Reading) -> TrialBalance:
    return TrialBalance.of(await service.trial_balance(connection, plan_year=plan_year))


@router.get(
    "/general-ledger",
    summary="Both journals as legs, debit and credit: lines of JSON, or CSV",
    response_class=Response,
    responses={200: {"description": "The legs, in the order they were posted in.", "content": LINES}},
)
async def list_ledger_legs(
    plan_year: PlanYear,
    _principal: Office,
    request: Request,
    posted_period: Annotated[Month | None, Query(description="Only what was posted in this month.")] = None,
    accept: Annotated[str, Header()] = NDJSON,
) -> Response:
    """Of the kind `accrued` the source is a statement's number and the event that caused it; of any other kind
    `entry_id` is the payout line, with its batch."""
    if preferred(accept) == CSV:
        lines = csv_lines(_COLUMNS, _cells(request, plan_year, posted_period))
        return StreamingResponse(lines, media_type=CSV)
    return StreamingResponse(ndjson(_legs(request, plan_year, posted_period)), media_type=NDJSON)


@router.get("/accounting-periods", summary="The months that something was posted in, open or closed")
async def list_accounting_periods(_principal: BalanceReader, connection: Reading) -> list[PeriodSummary]:
    return [
        PeriodSummary(month=one.month, state="closed" if one.is_closed else "open", closed_by=one.closed_by)
        for one in await service.periods(connection)
    ]


@router.get("/accounting-periods/{month}", summary="A month: its trial balance, frozen where it is closed, its history")
async def get_accounting_period(month: InPath, _principal: BalanceReader, connection: Reading) -> PeriodView:
    return PeriodView.of(await service.period_in_full(connection, month))


@router.post(
    "/accounting-periods/{month}/closing",
    summary="Close a month that is over: its totals are frozen, later corrections land in later months",
    response_model=PeriodView,
    responses=responses(AccountingPeriodClosed, AccountingPeriodNotOver, PayoutsSuspended, *NOT_ONCE),
    dependencies=[on_record()],
)
async def close_accounting_period(month: InPath, _principal: Office, call: OnceCall) -> Response:
    async def closed() -> PeriodView:
        return PeriodView.of(await service.close_period(call.connection, call.clock, month, by=call.by))

    return await call.once(closed)


@router.post(
    "/accounting-periods/{month}/reopening",
    summary="Reopen a closed month; not for who closed it",
    response_model=PeriodView,
    responses=responses(AccountingPeriodNotClosed, CloserCannotReopen, *NOT_ONCE),
    dependencies=[on_record()],
)
async def reopen_accounting_period(
    month: InPath, body: PeriodReopeningRequest, _principal: Office, call: OnceCall
) -> Response:
    async def reopened() -> PeriodView:
        full = await service.reopen_period(call.connection, call.clock, month, reason=body.reason, by=call.by)
        return PeriodView.of(full)

    return await call.once(reopened)


async def _legs(request: Request, plan_year: str, month: str | None) -> AsyncIterator[list[dict[str, Any]]]:
    # The stream outlives the request's transaction, so it reads in one of its own: one moment for all legs.
    async with request.app.state.engine.connect() as connection:
        async for block in service.legs(connection, plan_year, month):
            yield [_leg(row) for row in block]


def _leg(row: Any) -> dict[str, Any]:
    leg = {name: getattr(row, name, None) for name in _COLUMNS}
    return leg | {"debit": format_cents(row.debit_cents), "credit": format_cents(row.credit_cents)}


async def _cells(request: Request, plan_year: str, month: str | None) -> AsyncIterator[list[list[Any]]]:
    async for block in _legs(request, plan_year, month):
        yield [list(leg.values()) for leg in block]
