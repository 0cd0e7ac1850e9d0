"""Guarantee 1: what was committed is published at least once and in order per educator; what was rolled back, never."""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from itertools import count
from urllib.parse import urlsplit

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.server_folder import free_port
from shared.db.direct import driver
from shared.events.envelope import decode
from shared.events.registry import schema_uri
from shared.kernel.trace_context import set_traceparent
from shared.messaging import outbox
from shared.messaging.bus import BusUnavailable, Record
from shared.messaging.relay import Relay, republish
from tests.faults.schedule.link import Link
from tests.support.fake_bus import FakeBus
from tests.support.messaging import NOW, at_work, award, select, until, violations
from tests.support.outbox_load import AGGREGATES, change, recorded, write


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.messaging.relay._STANDBY_SECONDS", 0.05)
    monkeypatch.setattr("shared.messaging.relay._BACKOFF_SECONDS", (0.05,))


def relay(database: str, bus: FakeBus) -> Relay:
    return Relay(service="test", url=database, bus=bus, batch=50)


async def until_published(engine: AsyncEngine) -> None:
    async def nothing_waits() -> bool:
        return not await select(engine, "SELECT 1 FROM outbox WHERE published_seq IS NULL LIMIT 1")

    await until(nothing_waits, seconds=30)


async def departures(engine: AsyncEngine, bus: FakeBus) -> list[str]:
    """How the bus departs from the outbox: lost, invented, out of order. Repetitions are allowed."""
    return violations(await recorded(engine), published(bus), repeats_allowed=True)


def published(bus: FakeBus) -> list[tuple[str, str]]:
    return [(sent.key, decode(sent.headers, sent.value).id) for sent in bus.log]


async def numbering_departs(engine: AsyncEngine, bus: FakeBus) -> list[str]:
    """How `published_seq` departs from 1, 2, 3 ... in the order in which the bus first saw each key's events."""
    rows = await select(engine, "SELECT key, CAST(id AS text), published_seq FROM outbox ORDER BY published_seq")
    gaps = [row.published_seq for row, n in zip(rows, count(1), strict=False) if row.published_seq != n][:1]
    sent: dict[str, list[str]] = {}
    for key, event in dict.fromkeys(published(bus)):
        sent.setdefault(key, []).append(event)
    return [f"gap before {n}" for n in gaps] + violations(sent, [(row[0], row[1]) for row in rows])


async def test_all_that_16_writers_commit_is_published_in_order_and_nothing_else(
    engine: AsyncEngine, database: str
) -> None:
    bus = FakeBus()
    async with at_work(relay(database, bus).run):
        await write(engine, 4_000)
        await until_published(engine)
    assert len(bus.log) == 4_000
    assert await departures(engine, bus) == []
    assert await numbering_departs(engine, bus) == []
    numbered = await select(engine, "SELECT key, CAST(id AS text) FROM outbox ORDER BY published_seq")
    assert [tuple(row) for row in numbered] == published(bus)


class TroubledBus(FakeBus):
    """Takes records and then fails at times, so that the relay cannot know; `down` takes none at all."""

    def __init__(self, *, trouble: float) -> None:
        super().__init__()
        self._chance = random.Random(11)
        self._trouble = trouble
        self.down = False

    async def append(self, topic: str, records: Sequence[Record]) -> None:
        if self.down:
            raise BusUnavailable("down")
        in_trouble = self._chance.random() < self._trouble
        await super().append(topic, records[: len(records) // 2] if in_trouble else records)
        if in_trouble:
            raise BusUnavailable("took half of them and died")


async def test_a_bus_that_fails_in_mid_batch_or_is_down_for_a_while_costs_no_event_and_no_order(
    engine: AsyncEngine, database: str
) -> None:
    bus = TroubledBus(trouble=0.3)
    async with at_work(relay(database, bus).run):
        writing = asyncio.ensure_future(write(engine, 600))
        await asyncio.sleep(0.2)
        bus.down = True
        await asyncio.sleep(0.5)
        bus.down = False
        await writing
        await until_published(engine)
    assert len(bus.log) > 600
    assert await departures(engine, bus) == []
    assert await numbering_departs(engine, bus) == []


async def test_of_two_relays_one_leads_and_the_other_takes_over_whenever_it_loses_its_connection(
    engine: AsyncEngine, database: str
) -> None:
    buses = [FakeBus(), FakeBus()]
    log = buses[0].log
    buses[1].log = log
    leaders: list[int] = []
    async with at_work(*(relay(database, bus).run for bus in buses)):
        writing = asyncio.ensure_future(write(engine, 1_000))
        # On a busy machine all may be written before the third one leads.
        while not writing.done() or len(set(leaders)) < 3:
            await asyncio.sleep(0.15)
            rows = await select(engine, "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted")
            assert len(rows) <= 1
            leaders += [row.pid for row in rows]
            await select(engine, "SELECT pg_terminate_backend(:pid)", pid=leaders[-1] if rows else 0)
        await writing
        await until_published(engine)
    assert await departures(engine, buses[0]) == []
    assert await numbering_departs(engine, buses[0]) == []


class SilentBus(FakeBus):
    """Never answers, as if the relay's process had been stopped in the middle of an append."""

    async def append(self, topic: str, records: Sequence[Record]) -> None:
        await asyncio.sleep(600)


async def test_a_leader_that_falls_silent_is_ended_by_the_server_and_replaced(
    engine: AsyncEngine, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.relay.SILENCE_SECONDS", 1)
    bus = FakeBus()
    async with at_work(relay(database, SilentBus()).run):
        await write(engine, 20)
        await asyncio.sleep(0.2)
        async with at_work(relay(database, bus).run):
            await until_published(engine)
    assert await departures(engine, bus) == []


class DeadlyBus(FakeBus):
    """Its appends succeed, and then the relay's own connection is gone before it can mark anything."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__()
        self._engine = engine
        self.deaths = 3

    async def append(self, topic: str, records: Sequence[Record]) -> None:
        await super().append(topic, records)
        if self.deaths:
            self.deaths -= 1
            query = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            await select(self._engine, query)


async def test_a_relay_that_dies_between_sending_and_marking_sends_again_and_loses_nothing(
    engine: AsyncEngine, database: str
) -> None:
    bus = DeadlyBus(engine)
    await write(engine, 100)
    async with at_work(relay(database, bus).run):
        await until_published(engine)
    assert len(bus.log) == 100 + 3 * 50
    assert await departures(engine, bus) == []
    assert await numbering_departs(engine, bus) == []


async def test_a_relay_that_was_ended_goes_on_numbering_where_it_stood(engine: AsyncEngine, database: str) -> None:
    bus = FakeBus()
    for events in (2, 70, 4):
        await write(engine, events)
        async with at_work(relay(database, bus).run):
            await until_published(engine)
    assert len(bus.log) == 76
    assert await numbering_departs(engine, bus) == []


@pytest.mark.parametrize("notified", [True, False])
async def test_a_commit_wakes_the_relay_and_without_the_notification_its_poll_finds_the_event(
    engine: AsyncEngine, database: str, notified: bool
) -> None:
    if not notified:
        await select(engine, "DROP TRIGGER outbox_notify ON outbox")
    bus, waits = FakeBus(), []
    async with at_work(relay(database, bus).run):
        await write(engine, 2)
        await until_published(engine)
        for _ in range(3 if notified else 1):
            await asyncio.sleep(0.2)
            sent = len(bus.log)
            async with engine.begin() as connection:
                await change(connection, AGGREGATES[0])
            began = time.monotonic()
            await until(partial(has_grown, bus, sent), pause=0.001)
            waits.append(time.monotonic() - began)
    assert min(waits) < 0.05 if notified else 0.3 < max(waits) < 2


async def has_grown(bus: FakeBus, beyond: int) -> bool:
    return len(bus.log) > beyond


async def test_the_envelope_says_who_says_what_of_whom_and_when(engine: AsyncEngine, database: str) -> None:
    bus, trace = FakeBus(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    event = award(AGGREGATES[0], 7)
    async with engine.begin() as connection:
        set_traceparent(trace)
        ids = await outbox.record(connection, [event], now=NOW)
        set_traceparent(None)
        of_two_traces = outbox.rows([event] * 2, now=NOW, traceparents=[None, trace])
        await (await driver(connection)).execute(outbox.RECORD, *of_two_traces)
        ids += of_two_traces[0]
        ids += await outbox.record(connection, [event], now=NOW + timedelta(days=1))
        assert await outbox.record(connection, [], now=NOW) == []
    async with at_work(relay(database, bus).run):
        await until_published(engine)
    envelopes = [decode(sent.headers, sent.value) for sent in bus.log]
    assert [sent.id for sent in envelopes] == [str(event_id) for event_id in ids]
    assert [sent.traceparent for sent in envelopes] == [trace, None, trace, None]
    assert [sent.time for sent in envelopes] == [NOW] * 3 + [NOW + timedelta(days=1)]
    first = envelopes[0]
    assert (first.source, first.type, first.subject) == ("urn:rung:test", event.type, str(AGGREGATES[0]))
    assert first.dataschema == schema_uri(event.type)
    assert type(event).model_validate_json(first.data or b"") == event
    assert {sent.key for sent in bus.log} == {str(AGGREGATES[0])}


async def test_publishing_again_sends_everything_once_more_in_order(engine: AsyncEngine, database: str) -> None:
    bus = FakeBus()
    await write(engine, 200)
    async with at_work(relay(database, bus).run):
        await until_published(engine)
        assert await republish(database) == 200
        await until_published(engine)
    first, again = published(bus)[:200], published(bus)[200:]
    assert first == again
    assert await departures(engine, bus) == []


class HeldBus(FakeBus):
    """Takes records and is a long time about saying so."""

    def __init__(self) -> None:
        super().__init__()
        self.has_taken, self.may_say_so = asyncio.Event(), asyncio.Event()

    async def append(self, topic: str, records: Sequence[Record]) -> None:
        await super().append(topic, records)
        self.has_taken.set()
        await self.may_say_so.wait()


async def test_what_a_lost_bus_had_just_taken_is_not_marked_as_sent_once_all_is_to_be_sent_again(
    engine: AsyncEngine, database: str
) -> None:
    bus = HeldBus()
    await write(engine, 40)
    async with at_work(relay(database, bus).run):
        await bus.has_taken.wait()
        bus.log.clear()
        await republish(database)
        bus.may_say_so.set()
        await until_published(engine)
    assert len(bus.log) == 40
    assert await departures(engine, bus) == []


async def test_a_mark_and_publishing_again_that_meet_the_same_rows_in_opposite_orders_both_get_through(
    engine: AsyncEngine, database: str
) -> None:
    bus = HeldBus()
    await write(engine, 40)
    async with engine.begin() as connection:
        await (await driver(connection)).execute("""
            CREATE INDEX newest_first ON outbox (position DESC);
            CLUSTER outbox USING newest_first;
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(0.02); RETURN new; END $$;
            CREATE TRIGGER slow BEFORE UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION slow();
        """)
    async with at_work(relay(database, bus).run):
        await bus.has_taken.wait()
        sending_again = asyncio.create_task(republish(database))
        bus.may_say_so.set()
        assert await sending_again == 40
        await until_published(engine)
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert await select(engine, deadlocks) == [(0,)]
    assert await departures(engine, bus) == []


async def test_a_leader_that_is_cut_off_between_two_halves_of_a_statement_leads_no_longer(
    engine: AsyncEngine, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.relay.SILENCE_SECONDS", 2)
    server = urlsplit(database)
    link = Link("relay-postgres", free_port(), server.port or 0, delay_seconds=0.3)
    await link.open()
    cut_off, bus = relay(database.replace(f":{server.port}/", f":{link.port}/"), FakeBus()), FakeBus()
    looks = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%published_seq IS NULL ORDER BY position LIMIT $1%'"

    async def has_asked() -> bool:
        return bool(await select(engine, looks + " AND pid <> pg_backend_pid()"))

    async with at_work(cut_off.run):
        await until(has_asked, seconds=20)
        # The answer is on its way, and the second half is sent when it has come.
        link.half_open()
        link.is_cut = True
        await write(engine, 20)
        async with at_work(relay(database, bus).run):
            await until_published(engine)
    assert await departures(engine, bus) == []
    await link.close()


async def test_an_event_that_no_bus_would_take_is_refused_when_it_is_recorded(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        with pytest.raises(outbox.EventTooLarge):
            await outbox.record(
                connection, [award(AGGREGATES[0], credential="\N{OLD ITALIC LETTER A}" * 200_000)], now=NOW
            )
