"""What a plan version goes through before it is published: review, public comment, the board's approval, its return."""

from collections.abc import Awaitable
from functools import partial
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.api.callers import Office
from services.compensation.api.refusals import on_record
from services.compensation.domain import PlanVersion
from services.compensation.errors import (
    AllPayNotDescribed,
    CommentsNotOpen,
    CommentsStillOpen,
    PlanAlreadyPublished,
    PlanDateDoesNotFit,
    PlanStepOutOfOrder,
    PlanVersionUnknown,
    WriterCannotApprove,
    WriterCannotOpenComments,
)
from services.compensation.schemas.payouts import RefusedStepView
from services.compensation.schemas.plans import (
    BoardApprovalRequest,
    CommentRequest,
    CommentView,
    PlanStepView,
    PlanVersionView,
    PublicCommentRequest,
    ReturnRequest,
)
from services.compensation.service import plan_life as service
from services.compensation.service import refusals as refusal_service
from services.compensation.service.plans import history, plan_version
from shared.kernel.clock import Clock
from shared.web.auth import Principal, Role, require
from shared.web.once import NOT_ONCE, Call, OnceCall
from shared.web.pagination import BadCursor, Cursor, Page, Paging, link_next
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["plans"], prefix="/plans/{plan_version_id}")

Commenter = Annotated[
    Principal,
    require(Role.EDUCATOR, Role.APPRAISER, Role.PRINCIPAL, Role.COACH, Role.SLO_REVIEWER, Role.HR, Role.ADMIN),
]
_STEP = (PlanVersionUnknown, PlanAlreadyPublished, PlanStepOutOfOrder, *NOT_ONCE)
_ON_RECORD = [on_record("plan_version_id")]


@router.post(
    "/review",
    summary="Ask for review of a draft",
    response_model=PlanVersionView,
    responses=responses(*_STEP),
    dependencies=_ON_RECORD,
)
async def ask_for_plan_review(plan_version_id: UUID, _principal: Office, call: OnceCall) -> Response:
    """By who wrote it, or by another plan owner."""
    return await _once(call, partial(service.ask_for_review, plan_version_id=plan_version_id))


@router.post(
    "/public-comment",
    summary="Open a reviewed version to public comment, or waive that with a reason; not for who wrote it",
    response_model=PlanVersionView,
    responses=responses(*_STEP, WriterCannotOpenComments, PlanDateDoesNotFit),
    dependencies=_ON_RECORD,
)
async def open_plan_to_comment(
    plan_version_id: UUID, body: PublicCommentRequest, _principal: Office, call: OnceCall
) -> Response:
    """Comments are taken from now on. What waives them is shown to everybody."""
    if body.closes_at is not None:
        step = partial(service.open_comments, plan_version_id=plan_version_id, closes_at=body.closes_at)
    else:
        step = partial(service.waive_comments, plan_version_id=plan_version_id, because=body.waived_because or "")
    return await _once(call, step)


@router.post(
    "/board-approval",
    summary="Record that the board approved it, and where its minutes say so; not for who wrote it",
    response_model=PlanVersionView,
    responses=responses(*_STEP, WriterCannotApprove, AllPayNotDescribed, CommentsStillOpen, PlanDateDoesNotFit),
    dependencies=_ON_RECORD,
)
async def record_board_approval(
    plan_version_id: UUID, body: BoardApprovalRequest, _principal: Office, call: OnceCall
) -> Response:
    """When public comment is over. Who records it may also publish it."""
    step = partial(service.approve_plan, plan_version_id=plan_version_id, approval=body.to_approval())
    return await _once(call, step)


@router.post(
    "/return",
    summary="Return a version that is not published, for good: a mended plan is the next version",
    response_model=PlanVersionView,
    responses=responses(*_STEP),
    dependencies=_ON_RECORD,
)
async def return_plan(plan_version_id: UUID, body: ReturnRequest, _principal: Office, call: OnceCall) -> Response:
    return await _once(call, partial(service.return_plan, plan_version_id=plan_version_id, reason=body.reason))


@router.get(
    "/history", summary="Who took which step of a version's life, and why", responses=responses(PlanVersionUnknown)
)
async def list_plan_steps(plan_version_id: UUID, _principal: Office, connection: Reading) -> list[PlanStepView]:
    """Of versions that are older than this record, what came since."""
    return [PlanStepView.of(step) for step in await history(connection, plan_version_id)]


@router.get(
    "/refusals",
    summary="Steps of the version that were tried and refused: by whom, when, why",
    responses=responses(PlanVersionUnknown),
)
async def list_plan_refusals(plan_version_id: UUID, _principal: Office, connection: Reading) -> list[RefusedStepView]:
    version = await plan_version(connection, plan_version_id)
    return [RefusedStepView.of(one) for one in await refusal_service.refusals_of(connection, version.id)]


@router.post(
    "/comments",
    status_code=201,
    summary="Comment on a version that is open to comment",
    response_model=CommentView,
    responses=responses(PlanVersionUnknown, CommentsNotOpen, *NOT_ONCE),
)
async def comment_on_plan(
    plan_version_id: UUID, body: CommentRequest, _principal: Commenter, call: OnceCall
) -> Response:
    """As often as one likes; what was said stays."""

    async def said() -> CommentView:
        comment = await service.comment_on_plan(
            call.connection, call.clock, plan_version_id=plan_version_id, by=call.by, text=body.text
        )
        return CommentView.of(comment, with_author=True)

    return await call.once(said, status=201)


@router.get("/comments", summary="What was said of a version", responses=responses(PlanVersionUnknown, BadCursor))
async def list_plan_comments(
    plan_version_id: UUID,
    principal: Commenter,
    connection: Reading,
    paging: Paging,
    request: Request,
    response: Response,
) -> Page[CommentView]:
    """The oldest first. Who said it is shown to HR, and to who said it."""
    after = paging.after.as_uuid() if paging.after else None
    rows = await service.comments_on(connection, plan_version_id, after=after, limit=paging.fetch)
    kept, following = paging.cut(rows, lambda comment: Cursor("", str(comment.id)))
    link_next(request, response, following)
    sees_all = principal.has_any(Role.HR, Role.ADMIN)
    items = [CommentView.of(one, with_author=sees_all or one.by == principal.subject) for one in kept]
    return Page(items=items, next=following)


class _Step(Protocol):
    """A step of the use cases, but for who takes it."""

    def __call__(self, connection: AsyncConnection, clock: Clock, /, *, by: str) -> Awaitable[PlanVersion]: ...


async def _once(call: Call, step: _Step) -> Response:
    async def taken() -> PlanVersionView:
        return PlanVersionView.of(await step(call.connection, call.clock, by=call.by), now=call.clock.now())

    return await call.once(taken)
