"""What educators answer and ask about their statements: offers, and inquiries with HR's decision."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.compensation.api.callers import Office
from services.compensation.api.chosen import PlanYear
from services.compensation.api.refusals import on_record
from services.compensation.domain import InquiryCategory, InquiryFilter, InquiryState
from services.compensation.errors import (
    ComponentUnknown,
    ConflictOfInterest,
    InquiryClosed,
    InquiryUnknown,
    InquiryWindowClosed,
    OfferClosed,
    OfferUnknown,
    OpenerCannotAnswer,
    PayoutsSuspended,
    ReasonMissing,
    StatementAbsent,
)
from services.compensation.schemas.inquiries import (
    AssignmentRequest,
    InquiryAnswer,
    InquiryCounts,
    InquiryPage,
    InquiryRequest,
    InquiryView,
    InquiryWithdrawal,
    InquiryWithSteps,
    OfferRequest,
    OfferView,
)
from services.compensation.service import inquiries as service
from services.compensation.service import offers as offer_service
from shared.events.types import SchoolYearLabel
from shared.web.auth import CurrentPrincipal, NotYours
from shared.web.once import NOT_ONCE, OnceCall
from shared.web.pagination import BadCursor, Cursor, Paging, link_next
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["inquiries"])

OfferCode = Annotated[
    str, Path(pattern=r"^[a-z][a-z0-9_-]{0,62}$", description="Code of an offer of the plan.", examples=["impactplus"])
]
_STEP = (InquiryUnknown, InquiryClosed, *NOT_ONCE)


@router.get(
    "/educators/{educator_id}/offers",
    summary="What the plan pays only to who takes it, with the answers",
    responses=responses(NotYours, StatementAbsent),
)
async def list_offers(
    educator_id: UUID, plan_year: PlanYear, principal: CurrentPrincipal, connection: Reading, request: Request
) -> list[OfferView]:
    """Of the standing statement, for the educator in person and for HR."""
    found = await offer_service.offers_of(connection, request.app.state.clock, educator_id, plan_year, principal)
    return [OfferView(**offer, is_open=is_open) for offer, is_open in found]


@router.post(
    "/educators/{educator_id}/offers/{offer}",
    summary="Accept or decline an offer; the statement is decided anew at once",
    response_model=OfferView,
    responses=responses(
        NotYours, StatementAbsent, OfferUnknown, OfferClosed, ReasonMissing, PayoutsSuspended, *NOT_ONCE
    ),
)
async def answer_offer(
    educator_id: UUID, offer: OfferCode, body: OfferRequest, principal: CurrentPrincipal, call: OnceCall
) -> Response:
    """By the educator in person, or by HR with a reason. Until the offer closes the answer can be changed."""

    async def answered() -> OfferView:
        changed = await offer_service.answer_offer(
            call.connection,
            call.clock,
            call.request.app.state.plan_book,
            educator_id,
            offer_service.Answer(body.plan_year, offer, body.answer, body.reason),
            by=principal,
        )
        return OfferView(**changed, is_open=True)

    return await call.once(answered)


@router.post(
    "/educators/{educator_id}/inquiries",
    status_code=201,
    summary="Dispute a statement; what no sealed batch pays yet is on hold until it is answered",
    response_model=InquiryView,
    responses=responses(NotYours, StatementAbsent, ComponentUnknown, InquiryWindowClosed, *NOT_ONCE),
)
async def open_inquiry(
    educator_id: UUID, body: InquiryRequest, principal: CurrentPrincipal, call: OnceCall
) -> Response:
    """By the educator in person, or by HR for them, within the time that the plan gives."""

    async def opened() -> InquiryView:
        inquiry = await service.open_inquiry(
            call.connection,
            call.clock,
            call.request.app.state.plan_book,
            educator_id,
            service.NewInquiry(**body.model_dump()),
            by=principal,
        )
        return InquiryView.of(inquiry, call.clock.now())

    return await call.once(opened, status=201)


@router.get(
    "/educators/{educator_id}/inquiries",
    summary="The inquiries of an educator on statements of a plan year, the first one first",
    responses=responses(NotYours),
)
async def list_own_inquiries(
    educator_id: UUID, plan_year: PlanYear, principal: CurrentPrincipal, connection: Reading, request: Request
) -> list[InquiryView]:
    now = request.app.state.clock.now()
    found = await service.of_educator(connection, educator_id, plan_year, principal)
    return [InquiryView.of(inquiry, now) for inquiry in found]


@router.get("/inquiries", summary="Inquiries of all educators, with how many there are", responses=responses(BadCursor))
async def list_inquiries(
    _principal: Office,
    connection: Reading,
    paging: Paging,
    request: Request,
    response: Response,
    plan_year: Annotated[SchoolYearLabel | None, Query()] = None,
    state: Annotated[InquiryState | None, Query()] = None,
    category: Annotated[InquiryCategory | None, Query()] = None,
    overdue: Annotated[bool, Query(description="Only those whose answer is overdue.")] = False,  # noqa: FBT002 - named
) -> InquiryPage:
    """In the order in which they were opened; the counts are of all that are asked for, whatever the page."""
    clock = request.app.state.clock
    wanted = InquiryFilter(plan_year, None, state, category, clock.now() if overdue else None)
    after = paging.after.as_uuid() if paging.after else None
    found, counts = await service.page(connection, clock, wanted, after=after, limit=paging.fetch)
    kept, following = paging.cut(found, lambda inquiry: Cursor("", str(inquiry.id)))
    link_next(request, response, following)
    return InquiryPage(
        items=[InquiryView.of(inquiry, clock.now()) for inquiry in kept],
        next=following,
        counts=InquiryCounts(**counts),
    )


@router.get(
    "/inquiries/{inquiry_id}",
    summary="An inquiry with all that was done with it",
    responses=responses(InquiryUnknown, NotYours),
)
async def get_inquiry(
    inquiry_id: UUID, principal: CurrentPrincipal, connection: Reading, request: Request
) -> InquiryWithSteps:
    found = await service.one(connection, inquiry_id, principal)
    return InquiryWithSteps.with_steps(found, request.app.state.clock.now())


@router.post(
    "/inquiries/{inquiry_id}/assignment",
    summary="Say who answers for an inquiry; not for whose pay it is",
    response_model=InquiryWithSteps,
    responses=responses(*_STEP, ConflictOfInterest),
    dependencies=[on_record("inquiry_id")],
)
async def assign_inquiry(inquiry_id: UUID, body: AssignmentRequest, principal: Office, call: OnceCall) -> Response:
    async def assigned() -> InquiryWithSteps:
        found = await service.assign(call.connection, call.clock, inquiry_id, owner=body.owner, by=principal)
        return InquiryWithSteps.with_steps(found, call.clock.now())

    return await call.once(assigned)


@router.post(
    "/inquiries/{inquiry_id}/answer",
    summary="Decide an inquiry, with the reason; not for whose pay it is",
    response_model=InquiryWithSteps,
    responses=responses(*_STEP, ConflictOfInterest, OpenerCannotAnswer),
    dependencies=[on_record("inquiry_id")],
)
async def answer_inquiry(inquiry_id: UUID, body: InquiryAnswer, principal: Office, call: OnceCall) -> Response:
    """What is upheld is corrected where it is wrong, in the evidence or in the plan; this decides and ends the hold."""

    async def answered() -> InquiryWithSteps:
        found = await service.answer(call.connection, call.clock, inquiry_id, body.outcome, body.reason, by=principal)
        return InquiryWithSteps.with_steps(found, call.clock.now())

    return await call.once(answered)


@router.post(
    "/inquiries/{inquiry_id}/withdrawal",
    summary="Take an inquiry back",
    response_model=InquiryWithSteps,
    responses=responses(*_STEP, NotYours, ReasonMissing),
)
async def withdraw_inquiry(
    inquiry_id: UUID, body: InquiryWithdrawal, principal: CurrentPrincipal, call: OnceCall
) -> Response:
    """By the educator in person, or by HR for them."""

    async def withdrawn() -> InquiryWithSteps:
        found = await service.withdraw(call.connection, call.clock, inquiry_id, body.reason, by=principal)
        return InquiryWithSteps.with_steps(found, call.clock.now())

    return await call.once(withdrawn)
