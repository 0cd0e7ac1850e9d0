"""Account codes that the payroll lines of a plan year are booked under."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.compensation.api.callers import Office
from services.compensation.schemas.account_codes import AccountCodesBody, AccountCodesView
from services.compensation.service import account_codes as service
from shared.events.types import SchoolYearLabel
from shared.web.conditional import IfMatch, IfMatchRequired, MalformedIfMatch, StaleVersion, version_tag
from shared.web.problems import responses
from shared.web.transaction import Reading, Transaction

router = APIRouter(tags=["payouts"], prefix="/account-codes")

PlanYear = Annotated[SchoolYearLabel, Path(description="The school year that the plan pays for.")]


@router.get("/{plan_year}", summary="The account codes of a plan year, under their number")
async def get_account_codes(
    plan_year: PlanYear, _principal: Office, connection: Reading, response: Response
) -> AccountCodesView:
    kept = await service.standing_account_codes(connection, plan_year)
    response.headers["ETag"] = version_tag(kept.number)
    return AccountCodesView.of(kept)


@router.put(
    "/{plan_year}",
    summary="Keep the account codes of a plan year, whole; those before stay on record",
    responses=responses(MalformedIfMatch, StaleVersion, IfMatchRequired),
)
async def keep_account_codes(
    plan_year: PlanYear,
    body: AccountCodesBody,
    principal: Office,
    connection: Transaction,
    request: Request,
    response: Response,
    if_match: IfMatch,
) -> AccountCodesView:
    """The same again changes nothing. Lines that are in a batch keep the code that they were frozen with."""
    kept = await service.keep_account_codes(
        connection, request.app.state.clock, plan_year, body.codes(), by=principal.subject, precondition=if_match
    )
    response.headers["ETag"] = version_tag(kept.number)
    return AccountCodesView.of(kept)
