"""Payout batches: HR prepares, a second person approves, a third seals, payroll pulls and acknowledges."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.compensation.api.callers import Office
from services.compensation.api.refusals import on_record
from services.compensation.domain import AcceptedLine, PayoutState
from services.compensation.errors import (
    AcknowledgementDoesNotMatch,
    EstimatesNotAccepted,
    LinesNotOwed,
    LinesOnHold,
    NothingToPay,
    PayoutBatchUnknown,
    PayoutLineUnknown,
    PayoutsSuspended,
    PayoutStepOutOfOrder,
    PreparerCannotApprove,
    RecalculationUnderWay,
    ReleaserNotSeparate,
    YearNotSettled,
)
from services.compensation.schemas.parts import Money
from services.compensation.schemas.payouts import (
    AcknowledgedLine,
    AcknowledgementRequest,
    BatchApprovalRequest,
    PayoutBatchRequest,
    PayoutBatchView,
    RefusedStepView,
    WithdrawalRequest,
)
from services.compensation.service import payouts as service
from services.compensation.service import refusals as refusal_service
from shared.events.types import SchoolYearLabel
from shared.kernel.money import parse_amount
from shared.web.auth import Principal, Role, require
from shared.web.once import NOT_ONCE, OnceCall
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["payouts"], prefix="/payout-batches")

BatchReader = Annotated[Principal, require(Role.HR, Role.ADMIN, Role.PAYROLL)]
Payroll = Annotated[Principal, require(Role.PAYROLL)]
_CHECKED = (LinesOnHold, LinesNotOwed, RecalculationUnderWay, PayoutsSuspended)
_STEP = (PayoutBatchUnknown, PayoutStepOutOfOrder, *NOT_ONCE)
ON_RECORD = [on_record("batch_id")]


@router.post(
    "",
    status_code=201,
    summary="Prepare a batch: freeze what waits to be paid, and the instalments that are due",
    response_model=PayoutBatchView,
    responses=responses(NothingToPay, YearNotSettled, RecalculationUnderWay, PayoutsSuspended, *NOT_ONCE),
    dependencies=[on_record()],
)
async def prepare_payout_batch(body: PayoutBatchRequest, _principal: Office, call: OnceCall) -> Response:
    async def prepared() -> PayoutBatchView:
        batch = await service.prepare_batch(
            call.connection,
            call.clock,
            plan_year=body.plan_year,
            pay_date=body.pay_date,
            district_id=body.district_id,
            by=call.by,
        )
        return PayoutBatchView.of(batch)

    return await call.once(prepared, status=201)


@router.get("", summary="Payout batches; payroll sees those that were sealed")
async def list_payout_batches(
    principal: BatchReader,
    connection: Reading,
    plan_year: Annotated[SchoolYearLabel | None, Query()] = None,
) -> list[PayoutBatchView]:
    sealed = (PayoutState.SEALED, PayoutState.ACKNOWLEDGED)
    states = tuple(PayoutState) if principal.has_any(Role.HR, Role.ADMIN) else sealed
    return [
        PayoutBatchView.of(batch)
        for batch in await service.list_batches(connection, plan_year=plan_year, states=states)
    ]


@router.get("/{batch_id}", summary="A payout batch", responses=responses(PayoutBatchUnknown))
async def get_payout_batch(batch_id: UUID, principal: BatchReader, connection: Reading) -> PayoutBatchView:
    return PayoutBatchView.of(await service.visible_batch(connection, batch_id, principal))


@router.post(
    "/{batch_id}/approval",
    summary="Approve a prepared batch; not for who prepared it",
    response_model=PayoutBatchView,
    responses=responses(*_STEP, *_CHECKED, PreparerCannotApprove, EstimatesNotAccepted),
    dependencies=ON_RECORD,
)
async def approve_payout_batch(
    batch_id: UUID, body: BatchApprovalRequest, _principal: Office, call: OnceCall
) -> Response:
    """A batch of a year that is open pays estimates, on account: who approves it says that they know."""

    async def approved() -> PayoutBatchView:
        batch = await service.approve_batch(
            call.connection, call.clock, batch_id, by=call.by, accepts_estimates=body.accepts_estimates
        )
        return PayoutBatchView.of(batch)

    return await call.once(approved)


@router.post(
    "/{batch_id}/seal",
    summary="Seal an approved batch, which releases it to payroll; not for who prepared or approved it",
    response_model=PayoutBatchView,
    responses=responses(*_STEP, *_CHECKED, ReleaserNotSeparate),
    dependencies=ON_RECORD,
)
async def seal_payout_batch(batch_id: UUID, _principal: Office, call: OnceCall) -> Response:
    async def sealed() -> PayoutBatchView:
        batch = await service.seal_batch(call.connection, call.clock, batch_id, by=call.by)
        return PayoutBatchView.of(batch)

    return await call.once(sealed)


@router.post(
    "/{batch_id}/withdrawal",
    summary="Take a batch back that is not sealed yet",
    response_model=PayoutBatchView,
    responses=responses(*_STEP, PayoutsSuspended),
    dependencies=ON_RECORD,
)
async def withdraw_payout_batch(
    batch_id: UUID, body: WithdrawalRequest, _principal: Office, call: OnceCall
) -> Response:
    async def withdrawn() -> PayoutBatchView:
        batch = await service.withdraw_batch(call.connection, call.clock, batch_id, by=call.by, reason=body.reason)
        return PayoutBatchView.of(batch)

    return await call.once(withdrawn)


@router.post(
    "/{batch_id}/acknowledgements",
    summary="Payroll's answer: what it counted, and the lines it did not take",
    response_model=PayoutBatchView,
    responses=responses(*_STEP, AcknowledgementDoesNotMatch, PayoutLineUnknown),
    dependencies=ON_RECORD,
)
async def acknowledge_payout_batch(
    batch_id: UUID, body: AcknowledgementRequest, _principal: Payroll, call: OnceCall
) -> Response:
    """Once, and only where count, total and hash are those of the batch. Rejected lines go into a later batch."""
    answer = service.Acknowledgement(
        line_count=body.line_count,
        control_total_cents=parse_amount(body.control_total.amount),
        content_hash=body.content_hash,
        rejected={line.line_id: line.reason for line in body.rejected},
        accepted=[AcceptedLine(line.line_id, line.paid_on, line.payroll_reference) for line in body.accepted],
    )

    async def acknowledged() -> PayoutBatchView:
        batch = await service.acknowledge_batch(call.connection, call.clock, batch_id, answer, by=call.by)
        return PayoutBatchView.of(batch)

    return await call.once(acknowledged)


@router.get("/{batch_id}/acknowledgements", summary="What became of each line", responses=responses(PayoutBatchUnknown))
async def list_acknowledged_lines(
    batch_id: UUID, principal: BatchReader, connection: Reading
) -> list[AcknowledgedLine]:
    batch = await service.visible_batch(connection, batch_id, principal)
    return [
        AcknowledgedLine(
            line_id=row.id,
            number=row.number,
            kind=row.kind,
            educator_id=row.educator_id,
            component=row.component,
            amount=Money.of(row.amount_cents),
            state="withdrawn" if batch.state is PayoutState.WITHDRAWN else row.state,
            reason=row.state_reason or batch.withdrawn_reason,
            paid_on=row.paid_on,
            payroll_reference=row.payroll_reference,
        )
        for row in await service.batch_lines(connection, batch_id)
    ]


@router.get(
    "/{batch_id}/refusals",
    summary="Steps of the batch that were tried and refused: by whom, when, why",
    responses=responses(PayoutBatchUnknown),
)
async def list_payout_batch_refusals(batch_id: UUID, principal: Office, connection: Reading) -> list[RefusedStepView]:
    batch = await service.visible_batch(connection, batch_id, principal)
    return [RefusedStepView.of(one) for one in await refusal_service.refusals_of(connection, batch.id)]
