"""Each guarantee broken on purpose: the checks that the other tests rely on must see it."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.direct import driver
from shared.messaging import consumer, dead_letters, offsets, outbox, relay
from shared.messaging.bus import BusUnavailable, Record
from shared.messaging.consumer import Consumer, ConsumerLimits, Handler, ReceivedEvent
from shared.messaging.relay import Relay
from tests.support.fake_bus import FakeBus
from tests.support.messaging import (
    NOW,
    StillClock,
    at_work,
    award,
    awards,
    leave_traces,
    once_each,
    select,
    traces,
    until,
    violations,
)

EDUCATORS = [uuid4() for _ in range(4)]
EXPECTED = once_each(EDUCATORS, range(1, 21))


async def take_in(engine: AsyncEngine, *handlers: Handler) -> list[str]:
    """Let a consumer for each handler read the same log at once; returns the violations."""
    bus = FakeBus()
    await bus.append("fake", awards(EDUCATORS, range(1, 21)))
    consumers = [
        Consumer(
            name="c",
            engine=engine,
            bus=bus,
            topics=["fake"],
            handle=handle,
            clock=StillClock(),
            limits=ConsumerLimits(batch=5, wait_seconds=0.05, check_seconds=0.2),
        )
        for handle in handlers
    ]

    async def all_is_taken_in() -> bool:
        return bool(await select(engine, "SELECT 1 FROM consumer_offset WHERE next_offset >= :end", end=len(bus.log)))

    async with at_work(*(consumer.run for consumer in consumers)):
        await until(all_is_taken_in)
        await asyncio.sleep(0.2)
    return violations(EXPECTED, await traces(engine))


async def slowly(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
    await leave_traces(connection, events)
    await asyncio.sleep(0.01)


async def test_nothing_is_reported_where_nothing_is_broken(engine: AsyncEngine) -> None:
    assert await take_in(engine, slowly, slowly) == []


async def test_an_offset_moved_without_a_comparison_is_seen_as_repeated_effects(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offsets, "_MOVE", offsets._MOVE.replace("AND o.next_offset = p.expected", ""))
    assert any("repeated" in found for found in await take_in(engine, slowly, slowly))


async def test_effects_outside_the_transaction_are_seen_as_repeated_effects(engine: AsyncEngine) -> None:
    failures = iter([ConnectionResetError("after the effects")])

    async def outside(_: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        async with engine.begin() as another:
            await leave_traces(another, events)
        if (failure := next(failures, None)) is not None:
            raise failure

    assert any("repeated" in found for found in await take_in(engine, outside))


async def test_an_offset_committed_before_the_effects_is_seen_as_lost_effects(engine: AsyncEngine) -> None:
    failures = iter([ConnectionResetError("before the effects")])

    async def too_late(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        below = await driver(connection)
        await below.execute("COMMIT")
        if (failure := next(failures, None)) is not None:
            raise failure
        await below.execute("BEGIN")
        await leave_traces(connection, events)

    assert any("lost" in found for found in await take_in(engine, too_late))


async def test_a_passing_fault_taken_for_poison_is_seen_as_lost_effects(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "is_passing", lambda _: False)
    failures = iter([ConnectionResetError("passes")] * 20)

    async def fail_for_a_while(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        if (failure := next(failures, None)) is not None:
            raise failure
        await leave_traces(connection, events)

    assert any("lost" in found for found in await take_in(engine, fail_for_a_while))


async def test_events_that_pass_a_poisoned_one_of_their_key_are_seen_as_out_of_order(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def blocks_nothing(connection: AsyncConnection, consumer: str, keys: Collection[str]) -> set[str]:
        return set()

    async def cannot_bear_version_7(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        if any(getattr(received.event, "version", 0) == 7 for received in events):
            raise ZeroDivisionError
        await leave_traces(connection, events)

    monkeypatch.setattr(dead_letters, "blocked_keys", blocks_nothing)
    await take_in(engine, cannot_bear_version_7)
    for educator in EDUCATORS:
        await dead_letters.retry(
            engine, consumer="c", handle=leave_traces, key=str(educator), clock=StillClock(), by="hr", reason="cured"
        )
    found = violations(EXPECTED, await traces(engine))
    assert found == [f"{key}: out of order" for key in sorted(map(str, EDUCATORS))]


class FailingBus(FakeBus):
    """Refuses every third append."""

    appends = 0

    async def append(self, topic: str, records: Sequence[Record]) -> None:
        self.appends += 1
        if self.appends % 3 == 0:
            raise BusUnavailable("refused")
        await super().append(topic, records)


async def publish(engine: AsyncEngine, url: str) -> list[str]:
    """Publish 20 versions of each educator on a bus that fails at times; returns the violations."""
    bus = FailingBus()
    async with at_work(Relay(service="test", url=url, bus=bus, batch=7).run):
        for version in range(1, 21):
            async with engine.begin() as connection:
                await outbox.record(connection, [award(educator, version) for educator in EDUCATORS], now=NOW)
        await until(lambda: nothing_waits(engine))
    seen = [(sent.key, int((sent.value or b"").split(b'"version":')[1].split(b",")[0])) for sent in bus.log]
    return violations(EXPECTED, seen, repeats_allowed=True)


async def nothing_waits(engine: AsyncEngine) -> bool:
    return not await select(engine, "SELECT 1 FROM outbox WHERE published_seq IS NULL")


async def test_a_relay_that_is_whole_publishes_in_order_on_a_bus_that_fails_at_times(
    engine: AsyncEngine, database: str
) -> None:
    assert await publish(engine, database) == []


async def test_events_marked_though_they_were_not_sent_are_seen_as_lost(
    engine: AsyncEngine, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_rows = Relay._publish

    async def carelessly(self: Relay, rows: Sequence[asyncpg.Record]) -> None:
        with suppress(BusUnavailable):
            await publish_rows(self, rows)

    monkeypatch.setattr(Relay, "_publish", carelessly)
    assert any("lost" in found for found in await publish(engine, database))


async def test_events_sent_by_their_id_are_seen_as_out_of_order(
    engine: AsyncEngine, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "_SELECT", relay._SELECT.replace("ORDER BY position", "ORDER BY id"))
    assert any("out of order" in found for found in await publish(engine, database))
