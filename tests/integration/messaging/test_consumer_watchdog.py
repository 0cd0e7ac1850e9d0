"""A subscription that hangs or fails is replaced in time, one that works is left alone, and ending always ends."""

import asyncio
import time
from collections.abc import Sequence
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.db.engine import create_engine
from shared.messaging.bus import BusUnavailable
from shared.messaging.consumer import Consumer, ConsumerLimits, Handler, ReceivedEvent
from shared.messaging.worker import running
from tests.support.fake_bus import FakeBus, FakeSubscription
from tests.support.messaging import StillClock, at_work, awards, leave_traces, once_each, traces, until, violations

EDUCATORS = [uuid4() for _ in range(3)]
QUICK = ConsumerLimits(batch=10, wait_seconds=0.05, check_seconds=0.05, stuck_seconds=0.4)


@pytest.fixture(autouse=True)
def restart_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.messaging.consumer._RESTART_SECONDS", 0.01)


def consumer(engine: AsyncEngine, bus: FakeBus, handle: Handler = leave_traces) -> Consumer:
    return Consumer(
        name="watched", engine=engine, bus=bus, topics=["fake"], handle=handle, clock=StillClock(), limits=QUICK
    )


async def until_all_is_taken_in(engine: AsyncEngine, versions: int) -> None:
    async def taken_in() -> bool:
        return len(await traces(engine)) >= versions * len(EDUCATORS)

    await until(taken_in)
    assert violations(once_each(EDUCATORS, range(1, versions + 1)), await traces(engine)) == []


def only_the_first(fault: str, value: object) -> FakeBus:
    """A bus whose first subscription has the fault; later ones are well."""

    def misbehave(subscription: FakeSubscription) -> None:
        if not subscription.bus.subscriptions:
            setattr(subscription, fault, value)

    return FakeBus(misbehave)


@pytest.mark.parametrize("fault", ["deaf", "unassigned"])
async def test_a_subscription_that_gives_nothing_although_there_is_something_is_replaced(
    engine: AsyncEngine, fault: str
) -> None:
    bus = only_the_first(fault, value=True)
    async with at_work(consumer(engine, bus).run):
        await asyncio.sleep(1)
        assert len(bus.subscriptions) == 1, "nothing to read is no reason to replace it"
        await bus.append("fake", awards(EDUCATORS, range(1, 5)))
        began = time.monotonic()
        await until_all_is_taken_in(engine, 4)
        assert time.monotonic() - began < 2
        await until(no_lag_is_shown)
    assert len(bus.subscriptions) == 2
    assert bus.subscriptions[0].closed


async def no_lag_is_shown() -> bool:
    return REGISTRY.get_sample_value("rung_consumer_lag", {"consumer": "watched"}) == 0


async def test_a_subscription_that_leaps_over_records_is_set_back_at_once(engine: AsyncEngine) -> None:
    bus = only_the_first("leaps", 5)
    await bus.append("fake", awards(EDUCATORS, range(1, 9)))
    async with at_work(consumer(engine, bus).run):
        await until_all_is_taken_in(engine, 8)
    assert len(bus.subscriptions) == 1


async def test_a_subscription_that_cannot_start_is_tried_again(engine: AsyncEngine) -> None:
    async def fail() -> None:
        raise BusUnavailable("no broker yet")

    bus = only_the_first("before_start", fail)
    await bus.append("fake", awards(EDUCATORS, range(1, 5)))
    async with at_work(consumer(engine, bus).run):
        await until_all_is_taken_in(engine, 4)
    assert [subscription.closed for subscription in bus.subscriptions] == [True, True]


async def test_a_handler_slower_than_the_watchdogs_patience_is_left_to_finish(engine: AsyncEngine) -> None:
    async def slowly(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        await leave_traces(connection, events)
        await asyncio.sleep(0.7)

    # More than one batch: during the first one the watch itself waits, to note what the log is called.
    bus = FakeBus()
    await bus.append("fake", awards(EDUCATORS, range(1, 8)))
    async with at_work(consumer(engine, bus, slowly).run):
        await until_all_is_taken_in(engine, 7)
    assert len(bus.subscriptions) == 1


async def test_a_reader_stopped_in_mid_transaction_holds_the_others_up_no_longer_than_the_server_allows(
    engine: AsyncEngine, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.db.engine.SILENCE_SECONDS", 1)
    naps = iter([3.0])

    async def nap(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        await leave_traces(connection, events)
        await asyncio.sleep(next(naps, 0))
        await connection.execute(text("SELECT 1"))

    bus, own = FakeBus(), create_engine(database)
    await bus.append("fake", awards(EDUCATORS, range(1, 9)))
    async with at_work(consumer(own, bus, nap).run):
        await asyncio.sleep(0.3)
        began = time.monotonic()
        async with at_work(consumer(engine, bus).run):
            await until_all_is_taken_in(engine, 8)
            assert time.monotonic() - began < 2.5
            await asyncio.sleep(3)
    assert violations(once_each(EDUCATORS, range(1, 9)), await traces(engine)) == []
    await own.dispose()


async def test_a_log_that_grows_while_it_is_looked_at_is_not_taken_for_an_emptied_one(engine: AsyncEngine) -> None:
    async def dawdle() -> None:
        await asyncio.sleep(0.1)

    bus = only_the_first("after_bounds", dawdle)
    async with at_work(consumer(engine, bus).run):
        for version in range(1, 101):
            await bus.append("fake", awards(EDUCATORS, [version]))
            await asyncio.sleep(0.005)
        await until_all_is_taken_in(engine, 100)
    assert len(bus.subscriptions) == 1


async def test_a_pool_without_a_free_connection_is_waited_out(database: str, engine: AsyncEngine) -> None:
    small = create_async_engine(
        database.replace("postgresql:", "postgresql+asyncpg:"), pool_size=1, max_overflow=0, pool_timeout=0.05
    )
    bus = FakeBus()
    await bus.append("fake", awards(EDUCATORS, range(1, 9)))
    async with small.connect() as taken, at_work(consumer(small, bus).run):
        await taken.execute(text("SELECT 1"))
        await asyncio.sleep(0.6)
        assert await traces(engine) == []
        await taken.close()
        await until_all_is_taken_in(engine, 8)
    await small.dispose()
    assert len(bus.subscriptions) == 1


async def test_a_database_that_cannot_be_reached_is_waited_out_in_place(
    database: str, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.consumer._BACKOFF_SECONDS", (0.05,))
    bus = FakeBus()
    await bus.append("fake", awards(EDUCATORS, range(1, 9)))
    await allow_connections(database, allowed=False)
    apart = create_async_engine(database.replace("postgresql:", "postgresql+asyncpg:"), pool_size=2)
    async with at_work(consumer(apart, bus).run):
        await asyncio.sleep(0.6)
        await allow_connections(database, allowed=True)
        await until_all_is_taken_in(engine, 8)
    await apart.dispose()
    assert len(bus.subscriptions) == 1


async def allow_connections(url: str, *, allowed: bool) -> None:
    import asyncpg

    server, name = url.rsplit("/", 1)
    connection = await asyncpg.connect(f"{server}/postgres")
    await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {str(allowed).lower()}")
    await connection.close()


async def test_an_error_of_the_code_itself_is_not_taken_for_a_poison_event(engine: AsyncEngine) -> None:
    async def break_down() -> None:
        raise ZeroDivisionError

    bus = only_the_first("before_bounds", break_down)
    await bus.append("fake", awards(EDUCATORS, range(1, 5)))
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(consumer(engine, bus).run(), 5)
    assert bus.subscriptions[0].closed
    async with at_work(consumer(engine, bus).run):
        await until_all_is_taken_in(engine, 4)


async def test_a_cancellation_that_meets_a_failing_subscription_still_ends_the_consumer(engine: AsyncEngine) -> None:
    bus = only_the_first("error_when_cancelled", BusUnavailable("broken while it was ended"))
    running_consumer = asyncio.ensure_future(consumer(engine, bus).run())
    await asyncio.sleep(0.3)
    running_consumer.cancel()
    await asyncio.wait([running_consumer], timeout=5)
    assert running_consumer.cancelled()
    assert bus.subscriptions[0].closed


async def test_a_handler_that_is_cancelled_from_inside_does_not_end_the_reading(engine: AsyncEngine) -> None:
    strays = iter([asyncio.CancelledError()])

    async def stray(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        await leave_traces(connection, events)
        if (error := next(strays, None)) is not None:
            raise error

    bus = FakeBus()
    await bus.append("fake", awards(EDUCATORS, range(1, 5)))
    async with at_work(consumer(engine, bus, stray).run):
        await until_all_is_taken_in(engine, 4)


async def test_the_worker_begins_a_failed_loop_anew_and_ends_one_that_loses_a_cancellation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.messaging.worker._RESTART_SECONDS", 0.01)
    monkeypatch.setattr("shared.messaging.worker._RECANCEL_SECONDS", 0.05)
    begun: list[int] = []

    async def fail_then_lose_a_cancellation() -> None:
        begun.append(len(begun))
        if len(begun) < 3:
            raise RuntimeError("fails")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)

    async with running({"stubborn": fail_then_lose_a_cancellation}) as tasks:
        await asyncio.sleep(0.2)
    assert len(begun) == 3
    assert all(task.done() for task in tasks)
