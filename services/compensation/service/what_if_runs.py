"""Runs what-ifs, one at a time: everybody's facts as of one moment, decided by two plans, kept and never posted.

A run is one transaction that reads a snapshot and writes nothing but what the what-if came to; a crash in the middle
leaves nothing of it, and the whole is run again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import CommonFacts, PlanVersion, WhatIf, WhatIfRow
from services.compensation.policy.decide import settlement_for
from services.compensation.policy.evaluation.compiled import CompiledPlan, compile_plan
from services.compensation.policy.plan import parse_plan
from services.compensation.policy.what_if.changes import Change
from services.compensation.policy.what_if.comparing import BLOCK, Block, Comparison, Side
from services.compensation.policy.what_if.rows import rows_of
from services.compensation.policy.what_if.summary import Tally
from services.compensation.policy.what_if.supposing import Supposing
from services.compensation.repository import common_facts, payables, plans, what_ifs
from shared.kernel.clock import Clock

ATTEMPTS_AT_MOST = 5
"""A run that takes its process down so often will do so again."""
_ADVANCES_EVERY = 8
"""Blocks."""
_CHANGES: TypeAdapter[list[Change]] = TypeAdapter(list[Change])

Advance = Callable[[int, int], Awaitable[None]]
"""Tells how many educators were read, of how many."""


async def next_due(connection: AsyncConnection) -> WhatIf | None:
    """The oldest what-if to be run, held by this transaction, which has to be a new one; None where there is none."""
    return await what_ifs.next_due(connection)


async def begin(connection: AsyncConnection, due: WhatIf) -> None:
    """Put on record that a run begins, in another transaction than the run's."""
    await what_ifs.begin(connection, due.id)


async def advance(connection: AsyncConnection, due: WhatIf, *, read: int, of: int) -> None:
    """Put on record how far the run is, in another transaction than the run's."""
    await what_ifs.advance(connection, due.id, done=read, of=of)


async def fail(connection: AsyncConnection, clock: Clock, due: WhatIf, *, reason: str) -> None:
    """Have it never be run again."""
    await what_ifs.fail(connection, due.id, reason=reason, at=clock.now())


async def run(connection: AsyncConnection, clock: Clock, due: WhatIf, advance: Advance) -> None:
    """Run `due` in the transaction that holds it, and keep what it comes to."""
    as_of = clock.now()
    standing = await plans.published_for(connection, due.plan_year)
    common = await common_facts.standing(connection, due.plan_year)
    asked = standing if due.plan_version_id is None else await plans.get(connection, due.plan_version_id)
    comparison = await asyncio.to_thread(_prepared, due, asked, standing, common)
    educators = await what_ifs.number_of_educators(connection)
    after, read, blocks = None, 0, 0
    while page := await what_ifs.facts_after(connection, after, BLOCK):
        # Away from the loop, which answers the bus meanwhile.
        await asyncio.to_thread(comparison.take_in, page)
        after, read, blocks = page[-1][0], read + len(page), blocks + 1
        if blocks % _ADVANCES_EVERY == 1:
            await advance(read, educators)
    given = await payables.given(connection, due.plan_year)
    tally, decided = Tally(comparison, given, is_closed=common.is_final), comparison.decided()
    while (rows := await asyncio.to_thread(_next_rows, tally, decided)) is not None:
        await what_ifs.add_rows(connection, due.id, rows)
    summary = await asyncio.to_thread(tally.summary)
    await what_ifs.finish(
        connection,
        due.id,
        baseline_id=None if standing is None else standing.id,
        facts_as_of=as_of,
        summary=summary,
        at=clock.now(),
    )
    await advance(read, educators)


def _prepared(due: WhatIf, asked: PlanVersion | None, standing: PlanVersion | None, common: CommonFacts) -> Comparison:
    document: Any = asked.document if due.document is None and asked else due.document
    plan = compile_plan(parse_plan(document), version=asked.version if asked else 0)
    supposing = Supposing(_CHANGES.validate_python(due.changes), plan.scope, common.campuses)
    before = (
        None if standing is None else Side(_compiled(standing), common.campuses, settlement_for(common, standing.id))
    )
    return Comparison(before, Side(plan, supposing.campuses), supposing)


def _compiled(version: PlanVersion) -> CompiledPlan:
    return compile_plan(parse_plan(version.document), version=version.version)


def _next_rows(tally: Tally, decided: Iterator[Block]) -> Sequence[WhatIfRow] | None:
    block = next(decided, None)
    return None if block is None else rows_of(block, tally)
