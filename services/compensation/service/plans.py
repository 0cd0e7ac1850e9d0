"""Plan documents: written as drafts, published by another person, from then on immutable."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    PlanState,
    PlanVersion,
)
from services.compensation.errors import PlanAlreadyPublished, PlanVersionUnknown, WriterCannotPublish, YearClosed
from services.compensation.policy.evaluation.compiled import looks_at_everybody
from services.compensation.policy.plan import content_hash, document_of, parse_plan
from services.compensation.repository import plans
from shared.events.compensation import PlanPublished
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.messaging import outbox


async def write_plan(
    connection: AsyncConnection, clock: Clock, document: str | dict[str, Any], *, by: str
) -> PlanVersion:
    """Keep a plan document as the next draft version of its plan. Raises PlanInvalid with place and remedy."""
    plan = await asyncio.to_thread(parse_plan, document)
    await plans.hold_plans(connection)
    now = clock.now()
    version = PlanVersion(
        id=uuid7(now),
        plan=plan.code,
        version=await plans.next_version(connection, plan.code),
        plan_year=plan.plan_year,
        content_hash=content_hash(plan),
        document=document_of(plan),
        state=PlanState.DRAFT,
        written_by=by,
        written_at=now,
    )
    await plans.add(connection, version)
    return version


async def publish_plan(connection: AsyncConnection, clock: Clock, plan_version_id: UUID, *, by: str) -> PlanVersion:
    """Make a draft the version that its year is paid by, and ask for everybody's recalculation.

    Raises PlanVersionUnknown, PlanAlreadyPublished, WriterCannotPublish, YearClosed.
    """
    await plans.hold_plans(connection)
    version = await plan_version(connection, plan_version_id)
    if version.state is not PlanState.DRAFT:
        raise PlanAlreadyPublished(
            f"version {version.version} of {version.plan} is {version.state}: write a new version"
        )
    if by == version.written_by:
        raise WriterCannotPublish(f"{by} wrote this version: another person has to publish it")
    if await plans.is_closed(connection, version.plan_year):
        raise YearClosed(f"{version.plan_year} was settled for good: what it is paid by does not change any more")
    now = clock.now()
    event = PlanPublished(
        plan=version.plan,
        version=version.version,
        plan_version_id=version.id,
        plan_year=version.plan_year,
        content_hash=version.content_hash,
        document=version.document,
        publication=await plans.publications(connection) + 1,
    )
    [event_id] = await outbox.record(connection, [event], now=now)
    await plans.publish(connection, version, by=by, at=now, event_id=event_id)
    if is_settled_at_close(version):
        await plans.ask_for_settlement(connection, version.id, at=now, final=False, by=by)
    return await plan_version(connection, plan_version_id)


def is_settled_at_close(version: PlanVersion) -> bool:
    """Whether something of it depends on all educators at once, and is an estimate until its year is closed."""
    return looks_at_everybody(parse_plan(version.document))


async def version_to_settle(connection: AsyncConnection, plan_year: str) -> PlanVersion | None:
    """The version that the year is paid by, if it is settled at close."""
    version = await plans.published_for(connection, plan_year)
    return version if version is not None and is_settled_at_close(version) else None


async def plan_version(connection: AsyncConnection, plan_version_id: UUID) -> PlanVersion:
    """Raises PlanVersionUnknown."""
    version = await plans.get(connection, plan_version_id)
    if version is None:
        raise PlanVersionUnknown(f"there is no plan version {plan_version_id}: GET /compensation/v1/plans lists them")
    return version


async def plan_versions(connection: AsyncConnection) -> Sequence[PlanVersion]:
    return await plans.list_all(connection)


async def recalculation_progress(connection: AsyncConnection, plan_version_id: UUID) -> Any:
    """How far everybody's recalculation by this version has come; None where it was never asked for."""
    return await plans.progress(connection, plan_version_id)
