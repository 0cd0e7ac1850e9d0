"""Queries for plan versions and the recalculation that a publication asks for."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    PlanState,
    PlanVersion,
)
from services.compensation.models import common_facts, plan_version, recalculation, settlement_request
from services.compensation.repository.accounts import PLANS_LOCK
from shared.kernel.ids import uuid7

# Until it is settled nobody shares a pot: decided before, everybody would be taken from and given back.
_is_to_be_settled = (
    select(settlement_request.c.id)
    .where(
        settlement_request.c.plan_version_id == recalculation.c.plan_version_id,
        settlement_request.c.done_at.is_(None),
    )
    .exists()
)


async def hold_plans(connection: AsyncConnection) -> None:
    """Wait for the batches under way, and let none begin until this transaction ends."""
    await connection.execute(text(f"SELECT pg_advisory_xact_lock({PLANS_LOCK})"))


async def next_version(connection: AsyncConnection, plan: str) -> int:
    newest = await connection.scalar(select(func.max(plan_version.c.version)).where(plan_version.c.plan == plan))
    return (newest or 0) + 1


async def add(connection: AsyncConnection, version: PlanVersion) -> None:
    await connection.execute(
        insert(plan_version).values(
            id=version.id,
            plan=version.plan,
            version=version.version,
            plan_year=version.plan_year,
            content_hash=version.content_hash,
            document=version.document,
            state=version.state,
            written_by=version.written_by,
            written_at=version.written_at,
        )
    )


async def get(connection: AsyncConnection, plan_version_id: UUID) -> PlanVersion | None:
    row = (await connection.execute(select(plan_version).where(plan_version.c.id == plan_version_id))).first()
    return None if row is None else _plan_version(row)


async def list_all(connection: AsyncConnection) -> list[PlanVersion]:
    rows = await connection.execute(select(plan_version).order_by(plan_version.c.plan_year, plan_version.c.version))
    return [_plan_version(row) for row in rows]


async def published(connection: AsyncConnection) -> list[PlanVersion]:
    """The standing version of every plan year, the oldest year first."""
    rows = await connection.execute(
        select(plan_version).where(plan_version.c.state == PlanState.PUBLISHED).order_by(plan_version.c.plan_year)
    )
    return [_plan_version(row) for row in rows]


async def publish(connection: AsyncConnection, version: PlanVersion, *, by: str, at: datetime, event_id: UUID) -> None:
    """Make `version` the standing one of its year; the one before is superseded."""
    await connection.execute(
        update(plan_version)
        .where(plan_version.c.plan_year == version.plan_year, plan_version.c.state == PlanState.PUBLISHED)
        .values(state=PlanState.SUPERSEDED)
    )
    await connection.execute(
        update(plan_version)
        .where(plan_version.c.id == version.id)
        .values(state=PlanState.PUBLISHED, published_by=by, published_at=at, event_id=event_id)
    )
    await ask_for_recalculation(connection, version.id, cause_event_id=event_id, at=at)


async def ask_for_recalculation(
    connection: AsyncConnection, plan_version_id: UUID, *, cause_event_id: UUID, at: datetime
) -> None:
    """Have everybody decided anew by this version, because of the event."""
    await connection.execute(
        insert(recalculation).values(cause_event_id=cause_event_id, plan_version_id=plan_version_id, requested_at=at)
    )


async def published_for(connection: AsyncConnection, plan_year: str) -> PlanVersion | None:
    """The version that the year is paid by."""
    found = await connection.execute(
        select(plan_version).where(plan_version.c.plan_year == plan_year, plan_version.c.state == PlanState.PUBLISHED)
    )
    row = found.first()
    return None if row is None else _plan_version(row)


async def is_closed(connection: AsyncConnection, plan_year: str) -> bool:
    """Whether the year was settled for good, and not reopened since."""
    standing = (
        select(common_facts.c.is_final)
        .where(common_facts.c.plan_year == plan_year)
        .order_by(common_facts.c.number.desc())
        .limit(1)
    )
    return bool(await connection.scalar(standing))


async def ask_for_settlement(
    connection: AsyncConnection, plan_version_id: UUID, *, at: datetime, final: bool, by: str
) -> None:
    await connection.execute(
        insert(settlement_request).values(
            id=uuid7(at), plan_version_id=plan_version_id, final=final, asked_by=by, asked_at=at
        )
    )


async def due_settlement(connection: AsyncConnection) -> Any:
    """The oldest settlement that was asked for and is not done, locked; None where there is none or another has it.

    One is done at a time: of two, the later reading of everybody's facts has to be the later settlement.
    """
    is_mine = await connection.scalar(text("SELECT pg_try_advisory_xact_lock(hashtext('settlement'))"))
    if not is_mine:
        return None
    found = await connection.execute(
        select(settlement_request)
        .where(settlement_request.c.done_at.is_(None))
        .order_by(settlement_request.c.asked_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found.first()


async def settled(connection: AsyncConnection, request_id: UUID, *, at: datetime) -> None:
    await connection.execute(update(settlement_request).where(settlement_request.c.id == request_id).values(done_at=at))


async def publications(connection: AsyncConnection) -> int:
    """How many there were so far, of any plan and year."""
    count = select(func.count()).where(plan_version.c.published_at.is_not(None))
    return (await connection.scalar(count)) or 0


async def due_recalculation(connection: AsyncConnection) -> Any:
    """The oldest unfinished recalculation, locked; None where there is none or another worker has it."""
    found = await connection.execute(
        select(recalculation.c.cause_event_id, recalculation.c.plan_version_id, recalculation.c.after_educator_id)
        .where(recalculation.c.finished_at.is_(None), ~_is_to_be_settled)
        .order_by(recalculation.c.requested_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found.first()


async def move_recalculation(
    connection: AsyncConnection,
    cause_event_id: UUID,
    *,
    after: UUID | None,
    educators: int,
    finished_at: datetime | None,
) -> None:
    await connection.execute(
        update(recalculation)
        .where(recalculation.c.cause_event_id == cause_event_id)
        .values(
            after_educator_id=after,
            educators=recalculation.c.educators + educators,
            finished_at=finished_at,
        )
    )


async def progress(connection: AsyncConnection, plan_version_id: UUID) -> Any:
    """Of the last that was asked for."""
    found = await connection.execute(
        select(recalculation)
        .where(recalculation.c.plan_version_id == plan_version_id)
        .order_by(recalculation.c.requested_at.desc())
        .limit(1)
    )
    return found.first()


def _plan_version(row: Row[Any]) -> PlanVersion:
    document = row.document if isinstance(row.document, dict) else orjson.loads(row.document)
    return PlanVersion(
        id=row.id,
        plan=row.plan,
        version=row.version,
        plan_year=row.plan_year,
        content_hash=row.content_hash,
        document=document,
        state=PlanState(row.state),
        written_by=row.written_by,
        written_at=row.written_at,
        published_by=row.published_by,
        published_at=row.published_at,
    )
