"""Builds the compensation service from its settings: the only place that knows what stands behind each part."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from fastapi import FastAPI

from services.compensation.api import ROUTERS
from services.compensation.domain import Found, Released, WhatIf
from services.compensation.errors import CompensationError
from services.compensation.handlers import EVENTS, TOPICS, handler
from services.compensation.policy.layouts import Layout, parse_layout
from services.compensation.policy.plan_book import PlanBook
from services.compensation.service import what_if_runs
from services.compensation.service.arrivals import to_arrival
from services.compensation.service.common_facts import give_up_settlement, settle_next
from services.compensation.service.evaluator_snapshots import (
    due_snapshot,
    files_of,
    give_up_snapshot,
    keep_snapshot,
    read_moment,
)
from services.compensation.service.rebuild import Log, rebuild
from services.compensation.service.recalculation import recalculate_next
from services.compensation.service.reconciliation import reconcile
from services.compensation.service.suspensions import resume_payouts, suspend_payouts
from services.compensation.settings import Settings
from shared.db.direct import begin
from shared.db.faults import is_passing
from shared.events.compensation import (
    AttributeRecorded,
    CommonFactsChanged,
    PlacementRecorded,
    PlanPublished,
    StatementRecalculated,
)
from shared.events.registry import Event
from shared.events.topics import Topic
from shared.kernel.collector import uncollected
from shared.kernel.ids import uuid7
from shared.messaging.bus import Partition, Subscription
from shared.messaging.consumer import Consumer
from shared.messaging.outbox import EventTooLarge
from shared.messaging.received import of_interest, received
from shared.messaging.worker import Loop
from shared.runtime import Runtime
from shared.web.app import About, Edges, create_app

log = logging.getLogger(__name__)

NAME = "compensation"
MIGRATIONS = Path(__file__).parent / "migrations"
LAYOUTS = Path(__file__).parent / "layouts"
ABOUT = About(
    service=NAME,
    title="Rung compensation",
    version="1.0.0",
    description="Plans, ladder, bonus statements with a reason for every cent, ledger, payout batches.",
)
PAYOUT_TABLES = (
    "account_codes",
    "accounting_period_step",
    "budget",
    "inquiry",
    "inquiry_step",
    "offer_answer",
    "payment_entry",
    "payment_hold",
    "payout_batch",
    "payout_entry",
    "payout_instalment",
    "payout_line",
    "payout_suspension",
    "recovery",
    "recovery_entry",
    "recovery_instalment",
    "refused_step",
)
"""What of money and people's answers is in no event: a rebuilt database has them from the backup alone."""
_IDLE_SECONDS = 0.25
_SNAPSHOT_IDLE_SECONDS = 5.0
_BODY_LIMITS = {f"/{NAME}/v1/payout-batches/{{batch_id}}/acknowledgements": 32 * 1024 * 1024}
"""Payroll answers a batch once and whole, with a reason for each line of a state's batch that it did not take."""
_RELAY_RESTS_SECONDS = 0.05
"""Statements are read from the database; their events are for the record and for whoever follows it."""


def api(runtime: Runtime[Settings]) -> FastAPI:
    """The service's doors."""
    app = create_app(
        ABOUT,
        ROUTERS,
        authenticator=runtime.authenticator,
        ready_checks={"database": runtime.check_database},
        edges=Edges(body_limits=_BODY_LIMITS),
    )
    app.state.engine = runtime.engine
    app.state.clock = runtime.clock
    app.state.plan_book = PlanBook()
    app.state.layouts = shipped_layouts()
    return app


def shipped_layouts() -> dict[str, Layout]:
    """The fixed-width layouts by code. Raises LayoutInvalid, so that a bad one is seen when the service starts."""
    read = (parse_layout(path.read_text(encoding="utf-8")) for path in sorted(LAYOUTS.glob("*.yaml")))
    return {layout.code: layout for layout in read}


def consumer(runtime: Runtime[Settings]) -> Consumer:
    """The event path: facts in, statements and ledger out."""
    return Consumer(
        name=NAME,
        engine=runtime.engine,
        bus=runtime.bus,
        topics=TOPICS,
        events=EVENTS,
        handle=handler(runtime.clock, PlanBook()),
        clock=runtime.clock,
    )


def recalculator(runtime: Runtime[Settings]) -> Loop:
    """Decides everybody anew after a plan was published or the common facts changed, and settles what is asked for."""
    book = PlanBook()

    async def run() -> None:
        while True:
            settled = await _settle(runtime)
            # Each in a transaction of its own: one holds all plans for itself, the other shares them.
            with uncollected():
                async with begin(runtime.engine) as connection:
                    done = await recalculate_next(connection, runtime.clock, book)
            if done is None and not settled:
                await asyncio.sleep(_IDLE_SECONDS)

    return run


async def _settle(runtime: Runtime[Settings]) -> bool:
    """A settlement that cannot be made is given up: nobody's recalculation waits behind it for ever."""
    try:
        async with begin(runtime.engine) as connection:
            return await settle_next(connection, runtime.clock)
    except EventTooLarge:
        log.exception("a settlement is more than an event can tell, and is given up")
        async with begin(runtime.engine) as connection:
            await give_up_settlement(connection, runtime.clock)
        return True


def what_if_runner(runtime: Runtime[Settings]) -> Loop:
    """Runs the what-ifs that are asked for, one after the other."""
    return _one_by_one(lambda: run_what_if(runtime), idle_seconds=_IDLE_SECONDS)


def snapshot_maker(runtime: Runtime[Settings]) -> Loop:
    """Makes the evaluator's snapshots that are asked for."""
    return _one_by_one(lambda: make_next_snapshot(runtime), idle_seconds=_SNAPSHOT_IDLE_SECONDS)


def _one_by_one(take: Callable[[], Awaitable[bool]], *, idle_seconds: float) -> Loop:
    """Take what is due, one after the other, and rest where nothing is: `take` answers whether there was something."""

    async def run() -> None:
        while True:
            if not await take():
                await asyncio.sleep(idle_seconds)

    return run


async def run_what_if(runtime: Runtime[Settings]) -> bool:
    """Run the oldest what-if that is due; False where there is none. What will not pass by itself fails for good."""
    due: WhatIf | None = None

    async def advance(read: int, of: int) -> None:
        if due is not None:
            async with begin(runtime.engine) as aside:
                await what_if_runs.advance(aside, due, read=read, of=of)

    try:
        async with begin(runtime.engine) as connection:
            due = await what_if_runs.next_due(connection)
            if due is None:
                return False
            if due.attempts >= what_if_runs.ATTEMPTS_AT_MOST:
                reason = f"it was begun {due.attempts} times and never came to its end"
                await what_if_runs.fail(connection, runtime.clock, due, reason=reason)
                return True
            async with begin(runtime.engine) as aside:
                await what_if_runs.begin(aside, due)
            await what_if_runs.run(connection, runtime.clock, due, advance)
    except Exception as error:
        if due is None or is_passing(error):
            raise
        log.exception("what-if %s failed for good", due.id)
        async with begin(runtime.engine) as connection:
            await what_if_runs.fail(connection, runtime.clock, due, reason=f"{type(error).__name__}: {error}"[:1000])
    return True


async def make_next_snapshot(runtime: Runtime[Settings]) -> bool:
    """Make the oldest snapshot that is asked for, or give up one that cannot be made; False where there is none.

    It is read in one transaction, made in none, and kept in another: of two workers that make it one keeps it.
    """
    async with begin(runtime.engine) as connection:
        asked = await due_snapshot(connection)
    if asked is None:
        return False
    key = runtime.settings.pseudonym_key
    try:
        async with begin(runtime.engine) as connection:
            moment = await read_moment(connection, runtime.clock, asked, key.get_secret_value() if key else None)
        files = await files_of(moment)
    except Exception as error:
        if is_passing(error):
            raise
        log.exception("an evaluator's snapshot cannot be made, and is given up")
        told = error.detail if isinstance(error, CompensationError) else "it cannot be made: the worker's log says why"
        async with begin(runtime.engine) as connection:
            await give_up_snapshot(connection, asked.id, told)
        return True
    async with begin(runtime.engine) as connection:
        await keep_snapshot(connection, asked.id, files, as_of=moment.cover.as_of, educators=len(moment.records))
    return True


async def rebuild_from_log(runtime: Runtime[Settings]) -> int:
    """Replay the whole bus into the runtime's empty database; the number of educators.

    The consumer afterwards reads the bus from its start, finds everything known, and goes on from there.
    Raises DatabaseNotEmpty, LogDoesNotMatch, BusUnavailable.
    """
    log = Log()
    subscription = runtime.bus.subscribe(f"rebuild-{uuid7(runtime.clock.now())}", (*TOPICS, Topic.COMPENSATION))
    await subscription.start()
    try:
        reached: dict[Partition, int] = {}
        while not await _is_whole(subscription, reached):
            fetched = await subscription.fetch(limit=2000, wait_seconds=1.0)
            reached |= {record.partition: record.offset + 1 for record in fetched}
            for event in received(of_interest(fetched, _REBUILT_FROM), _REBUILT_FROM):
                log.add(event, to_arrival(event))
    finally:
        await subscription.close()
    async with runtime.engine.begin() as connection:
        return await rebuild(connection, runtime.clock, log)


async def suspend(runtime: Runtime[Settings], *, by: str, reason: str) -> None:
    """Let nothing be paid from the runtime's database until payouts are resumed: it came from a backup, say."""
    async with begin(runtime.engine) as connection:
        await suspend_payouts(connection, runtime.clock, by=by, reason=reason)


async def resume(
    runtime: Runtime[Settings], *, payroll_has: Mapping[str, tuple[int, int]], by: str, reason: str
) -> None:
    """Pay from it again: payroll has so many batches, of so many cents, of each plan year. Raises PayoutsNotWhole."""
    given = {year: Released(*of_year) for year, of_year in payroll_has.items()}
    async with begin(runtime.engine) as connection:
        await resume_payouts(connection, runtime.clock, payroll_has=given, by=by, reason=reason)


async def reconciliation(runtime: Runtime[Settings], plan_year: str) -> list[Found]:
    """Every check of the reconciliation, as of one moment."""
    async with begin(runtime.engine) as connection:
        return await reconcile(connection, plan_year)


_WHOLE_LOG: tuple[type[Event], ...] = (
    *EVENTS,
    AttributeRecorded,
    CommonFactsChanged,
    PlacementRecorded,
    PlanPublished,
    StatementRecalculated,
)
_REBUILT_FROM = {event.type: event for event in _WHOLE_LOG}


async def _is_whole(subscription: Subscription, reached: Mapping[Partition, int]) -> bool:
    """Whether the log of every partition was read to where it ends now."""
    bounds = await subscription.bounds()
    return bool(bounds) and all(reached.get(place, bound.first) >= bound.end for place, bound in bounds.items())


def loops(runtime: Runtime[Settings]) -> dict[str, Loop]:
    """The service's background work."""
    return {
        "compensation relay": runtime.relay(rest_seconds=_RELAY_RESTS_SECONDS).run,
        "compensation consumer": consumer(runtime).run,
        "compensation recalculator": recalculator(runtime),
        "compensation what-ifs": what_if_runner(runtime),
        "compensation snapshots": snapshot_maker(runtime),
        "compensation answers": runtime.forget_answers,
    }
