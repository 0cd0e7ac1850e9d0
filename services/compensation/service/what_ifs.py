"""What-ifs: asked for, looked at, laid side by side. They are run by `what_if_runs`, and nothing here runs one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import WhatIf, WhatIfOutcome, WhatIfState
from services.compensation.errors import (
    PlanOfAnotherYear,
    WhatIfNotDone,
    WhatIfsOfSeveralYears,
    WhatIfUnknown,
    WhatIfWithoutPlan,
)
from services.compensation.policy.plan import document_of, parse_plan
from services.compensation.policy.what_if.changes import Change
from services.compensation.repository import plans, what_ifs
from services.compensation.service.plans import plan_version
from shared.kernel.clock import Clock
from shared.kernel.errors import FieldError
from shared.kernel.ids import uuid7


class Question(NamedTuple):
    """What is to be run: a kept version of a plan, the text of another one, or what stands; on facts with changes."""

    title: str
    plan_year: str
    plan_version_id: UUID | None
    document: str | None
    changes: Sequence[Change]


class Filter(NamedTuple):
    """Which educators of a what-if are asked for; None for all."""

    outcome: WhatIfOutcome | None = None
    gate: str | None = None
    campus_id: UUID | None = None


async def ask(connection: AsyncConnection, clock: Clock, question: Question, *, by: str) -> WhatIf:
    """Keep a question for the worker to answer.

    Raises PlanVersionUnknown, PlanUnreadable, PlanInvalid, PlanOfAnotherYear, WhatIfWithoutPlan.
    """
    document: dict[str, Any] | None = None
    if question.plan_version_id is not None:
        version = await plan_version(connection, question.plan_version_id)
        _of_the_year(question.plan_year, version.plan_year, "/plan_version_id")
    elif question.document is not None:
        plan = await asyncio.to_thread(parse_plan, question.document)
        _of_the_year(question.plan_year, plan.plan_year, "/document")
        document = document_of(plan)
    elif await plans.published_for(connection, question.plan_year) is None:
        raise WhatIfWithoutPlan(f"no plan is published for {question.plan_year}: name a version or give a document")
    now = clock.now()
    asked = WhatIf(
        id=uuid7(now),
        title=question.title,
        plan_year=question.plan_year,
        plan_version_id=question.plan_version_id,
        document=document,
        changes=[change.model_dump(mode="json", exclude_defaults=True) for change in question.changes],
        asked_by=by,
        asked_at=now,
    )
    await what_ifs.add(connection, asked)
    return asked


def _of_the_year(asked: str, has: str, pointer: str) -> None:
    if asked != has:
        detail = f"the plan is of {has}: ask about {has}, or give a plan of {asked}"
        raise PlanOfAnotherYear(detail, errors=[FieldError(pointer, detail)])


async def what_if(connection: AsyncConnection, what_if_id: UUID) -> WhatIf:
    """Raises WhatIfUnknown."""
    found = await what_ifs.get(connection, what_if_id)
    if found is None:
        raise WhatIfUnknown(f"there is no what-if {what_if_id}: GET /compensation/v1/what-ifs lists them")
    return found


async def done(connection: AsyncConnection, what_if_id: UUID) -> WhatIf:
    """One that has come to its end. Raises WhatIfUnknown, WhatIfNotDone."""
    found = await what_if(connection, what_if_id)
    if found.state is WhatIfState.FAILED:
        raise WhatIfNotDone(f"what-if {what_if_id} failed: {found.failed_reason}; ask another one")
    if found.state is not WhatIfState.DONE:
        raise WhatIfNotDone(f"what-if {what_if_id} is {found.state}: look at it again until it is done")
    return found


async def page(
    connection: AsyncConnection, *, plan_year: str | None, before: UUID | None, limit: int
) -> Sequence[WhatIf]:
    """The newest first."""
    return await what_ifs.page(connection, plan_year=plan_year, before=before, limit=limit)


async def several_done(connection: AsyncConnection, ids: Sequence[UUID]) -> Sequence[WhatIf]:
    """What-ifs of one year, each once and in the order given. Raises WhatIfUnknown, WhatIfNotDone,
    WhatIfsOfSeveralYears.
    """
    found = [await done(connection, one) for one in dict.fromkeys(ids)]
    if len(years := sorted({one.plan_year for one in found})) > 1:
        raise WhatIfsOfSeveralYears(f"they are of {' and '.join(years)}: choose those of one year")
    return found


async def rows_page(
    connection: AsyncConnection, what_if_id: UUID, asked: Filter, *, after: UUID | None, limit: int
) -> Sequence[Any]:
    """Raises WhatIfUnknown, WhatIfNotDone."""
    await done(connection, what_if_id)
    return await what_ifs.rows_page(connection, what_if_id, **asked._asdict(), after=after, limit=limit)


def rows_stream(connection: AsyncConnection, what_if_id: UUID, asked: Filter) -> AsyncIterator[Sequence[Any]]:
    return what_ifs.rows_stream(connection, what_if_id, **asked._asdict())
