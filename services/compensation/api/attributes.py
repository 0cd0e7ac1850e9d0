"""What HR keeps for plans to ask for: attributes of educators, and the common facts of a plan year."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from services.compensation.api.callers import Office
from services.compensation.api.refusals import on_record
from services.compensation.errors import (
    CampusesTooMany,
    CloserCannotReopen,
    CommonFactsAbsent,
    ConflictOfInterest,
    EducatorNotRostered,
    NothingToSettle,
    PayoutsSuspended,
    YearBeingPaid,
    YearClosed,
    YearNotClosed,
)
from services.compensation.schemas.attributes import (
    AttributeValue,
    AttributeView,
    CampusValues,
    CommonFactsView,
    RecordedView,
    SettlementAskedView,
    SettlementRequest,
    YearReopeningRequest,
)
from services.compensation.service import attributes as attribute_service
from services.compensation.service import common_facts as service
from services.compensation.service.attributes import NewValue
from shared.events.types import SchoolYearLabel
from shared.web.once import NOT_ONCE, OnceCall
from shared.web.problems import responses
from shared.web.transaction import Reading, Transaction

router = APIRouter(tags=["attributes"])

PlanYear = Annotated[SchoolYearLabel, Path(description="The school year that the plan pays for.")]
Values = Annotated[list[AttributeValue], Field(min_length=1, max_length=500)]


@router.post(
    "/attributes",
    summary="Record attributes of educators; those whose values changed are recalculated at once",
    response_model=RecordedView,
    responses=responses(EducatorNotRostered, ConflictOfInterest, *NOT_ONCE),
    dependencies=[on_record()],
)
async def record_attributes(body: Values, principal: Office, call: OnceCall) -> Response:
    """All of them or none; nobody records their own. Of two values for the same attribute the later one counts."""

    async def kept() -> RecordedView:
        recorded = await attribute_service.record_attributes(
            call.connection,
            call.clock,
            call.request.app.state.plan_book,
            [NewValue(one.key(), one.value) for one in body],
            by=principal,
        )
        return RecordedView(changed=recorded.changed, unchanged=recorded.unchanged)

    return await call.once(kept)


@router.get("/educators/{educator_id}/attributes", summary="What is kept of an educator for a school year")
async def list_attributes(
    educator_id: UUID,
    _principal: Office,
    connection: Reading,
    school_year: Annotated[SchoolYearLabel, Query()],
) -> list[AttributeView]:
    return [
        AttributeView.of(one) for one in await attribute_service.attributes_of(connection, educator_id, school_year)
    ]


@router.get(
    "/common-facts/{plan_year}",
    summary="What every decision of a plan year rests on besides the educator's own facts",
    responses=responses(CommonFactsAbsent),
)
async def get_common_facts(plan_year: PlanYear, _principal: Office, connection: Reading) -> CommonFactsView:
    return CommonFactsView.of(await service.of_year(connection, plan_year))


@router.put(
    "/common-facts/{plan_year}/campuses",
    summary="Keep the attributes of all campuses for a plan year; everybody is recalculated if they changed",
    responses=responses(CampusesTooMany, YearClosed),
)
async def keep_campuses(
    plan_year: PlanYear, body: CampusValues, principal: Office, connection: Transaction, request: Request
) -> CommonFactsView:
    """The same again changes nothing."""
    campuses = {str(campus): dict(values) for campus, values in body.campuses.items()}
    return CommonFactsView.of(
        await service.keep_campuses(connection, request.app.state.clock, plan_year, campuses, by=principal.subject)
    )


@router.post(
    "/common-facts/{plan_year}/settlements",
    status_code=202,
    summary="Settle what depends on all educators at once, as an estimate or for good",
    response_model=SettlementAskedView,
    responses=responses(NothingToSettle, YearClosed, *NOT_ONCE),
    dependencies=[on_record()],
)
async def ask_for_settlement(
    plan_year: PlanYear, body: SettlementRequest, _principal: Office, call: OnceCall
) -> Response:
    """Done in the background, with everybody's recalculation after it; the common facts then have a new number."""

    async def asked() -> SettlementAskedView:
        version_id = await service.ask_for_settlement(
            call.connection, call.clock, plan_year, final=body.final, by=call.by
        )
        return SettlementAskedView(plan_version_id=version_id, final=body.final)

    return await call.once(asked, status=202)


@router.post(
    "/common-facts/{plan_year}/reopening",
    summary="Reopen a plan year that was settled for good; not for who had it settled",
    response_model=CommonFactsView,
    responses=responses(YearNotClosed, CloserCannotReopen, YearBeingPaid, PayoutsSuspended, *NOT_ONCE),
    dependencies=[on_record()],
)
async def reopen_plan_year(
    plan_year: PlanYear, body: YearReopeningRequest, _principal: Office, call: OnceCall
) -> Response:
    """What was settled is an estimate again, until the year is settled anew by all that is known then. Meanwhile a plan
    that looks at everybody pays nothing more; any other pays on account, where the approver accepts estimates."""

    async def reopened() -> CommonFactsView:
        return CommonFactsView.of(
            await service.reopen_year(call.connection, call.clock, plan_year, reason=body.reason, by=call.by)
        )

    return await call.once(reopened)
