"""Payment holds: who is not paid for a plan year until somebody lifts it."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.compensation.api.callers import Office
from services.compensation.api.refusals import on_record
from services.compensation.errors import (
    ConflictOfInterest,
    EducatorNotRostered,
    HeldByInquiry,
    PaymentHoldLifted,
    PaymentHoldUnknown,
)
from services.compensation.schemas.recoveries import HoldRequest, PaymentHoldView, StepReason
from services.compensation.service import holds as service
from shared.events.types import SchoolYearLabel
from shared.web.once import NOT_ONCE, OnceCall
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["payouts"], prefix="/payment-holds")


@router.post(
    "",
    status_code=201,
    summary="Hold all that an educator is paid for a plan year; not for oneself",
    response_model=PaymentHoldView,
    responses=responses(EducatorNotRostered, ConflictOfInterest, *NOT_ONCE),
    dependencies=[on_record()],
)
async def place_payment_hold(body: HoldRequest, principal: Office, call: OnceCall) -> Response:
    """Nothing of it goes into a batch, and a batch that has it is neither approved nor sealed. Sealed ones go on."""

    async def placed() -> PaymentHoldView:
        hold = await service.place_hold(
            call.connection,
            call.clock,
            educator_id=body.educator_id,
            plan_year=body.plan_year,
            reason=body.reason,
            by=principal,
        )
        return PaymentHoldView.of(hold)

    return await call.once(placed, status=201)


@router.get("", summary="Payment holds of a plan year, the oldest first")
async def list_payment_holds(
    _principal: Office,
    connection: Reading,
    plan_year: Annotated[SchoolYearLabel, Query()],
    state: Annotated[Literal["open", "lifted"] | None, Query(description="Of this state alone.")] = None,
) -> list[PaymentHoldView]:
    is_open = None if state is None else state == "open"
    return [PaymentHoldView.of(hold) for hold in await service.holds_of_year(connection, plan_year, is_open=is_open)]


@router.post(
    "/{hold_id}/lift",
    summary="Lift a hold, not one's own: what it kept back goes into the next batch",
    response_model=PaymentHoldView,
    responses=responses(PaymentHoldUnknown, PaymentHoldLifted, HeldByInquiry, ConflictOfInterest, *NOT_ONCE),
    dependencies=[on_record("hold_id")],
)
async def lift_payment_hold(hold_id: UUID, body: StepReason, principal: Office, call: OnceCall) -> Response:
    async def lifted() -> PaymentHoldView:
        hold = await service.lift_hold(call.connection, call.clock, hold_id, by=principal, reason=body.reason)
        return PaymentHoldView.of(hold)

    return await call.once(lifted)
