"""The event path: facts in, statements and ledger out, and everybody anew when a plan is published."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import Account, Arrival
from services.compensation.policy.plan_book import BookedPlan, PlanBook, Standing
from services.compensation.policy.recalculation import Changes, decide_again, take_in
from services.compensation.repository import accounts, common_facts, plans, recalculations
from shared.kernel.clock import Clock
from shared.messaging import outbox

CHUNK = 500
"""So many educators in a range, which is a transaction, and"""
PART = 100
"""so many of them written at once, while the next are decided."""


async def take_in_facts(connection: AsyncConnection, clock: Clock, book: PlanBook, arrivals: Sequence[Arrival]) -> None:
    """Take facts in and post what they come to. Stale ones change nothing."""
    locked, published = await accounts.lock_accounts(connection, [arrival.educator_id for arrival in arrivals])
    standing = await _booked(connection, book, published)
    now = clock.now()
    changes = take_in({one.educator_id: one for one in locked}, arrivals, standing, decided_at=now)
    if changes:
        await accounts.save(connection, changes, _events(changes, now))


async def recalculate_next(connection: AsyncConnection, clock: Clock, book: PlanBook) -> int | None:
    """Decide a range of educators of the oldest unfinished recalculation by the plan that stands for the year now.

    Returns how many, 0 where everybody was divided into ranges first, or None where nothing is left for this worker.
    A range is gone in the transaction that decides it, so a crash repeats nothing and leaves nobody out.
    """
    await accounts.share_plans(connection)
    now = clock.now()
    due = await recalculations.next_range(connection)
    if due is None:
        return 0 if await recalculations.divide_next(connection, size=CHUNK, at=now) else None
    ids = await accounts.educators_between(connection, due.after_educator_id, due.until_educator_id)
    for first in range(0, len(ids), CHUNK):
        locked, published = await accounts.lock_accounts(connection, ids[first : first + CHUNK])
        standing = await _booked(connection, book, published)
        plan = next((plan for plan in standing if plan.plan_version_id == due.plan_version_id), None)
        # A version that was superseded while its recalculation ran has nothing more to decide: its successor will.
        if plan is not None:
            await _decide(connection, locked, plan, cause_event_id=due.cause_event_id, now=now)
    await recalculations.decided(connection, due.cause_event_id, due.number, educators=len(ids), at=now)
    return len(ids)


async def _decide(
    connection: AsyncConnection, everybody: Iterator[Account], plan: BookedPlan, *, cause_event_id: UUID, now: datetime
) -> None:
    async with accounts.saving(connection) as save:
        while part := list(islice(everybody, PART)):
            changes = decide_again(part, plan, cause_event_id=cause_event_id, decided_at=now)
            if changes:
                await save(changes, _events(changes, now))


async def _booked(connection: AsyncConnection, book: PlanBook, standing: Sequence[Standing]) -> list[BookedPlan]:
    if book.lacks_plans(standing):
        book.add_plans(await plans.published(connection))
    if book.lacks_common_facts(standing):
        years = [one.plan_year for one in standing]
        book.add_common_facts([await common_facts.standing(connection, year) for year in years])
    return [book.get(one) for one in standing]


def _events(changes: Changes, now: datetime) -> outbox.Rows:
    return outbox.rows(changes.events, now=now, traceparents=changes.traceparents)
