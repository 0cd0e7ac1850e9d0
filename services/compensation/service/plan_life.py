"""What a plan version goes through before it is published: review, public comment, the board's approval, or its return.

Each step is on record with who took it, when, and why where that is asked.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import BoardApproval, PlanComment, PlanStep, PlanVersion
from services.compensation.repository import plan_comments, plans
from services.compensation.service.plans import locked_version, plan_version
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7


async def ask_for_review(connection: AsyncConnection, clock: Clock, *, plan_version_id: UUID, by: str) -> PlanVersion:
    """Raises PlanVersionUnknown, PlanAlreadyPublished, PlanStepOutOfOrder, as all steps do."""
    version = await locked_version(connection, plan_version_id)
    return await _taken(connection, version.ask_for_review(), by=by, at=clock.now())


async def open_comments(
    connection: AsyncConnection, clock: Clock, *, plan_version_id: UUID, by: str, closes_at: datetime
) -> PlanVersion:
    """Raises WriterCannotOpenComments, PlanDateDoesNotFit."""
    version, now = await locked_version(connection, plan_version_id), clock.now()
    return await _taken(connection, version.open_comments(by, now, closes_at), by=by, at=now)


async def waive_comments(
    connection: AsyncConnection, clock: Clock, *, plan_version_id: UUID, by: str, because: str
) -> PlanVersion:
    """Raises WriterCannotOpenComments."""
    version = await locked_version(connection, plan_version_id)
    return await _taken(connection, version.waive_comments(by, because), by=by, at=clock.now(), reason=because)


async def approve_plan(
    connection: AsyncConnection, clock: Clock, *, plan_version_id: UUID, approval: BoardApproval, by: str
) -> PlanVersion:
    """Record the board's approval.

    Raises WriterCannotApprove, AllPayNotDescribed, CommentsStillOpen, PlanDateDoesNotFit.
    """
    version, now = await locked_version(connection, plan_version_id), clock.now()
    return await _taken(connection, version.approve(by, now, approval), by=by, at=now)


async def return_plan(
    connection: AsyncConnection, clock: Clock, *, plan_version_id: UUID, by: str, reason: str
) -> PlanVersion:
    """End the life of a version that is not published; a mended plan is the next version."""
    version = await locked_version(connection, plan_version_id)
    return await _taken(connection, version.give_back(), by=by, at=clock.now(), reason=reason)


async def comment_on_plan(
    connection: AsyncConnection, clock: Clock, *, plan_version_id: UUID, by: str, text: str
) -> PlanComment:
    """Raises PlanVersionUnknown, CommentsNotOpen."""
    version, now = await locked_version(connection, plan_version_id, shared=True), clock.now()
    comment = version.comment(uuid7(now), by, now, text)
    await plan_comments.add(connection, comment)
    return comment


async def comments_on(
    connection: AsyncConnection, plan_version_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[PlanComment]:
    """A page of them, the oldest first. Raises PlanVersionUnknown."""
    await plan_version(connection, plan_version_id)
    return await plan_comments.page(connection, plan_version_id, after=after, limit=limit)


async def _taken(
    connection: AsyncConnection, version: PlanVersion, *, by: str, at: datetime, reason: str | None = None
) -> PlanVersion:
    await plans.save(connection, version)
    await plans.record_step(connection, version.id, PlanStep(version.state, by, at, reason))
    return version
