"""Queries for steps that were refused."""

from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import RefusedStep
from services.compensation.models import refused_step


async def add(connection: AsyncConnection, refused: RefusedStep) -> None:
    await connection.execute(
        insert(refused_step).values(
            id=refused.id,
            subject_id=refused.subject_id,
            step=refused.step,
            tried_by=refused.tried_by,
            tried_at=refused.tried_at,
            code=refused.code,
            detail=refused.detail,
        )
    )


async def of_subject(connection: AsyncConnection, subject_id: UUID) -> list[RefusedStep]:
    """All of a batch, recovery or plan version, the oldest first."""
    query = (
        select(refused_step)
        .where(refused_step.c.subject_id == subject_id)
        .order_by(refused_step.c.tried_at, refused_step.c.id)
    )
    return [RefusedStep(**row._asdict()) for row in await connection.execute(query)]


async def page(connection: AsyncConnection, *, after: UUID | None, limit: int) -> list[RefusedStep]:
    """Of all subjects and of none, in the order of their ids, which is that of time."""
    query = select(refused_step).order_by(refused_step.c.id).limit(limit)
    if after is not None:
        query = query.where(refused_step.c.id > after)
    return [RefusedStep(**row._asdict()) for row in await connection.execute(query)]
