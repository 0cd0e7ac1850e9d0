"""Queries for plan versions and the recalculation that a publication asks for."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, Select, func, select, text, union_all, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    BoardApproval,
    PlanState,
    PlanStep,
    PlanVersion,
)
from services.compensation.models import (
    common_facts,
    plan_comment,
    plan_step,
    plan_version,
    recalculation,
    settlement_request,
)
from services.compensation.repository import recalculations
from services.compensation.repository.accounts import PLANS_LOCK
from shared.kernel.ids import uuid7


async def hold_plans(connection: AsyncConnection) -> None:
    """Wait for the batches under way, and let none begin until this transaction ends."""
    await connection.execute(text(f"SELECT pg_advisory_xact_lock({PLANS_LOCK})"))


async def next_version(connection: AsyncConnection, plan: str) -> int:
    newest = await connection.scalar(select(func.max(plan_version.c.version)).where(plan_version.c.plan == plan))
    return (newest or 0) + 1


async def add(connection: AsyncConnection, version: PlanVersion, *, event_id: UUID | None = None) -> None:
    await connection.execute(
        insert(plan_version).values(
            id=version.id,
            plan=version.plan,
            version=version.version,
            plan_year=version.plan_year,
            content_hash=version.content_hash,
            document=version.document,
            written_by=version.written_by,
            written_at=version.written_at,
            event_id=event_id,
            **_changing(version),
        )
    )


async def save(connection: AsyncConnection, version: PlanVersion, *, event_id: UUID | None = None) -> None:
    """Keep what the last step changed; `event_id` is of the event that told of it, if one did."""
    await connection.execute(
        update(plan_version).where(plan_version.c.id == version.id).values(**_changing(version), event_id=event_id)
    )


async def record_step(connection: AsyncConnection, plan_version_id: UUID, step: PlanStep) -> None:
    """Put a step at the end of the version's history; the version is locked."""
    number = select(func.count() + 1).where(plan_step.c.plan_version_id == plan_version_id).scalar_subquery()
    writer = select(plan_version.c.written_by).where(plan_version.c.id == plan_version_id).scalar_subquery()
    await connection.execute(
        insert(plan_step).values(
            plan_version_id=plan_version_id,
            number=number,
            written_by=writer,
            state=step.state,
            taken_by=step.by,
            taken_at=step.at,
            reason=step.reason,
        )
    )


async def steps(connection: AsyncConnection, plan_version_id: UUID) -> list[PlanStep]:
    """The first one first."""
    rows = await connection.execute(
        select(plan_step).where(plan_step.c.plan_version_id == plan_version_id).order_by(plan_step.c.number)
    )
    return [PlanStep(PlanState(row.state), row.taken_by, row.taken_at, row.reason) for row in rows]


async def get(connection: AsyncConnection, plan_version_id: UUID) -> PlanVersion | None:
    return await _one(connection, _versions().where(plan_version.c.id == plan_version_id))


async def lock(connection: AsyncConnection, plan_version_id: UUID, *, shared: bool = False) -> PlanVersion | None:
    """The version, locked for its next step; `shared` with others who only have to see it stay as it is.

    What refers to the version (a statement, say) goes on being written meanwhile.
    """
    one = _versions().where(plan_version.c.id == plan_version_id)
    return await _one(connection, one.with_for_update(read=shared, key_share=not shared, of=plan_version))


async def list_all(
    connection: AsyncConnection, *, plan_year: str | None = None, state: PlanState | None = None
) -> list[PlanVersion]:
    query = _versions().order_by(plan_version.c.plan_year, plan_version.c.version)
    if plan_year is not None:
        query = query.where(plan_version.c.plan_year == plan_year)
    if state is not None:
        query = query.where(plan_version.c.state == state)
    return [_plan_version(row) for row in await connection.execute(query)]


async def published(connection: AsyncConnection) -> list[PlanVersion]:
    """The standing version of every plan year, the oldest year first."""
    return await list_all(connection, state=PlanState.PUBLISHED)


async def published_for(connection: AsyncConnection, plan_year: str) -> PlanVersion | None:
    """The version that the year is paid by."""
    return next(iter(await list_all(connection, plan_year=plan_year, state=PlanState.PUBLISHED)), None)


async def publish(connection: AsyncConnection, version: PlanVersion, *, event_id: UUID) -> UUID | None:
    """Make `version`, as it was published, the standing one of its year; the id of the one that it supersedes."""
    superseded = await _supersede(connection, version)
    await save(connection, version, event_id=event_id)
    await _decide_everybody_by(connection, version, event_id)
    return superseded


async def add_published(connection: AsyncConnection, version: PlanVersion, *, event_id: UUID) -> None:
    """The same for a version that comes published from the log, which does not tell of the steps before."""
    await _supersede(connection, version)
    await add(connection, version, event_id=event_id)
    await _decide_everybody_by(connection, version, event_id)


async def _supersede(connection: AsyncConnection, version: PlanVersion) -> UUID | None:
    superseded: UUID | None = await connection.scalar(
        update(plan_version)
        .where(plan_version.c.plan_year == version.plan_year, plan_version.c.state == PlanState.PUBLISHED)
        .values(state=PlanState.SUPERSEDED)
        .returning(plan_version.c.id)
    )
    return superseded


async def _decide_everybody_by(connection: AsyncConnection, version: PlanVersion, event_id: UUID) -> None:
    assert version.published_at is not None  # noqa: S101 - the domain publishes with a moment
    await recalculations.ask_for(connection, version.id, cause_event_id=event_id, at=version.published_at)


async def ever_published(connection: AsyncConnection, plan_year: str) -> list[PlanVersion]:
    """All versions that the year is or was paid by, in the order of their publication."""
    rows = await connection.execute(
        _versions()
        .where(plan_version.c.plan_year == plan_year, plan_version.c.published_at.is_not(None))
        .order_by(plan_version.c.published_at, plan_version.c.id)
    )
    return [_plan_version(row) for row in rows]


async def is_decided(connection: AsyncConnection, plan_year: str) -> bool:
    """Whether everybody of the year is decided by what stands: nothing is to be settled or recalculated."""
    of_year = select(plan_version.c.id).where(plan_version.c.plan_year == plan_year)
    waiting = union_all(
        select(recalculation.c.plan_version_id).where(recalculation.c.finished_at.is_(None)),
        select(settlement_request.c.plan_version_id).where(settlement_request.c.done_at.is_(None)),
    ).subquery()
    found = select(waiting.c.plan_version_id).where(waiting.c.plan_version_id.in_(of_year)).limit(1)
    return (await connection.execute(found)).first() is None


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


def _versions() -> Select[Any]:
    comments = select(func.count()).where(plan_comment.c.plan_version_id == plan_version.c.id).scalar_subquery()
    return select(plan_version, comments.label("comments"))


async def _one(connection: AsyncConnection, query: Select[Any]) -> PlanVersion | None:
    row = (await connection.execute(query)).first()
    return None if row is None else _plan_version(row)


def _changing(version: PlanVersion) -> dict[str, Any]:
    """What the steps of its life change."""
    approval = version.approval
    return {
        "state": version.state,
        "comments_close_at": version.comments_close_at,
        "comments_waived_because": version.comments_waived_because,
        "minute_reference": approval and approval.minute_reference,
        "board_approved_on": approval and approval.approved_on,
        "describes_all_pay": approval and approval.describes_all_pay,
        "published_by": version.published_by,
        "published_at": version.published_at,
    }


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
        comments_close_at=row.comments_close_at,
        comments_waived_because=row.comments_waived_because,
        approval=None
        if row.minute_reference is None
        else BoardApproval(row.minute_reference, row.board_approved_on, row.describes_all_pay),
        published_by=row.published_by,
        published_at=row.published_at,
        comments=row.comments,
    )
