"""The event path: facts in, statements and ledger out, and everybody anew when a plan is published."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    Arrival,
)
from services.compensation.policy.plan_book import BookedPlan, PlanBook
from services.compensation.policy.recalculation import Changes, decide_again, take_in
from services.compensation.repository import accounts, plans
from shared.kernel.clock import Clock
from shared.messaging import outbox

CHUNK = 500


async def take_in_facts(connection: AsyncConnection, clock: Clock, book: PlanBook, arrivals: Sequence[Arrival]) -> None:
    """Take facts in and post what they come to. Stale ones change nothing."""
    locked, published = await accounts.lock_accounts(connection, [arrival.educator_id for arrival in arrivals])
    standing = await _booked(connection, book, published)
    now = clock.now()
    changes = take_in(locked, arrivals, standing, decided_at=now)
    await _save(connection, changes, now)


async def recalculate_next(connection: AsyncConnection, clock: Clock, book: PlanBook) -> int | None:
    """Decide the next educators of the oldest unfinished recalculation by the plan that stands for the year now.

    Returns how many, or None where nothing is due. The place reached moves in the same transaction, so a crash
    repeats nothing and leaves nobody out.
    """
    await accounts.share_plans(connection)
    due = await plans.due_recalculation(connection)
    if due is None:
        return None
    ids = await accounts.educators_after(connection, due.after_educator_id, CHUNK)
    now = clock.now()
    if ids:
        locked, published = await accounts.lock_accounts(connection, ids)
        standing = await _booked(connection, book, published)
        plan = next((plan for plan in standing if plan.plan_version_id == due.plan_version_id), None)
        # A version that was superseded while its recalculation ran has nothing more to decide: its successor will.
        if plan is not None:
            changes = decide_again(locked.values(), plan, cause_event_id=due.event_id, decided_at=now)
            await _save(connection, changes, now)
    await plans.move_recalculation(
        connection,
        due.plan_version_id,
        after=UUID(ids[-1]) if ids else due.after_educator_id,
        educators=len(ids),
        finished_at=None if len(ids) == CHUNK else now,
    )
    return len(ids)


async def _booked(connection: AsyncConnection, book: PlanBook, ids: Sequence[UUID]) -> list[BookedPlan]:
    if not book.has_all(ids):
        book.add_all(await plans.published(connection))
    return book.get_all(ids)


async def _save(connection: AsyncConnection, changes: Changes, now: datetime) -> None:
    if changes:
        events = outbox.rows(changes.events, now=now, traceparents=changes.traceparents)
        await accounts.save(connection, changes, events)
