"""Guarantee 2: an event takes effect exactly once, whatever the bus, the database and other readers do."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.messaging import offsets
from shared.messaging.bus import BusUnavailable
from shared.messaging.consumer import Consumer, ConsumerLimits, Handler, OffsetMoved, ReceivedEvent
from tests.integration.messaging.conftest import OpenBus, TopicBus
from tests.support.messaging import (
    StillClock,
    at_work,
    award,
    awards,
    leave_traces,
    once_each,
    record,
    select,
    traces,
    until,
    violations,
)

EDUCATORS = [uuid4() for _ in range(12)]
QUICK = ConsumerLimits(batch=50, wait_seconds=0.1, check_seconds=0.2, stuck_seconds=5)
WAITS_FOR_THE_OTHER = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    " AND query LIKE '%o.next_offset = p.expected%' AND pid <> pg_backend_pid()"
)
UNWATCHED = ConsumerLimits(wait_seconds=0.1, check_seconds=600)


def consumer(
    engine: AsyncEngine, bus: TopicBus, topic: str, handle: Handler = leave_traces, limits: ConsumerLimits = QUICK
) -> Consumer:
    return Consumer(
        name="compensation", engine=engine, bus=bus, topics=[topic], handle=handle, clock=StillClock(), limits=limits
    )


async def until_taken_in(engine: AsyncEngine, count: int) -> None:
    async def taken_in() -> bool:
        rows = await select(engine, "SELECT coalesce(sum(next_offset), 0) FROM consumer_offset")
        return bool(rows[0][0] >= count)

    await until(taken_in, seconds=20)


async def test_each_event_takes_effect_once_in_its_educators_order(
    engine: AsyncEngine, bus: TopicBus, topic: str
) -> None:
    await bus.append(topic, awards(EDUCATORS, range(1, 21)))
    async with at_work(consumer(engine, bus, topic).run):
        await bus.append(topic, awards(EDUCATORS, range(21, 41)))
        await until_taken_in(engine, 40 * len(EDUCATORS))
    assert violations(once_each(EDUCATORS, range(1, 41)), await traces(engine)) == []


async def test_a_consumer_that_was_ended_goes_on_where_it_stood(
    engine: AsyncEngine, open_bus: OpenBus, bus: TopicBus, topic: str
) -> None:
    for first in (1, 11, 21):
        await bus.append(topic, awards(EDUCATORS, range(first, first + 10)))
        async with at_work(consumer(engine, open_bus(), topic).run):
            await until_taken_in(engine, (first + 9) * len(EDUCATORS))
    assert violations(once_each(EDUCATORS, range(1, 31)), await traces(engine)) == []


async def test_an_event_that_stands_on_the_bus_more_than_once_changes_the_facts_once(
    engine: AsyncEngine, bus: TopicBus, topic: str
) -> None:
    sent = awards(EDUCATORS, range(1, 11))
    await bus.append(topic, sent + sent[30:60] + sent)
    async with at_work(consumer(engine, bus, topic, keep_the_highest_version).run):
        await until_taken_in(engine, 2 * len(sent) + 30)
    assert violations(once_each(EDUCATORS, range(1, 11)), await traces(engine)) == []


async def keep_the_highest_version(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
    """The rule of every service's handlers, with a trace of each change."""
    for received in events:
        changed = await connection.execute(
            text(
                "INSERT INTO aggregate VALUES (:key, :version) ON CONFLICT (key)"
                " DO UPDATE SET version = excluded.version WHERE aggregate.version < excluded.version"
            ),
            {"key": received.event.key, "version": getattr(received.event, "version")},  # noqa: B009 - any event
        )
        if changed.rowcount:
            await leave_traces(connection, [received])


async def test_effects_of_a_batch_that_failed_before_its_commit_are_not_kept(
    engine: AsyncEngine, bus: TopicBus, topic: str
) -> None:
    failures = iter([RuntimeError("fails after its effects"), *[None] * 1000])

    async def fail_once(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        await leave_traces(connection, events)
        if (failure := next(failures)) is not None:
            raise failure

    await bus.append(topic, awards(EDUCATORS, range(1, 6)))
    async with at_work(consumer(engine, bus, topic, fail_once).run):
        await until_taken_in(engine, 5 * len(EDUCATORS))
    assert violations(once_each(EDUCATORS, range(1, 6)), await traces(engine)) == []
    assert await select(engine, "SELECT * FROM dead_letter") == []


async def test_a_consumer_cancelled_anywhere_in_a_batch_leaves_all_of_it_or_nothing(
    engine: AsyncEngine, bus: TopicBus, topic: str
) -> None:
    chance = random.Random(5)
    await bus.append(topic, awards(EDUCATORS, range(1, 101)))

    async def slowly(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        await leave_traces(connection, events)
        await connection.execute(text("SELECT pg_sleep(0.005)"))

    for _ in range(8):
        async with at_work(consumer(engine, bus, topic, slowly).run):
            await asyncio.sleep(chance.uniform(0.02, 0.3))
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    async with at_work(consumer(engine, bus, topic, slowly).run):
        await until_taken_in(engine, 100 * len(EDUCATORS))
    assert violations(once_each(EDUCATORS, range(1, 101)), await traces(engine)) == []


class SplitBrain:
    """A bus whose every subscription is a group of its own: all members read everything, as zombies do."""

    def __init__(self, bus: TopicBus) -> None:
        self._bus = bus

    def __getattr__(self, name: str) -> object:
        return getattr(self._bus, name)

    def subscribe(self, group: str, topics: Sequence[str]) -> object:
        return self._bus.subscribe(f"{group}-{uuid4().hex[:8]}", topics)


async def test_of_two_readers_of_one_partition_one_takes_effect_and_the_other_finds_the_offset_moved(
    engine: AsyncEngine, bus: TopicBus, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = count_lost_races(monkeypatch)
    two = [consumer(engine, SplitBrain(bus), topic).run for _ in range(2)]  # type: ignore[arg-type]
    behind = 1
    async with at_work(*two):
        async with asyncio.timeout(20):
            # A reader that joins its group late finds everything taken in: there is a race only once both read.
            while behind <= 100 or not lost:
                await bus.append(topic, awards(EDUCATORS, range(behind, behind + 10)))
                behind += 10
                await asyncio.sleep(0.02)
        await until_taken_in(engine, (behind - 1) * len(EDUCATORS))
    assert violations(once_each(EDUCATORS, range(1, behind)), await traces(engine)) == []
    assert lost


async def test_a_zombie_that_wakes_up_in_its_handler_changes_nothing_twice(
    engine: AsyncEngine, bus: TopicBus, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = count_lost_races(monkeypatch)
    asleep, wake = asyncio.Event(), asyncio.Event()

    async def fall_asleep(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        await leave_traces(connection, events)
        asleep.set()
        await wake.wait()

    await bus.append(topic, awards(EDUCATORS, range(1, 11)))
    zombie = consumer(engine, SplitBrain(bus), topic, fall_asleep)  # type: ignore[arg-type]
    second = consumer(engine, SplitBrain(bus), topic)  # type: ignore[arg-type]
    async with at_work(zombie.run):
        await asleep.wait()
        async with at_work(second.run):
            await until(lambda: select(engine, WAITS_FOR_THE_OTHER))
            wake.set()
            await until_taken_in(engine, 10 * len(EDUCATORS))
    assert violations(once_each(EDUCATORS, range(1, 11)), await traces(engine)) == []
    assert lost


def count_lost_races(monkeypatch: pytest.MonkeyPatch) -> list[OffsetMoved]:
    lost: list[OffsetMoved] = []
    move = offsets.move

    async def watched(*args: object) -> None:
        try:
            await move(*args)  # type: ignore[arg-type]
        except OffsetMoved as error:
            lost.append(error)
            raise

    monkeypatch.setattr(offsets, "move", watched)
    return lost


async def test_members_that_come_and_go_while_events_flow_take_each_event_in_once(
    engine: AsyncEngine, open_bus: OpenBus, bus: TopicBus, topic: str
) -> None:
    chance = random.Random(7)

    async def come_and_go() -> None:
        while True:
            async with at_work(consumer(engine, open_bus(), topic).run):
                await asyncio.sleep(chance.uniform(0.3, 1.5))

    async with at_work(consumer(engine, bus, topic).run):
        async with at_work(come_and_go, come_and_go):
            for first in range(1, 201, 5):
                await bus.append(topic, awards(EDUCATORS, range(first, first + 5)))
                await asyncio.sleep(0.05)
        await until_taken_in(engine, 200 * len(EDUCATORS))
    assert violations(once_each(EDUCATORS, range(1, 201)), await traces(engine)) == []


@pytest.mark.parametrize("fault", ["driver error", "connection killed", "deadlock"])
async def test_a_passing_fault_is_retried_in_place_and_keeps_the_order(
    engine: AsyncEngine, bus: TopicBus, topic: str, database: str, fault: str
) -> None:
    tries = []

    async def fail_three_times(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        tries.append(len(events))
        await leave_traces(connection, events)
        if len(tries) <= 3 and fault == "driver error":
            raise OperationalError("INSERT", {}, ConnectionResetError("gone"), connection_invalidated=True)
        if len(tries) <= 3 and fault == "deadlock":
            await connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"))
        if len(tries) <= 3:
            await kill(database, await connection.scalar(text("SELECT pg_backend_pid()")))
            await connection.execute(text("SELECT pg_sleep(1)"))

    await bus.append(topic, awards(EDUCATORS, range(1, 11)))
    async with at_work(consumer(engine, bus, topic, fail_three_times).run):
        await until_taken_in(engine, 10 * len(EDUCATORS))
    assert violations(once_each(EDUCATORS, range(1, 11)), await traces(engine)) == []
    assert len(set(tries[:4])) == 1
    assert await select(engine, "SELECT * FROM dead_letter") == []


async def kill(url: str, pid: object) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("SELECT pg_terminate_backend($1)", pid)
    await connection.close()


async def test_a_database_that_loses_all_connections_again_and_again_costs_no_event(
    engine: AsyncEngine, bus: TopicBus, topic: str, database: str
) -> None:
    async def kill_all() -> None:
        connection = await asyncpg.connect(database)
        while True:
            await asyncio.sleep(0.15)
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    async with at_work(consumer(engine, bus, topic).run):
        async with at_work(kill_all):
            for first in range(1, 101, 5):
                await append_until_it_holds(bus, topic, first)
                await asyncio.sleep(0.05)
        await engine.dispose()
        subscription_end = await until_nothing_is_left(engine, bus, topic)
    seen = await select(engine, "SELECT key, event_id FROM effect ORDER BY n")
    assert len(seen) == subscription_end
    assert violations(once_each(EDUCATORS, range(1, 101)), await traces(engine), repeats_allowed=True) == []


async def append_until_it_holds(bus: TopicBus, topic: str, first: int) -> None:
    while True:
        try:
            return await bus.append(topic, awards(EDUCATORS, range(first, first + 5)))
        except BusUnavailable:
            await asyncio.sleep(0.02)


async def until_nothing_is_left(engine: AsyncEngine, bus: TopicBus, topic: str) -> int:
    """Wait until the consumer has taken in the whole log; returns how many records it holds."""
    onlooker = bus.subscribe("onlooker", [topic])
    await onlooker.start()
    end = sum(bound.end for bound in (await onlooker.bounds()).values())
    await onlooker.close()
    await until_taken_in(engine, end)
    return end


async def test_types_that_this_code_does_not_know_are_passed_over(
    engine: AsyncEngine, bus: TopicBus, topic: str
) -> None:
    known = record(award(EDUCATORS[0]))
    unknown = [(name, b"rung.later.thing.done.v9" if name == "ce_type" else value) for name, value in known.headers]
    await bus.append(topic, [type(known)(known.key, b"not even JSON", unknown), known])
    async with at_work(consumer(engine, bus, topic).run):
        await until_taken_in(engine, 2)
    assert await traces(engine) == [(str(EDUCATORS[0]), 1)]
    assert await select(engine, "SELECT * FROM dead_letter") == []


async def test_what_the_bus_believes_of_the_groups_progress_is_not_believed(
    engine: AsyncEngine, bus: TopicBus, topic: str
) -> None:
    await bus.append(topic, awards(EDUCATORS, range(1, 11)))
    stranger = bus.subscribe("compensation", [topic])
    await stranger.start()
    while not stranger.assigned():
        await stranger.fetch(limit=1, wait_seconds=0.1)
    await stranger.hint({partition: bound.end for partition, bound in (await stranger.bounds()).items()})
    await stranger.close()
    async with at_work(consumer(engine, bus, topic, limits=UNWATCHED).run):
        await until_taken_in(engine, 10 * len(EDUCATORS))
    assert violations(once_each(EDUCATORS, range(1, 11)), await traces(engine)) == []


async def test_what_the_bus_believed_does_not_come_back_when_the_partitions_are_divided_anew(
    engine: AsyncEngine, open_bus: OpenBus, bus: TopicBus, topic: str
) -> None:
    """A database that is younger than what the group told the bus: from a backup, or rebuilt. Who keeps a partition
    when another one joins is set to where the bus believes that the group stands."""
    await bus.append(topic, awards(EDUCATORS, range(1, 11)))
    stranger = bus.subscribe("compensation", [topic])
    await stranger.start()
    while not stranger.assigned():
        await stranger.fetch(limit=1, wait_seconds=0.1)
    await stranger.hint({partition: bound.end for partition, bound in (await stranger.bounds()).items()})
    await stranger.close()
    reads, joined = asyncio.Event(), asyncio.Event()

    async def wait_for_the_other(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        if not reads.is_set():
            reads.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(joined.wait(), 4)
        await leave_traces(connection, events)

    async def have_joined(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        joined.set()
        await leave_traces(connection, events)

    limits = replace(UNWATCHED, batch=30)
    async with at_work(consumer(engine, bus, topic, wait_for_the_other, limits).run):
        await reads.wait()
        async with at_work(consumer(engine, open_bus(), topic, have_joined, limits).run):
            await until_taken_in(engine, 10 * len(EDUCATORS))
    assert violations(once_each(EDUCATORS, range(1, 11)), await traces(engine)) == []
