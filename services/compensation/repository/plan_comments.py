"""Queries for what is said of plan versions that are open to comment."""

from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import PlanComment
from services.compensation.models import plan_comment


async def add(connection: AsyncConnection, comment: PlanComment) -> None:
    await connection.execute(
        insert(plan_comment).values(
            id=comment.id,
            plan_version_id=comment.plan_version_id,
            written_by=comment.by,
            written_at=comment.at,
            text=comment.text,
        )
    )


async def page(
    connection: AsyncConnection, plan_version_id: UUID, *, after: UUID | None, limit: int
) -> list[PlanComment]:
    """The oldest first."""
    query = select(plan_comment).where(plan_comment.c.plan_version_id == plan_version_id)
    if after is not None:
        query = query.where(plan_comment.c.id > after)
    rows = await connection.execute(query.order_by(plan_comment.c.id).limit(limit))
    return [PlanComment(row.id, row.plan_version_id, row.written_by, row.written_at, row.text) for row in rows]
