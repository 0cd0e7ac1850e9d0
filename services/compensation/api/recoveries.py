"""Overpayments, and their recovery: HR opens it, another person approves, batches take the instalments that are due."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.compensation.api.callers import Office
from services.compensation.api.refusals import on_record
from services.compensation.errors import (
    ConflictOfInterest,
    InstalmentsDoNotMatch,
    NothingOverpaid,
    OpenerCannotApprove,
    PaymentUnderWay,
    PayoutsSuspended,
    RecoveryStepOutOfOrder,
    RecoveryUnknown,
)
from services.compensation.schemas.payouts import RefusedStepView
from services.compensation.schemas.recoveries import OverpaymentView, RecoveryRequest, RecoveryView, StepReason
from services.compensation.service import recoveries as service
from services.compensation.service import refusals as refusal_service
from shared.events.types import SchoolYearLabel
from shared.web.once import NOT_ONCE, OnceCall
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["payouts"])

PlanYear = Annotated[SchoolYearLabel, Query()]
_GUARDED = (ConflictOfInterest, PayoutsSuspended, *NOT_ONCE)
_STEP = (RecoveryUnknown, RecoveryStepOutOfOrder, *_GUARDED)
_ON_RECORD = [on_record("recovery_id")]


@router.get("/overpayments", summary="Who was paid more than the statements of a plan year come to")
async def list_overpayments(_principal: Office, connection: Reading, plan_year: PlanYear) -> list[OverpaymentView]:
    """As far as no recovery has it. Nothing of it is taken back by itself."""
    return [OverpaymentView.of(one) for one in await service.overpayments(connection, plan_year)]


@router.post(
    "/recoveries",
    status_code=201,
    summary="Propose to take back what an educator was overpaid, in instalments",
    response_model=RecoveryView,
    responses=responses(NothingOverpaid, PaymentUnderWay, InstalmentsDoNotMatch, *_GUARDED),
    dependencies=[on_record()],
)
async def open_recovery(body: RecoveryRequest, principal: Office, call: OnceCall) -> Response:
    """The ledger entries behind it are the recovery's from now on; what is earned later is paid as ever."""

    async def opened() -> RecoveryView:
        standing = await service.open_recovery(
            call.connection,
            call.clock,
            educator_id=body.educator_id,
            plan_year=body.plan_year,
            instalments=[one.read() for one in body.instalments],
            by=principal,
        )
        return RecoveryView.of(standing)

    return await call.once(opened, status=201)


@router.get("/recoveries", summary="Recoveries of a plan year, the oldest first")
async def list_recoveries(_principal: Office, connection: Reading, plan_year: PlanYear) -> list[RecoveryView]:
    return [RecoveryView.of(one) for one in await service.recoveries_of_year(connection, plan_year)]


@router.get("/recoveries/{recovery_id}", summary="A recovery", responses=responses(RecoveryUnknown))
async def get_recovery(recovery_id: UUID, _principal: Office, connection: Reading) -> RecoveryView:
    return RecoveryView.of(await service.recovery_standing(connection, recovery_id))


@router.post(
    "/recoveries/{recovery_id}/approval",
    summary="Approve a recovery; not for who opened it, nor for who was overpaid",
    response_model=RecoveryView,
    responses=responses(*_STEP, OpenerCannotApprove),
    dependencies=_ON_RECORD,
)
async def approve_recovery(recovery_id: UUID, principal: Office, call: OnceCall) -> Response:
    """From now on each batch takes the instalments that are due by its pay date."""

    async def approved() -> RecoveryView:
        return RecoveryView.of(await service.approve_recovery(call.connection, call.clock, recovery_id, by=principal))

    return await call.once(approved)


@router.post(
    "/recoveries/{recovery_id}/stop",
    summary="Stop a recovery: no further instalment is taken",
    response_model=RecoveryView,
    responses=responses(*_STEP),
    dependencies=_ON_RECORD,
)
async def stop_recovery(recovery_id: UUID, body: StepReason, principal: Office, call: OnceCall) -> Response:
    """What is left is open again: set off against what is earned later, or taken back by a new recovery."""

    async def stopped() -> RecoveryView:
        return RecoveryView.of(
            await service.stop_recovery(call.connection, call.clock, recovery_id, by=principal, reason=body.reason)
        )

    return await call.once(stopped)


@router.get(
    "/recoveries/{recovery_id}/refusals",
    summary="Steps of the recovery that were tried and refused: by whom, when, why",
    responses=responses(RecoveryUnknown),
)
async def list_recovery_refusals(recovery_id: UUID, _principal: Office, connection: Reading) -> list[RefusedStepView]:
    standing = await service.recovery_standing(connection, recovery_id)
    return [RefusedStepView.of(one) for one in await refusal_service.refusals_of(connection, standing.recovery.id)]
