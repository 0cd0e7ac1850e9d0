"""Plan versions: written as drafts, published by another person, from then on immutable. Between: `plan_life`."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import PlanState, PlanStep, PlanVersion
from services.compensation.errors import PlanVersionUnknown, YearClosed
from services.compensation.policy.differences import Difference, differences
from services.compensation.policy.evaluation.compiled import looks_at_everybody
from services.compensation.policy.plan import content_hash, document_of, parse_plan
from services.compensation.repository import plans, recalculations
from shared.events.compensation import PlanPublished
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.messaging import outbox
from shared.web.auth import Principal, Role


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
    await plans.record_step(connection, version.id, PlanStep(PlanState.DRAFT, by, now))
    return version


async def publish_plan(connection: AsyncConnection, clock: Clock, plan_version_id: UUID, *, by: str) -> PlanVersion:
    """Make an approved version the one that its year is paid by, and ask for everybody's recalculation.

    Raises PlanVersionUnknown, PlanAlreadyPublished, PlanStepOutOfOrder, WriterCannotPublish, AllPayNotDescribed,
    YearClosed.
    """
    await plans.hold_plans(connection)
    now = clock.now()
    version = (await locked_version(connection, plan_version_id)).publish(by, now)
    if await plans.is_closed(connection, version.plan_year):
        raise YearClosed(f"{version.plan_year} was settled for good; {how_to_reopen(version.plan_year)}")
    [event_id] = await outbox.record(connection, [await _published(connection, version)], now=now)
    superseded = await plans.publish(connection, version, event_id=event_id)
    await plans.record_step(connection, version.id, PlanStep(version.state, by, now))
    if superseded is not None:
        step = PlanStep(PlanState.SUPERSEDED, by, now, f"{version} took its place")
        await plans.record_step(connection, superseded, step)
    if is_settled_at_close(version):
        await plans.ask_for_settlement(connection, version.id, at=now, final=False, by=by)
    return version


def how_to_reopen(plan_year: str) -> str:
    """What a refusal of a closed year leads to."""
    return (
        "nothing was changed. Another person than who had it settled reopens it first: "
        f'POST /compensation/v1/common-facts/{plan_year}/reopening with {{"reason": "..."}}'
    )


async def _published(connection: AsyncConnection, version: PlanVersion) -> PlanPublished:
    approval = version.approval
    return PlanPublished(
        plan=version.plan,
        version=version.version,
        plan_version_id=version.id,
        plan_year=version.plan_year,
        content_hash=version.content_hash,
        document=version.document,
        publication=await plans.publications(connection) + 1,
        minute_reference=approval and approval.minute_reference,
        board_approved_on=approval and approval.approved_on,
        describes_all_pay=approval and approval.describes_all_pay,
    )


def is_settled_at_close(version: PlanVersion) -> bool:
    """Whether something of it depends on all educators at once, and is an estimate until its year is closed."""
    return looks_at_everybody(parse_plan(version.document))


async def version_to_settle(connection: AsyncConnection, plan_year: str) -> PlanVersion | None:
    """The version that the year is paid by, if it is settled at close."""
    version = await plans.published_for(connection, plan_year)
    return version if version is not None and is_settled_at_close(version) else None


async def plan_version(connection: AsyncConnection, plan_version_id: UUID) -> PlanVersion:
    """Raises PlanVersionUnknown."""
    return _known(plan_version_id, await plans.get(connection, plan_version_id))


async def visible_version(connection: AsyncConnection, plan_version_id: UUID, principal: Principal) -> PlanVersion:
    """What is a draft still does not exist for others than HR. Raises PlanVersionUnknown."""
    version = await plan_version(connection, plan_version_id)
    return _known(plan_version_id, version if may_read(version, principal) else None)


def may_read(version: PlanVersion, principal: Principal) -> bool:
    return version.is_public or principal.has_any(Role.HR, Role.ADMIN)


async def locked_version(connection: AsyncConnection, plan_version_id: UUID, *, shared: bool = False) -> PlanVersion:
    """The version as it stays until this transaction ends. Raises PlanVersionUnknown."""
    return _known(plan_version_id, await plans.lock(connection, plan_version_id, shared=shared))


def _known(plan_version_id: UUID, version: PlanVersion | None) -> PlanVersion:
    if version is None:
        raise PlanVersionUnknown(f"there is no plan version {plan_version_id}: GET /compensation/v1/plans lists them")
    return version


async def plan_versions(
    connection: AsyncConnection,
    principal: Principal,
    *,
    plan_year: str | None = None,
    state: PlanState | None = None,
) -> Sequence[PlanVersion]:
    """Those that the caller may read."""
    found = await plans.list_all(connection, plan_year=plan_year, state=state)
    return [version for version in found if may_read(version, principal)]


async def history(connection: AsyncConnection, plan_version_id: UUID) -> Sequence[PlanStep]:
    """Who took which step when, from the first one on record. Raises PlanVersionUnknown."""
    await plan_version(connection, plan_version_id)
    return await plans.steps(connection, plan_version_id)


async def changes_between(
    connection: AsyncConnection, plan_version_id: UUID, principal: Principal, *, earlier_id: UUID
) -> Sequence[Difference]:
    """What the version says otherwise than the earlier one. Raises PlanVersionUnknown."""
    later, earlier = [await visible_version(connection, one, principal) for one in (plan_version_id, earlier_id)]
    return differences(earlier.document, later.document)


async def recalculation_progress(connection: AsyncConnection, plan_version_id: UUID) -> Any:
    """How far everybody's recalculation by this version has come; None where it was never asked for."""
    return await recalculations.progress(connection, plan_version_id)
