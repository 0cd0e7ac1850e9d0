"""Guarantee 5: a poison event is set aside with its reason and blocks its own educator only, until a person decides."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.events.credentials import CredentialAwarded, CredentialRevoked
from shared.messaging import dead_letters
from shared.messaging.bus import Record
from shared.messaging.consumer import Consumer, ConsumerLimits, Handler, ReceivedEvent
from shared.messaging.kafka import KafkaBus
from tests.integration.messaging.conftest import TopicBus
from tests.support.fake_bus import FakeBus
from tests.support.messaging import (
    NOW,
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
from tests.support.servers import Kafka

POISONED, *OTHERS = [uuid4() for _ in range(8)]
QUICK = ConsumerLimits(batch=20, wait_seconds=0.1, check_seconds=0.2)
LETTERS = "SELECT key, state, reason, set_aside_at, settled_at, settled_by, settled_reason FROM dead_letter ORDER BY id"


def consumer(engine: AsyncEngine, bus: TopicBus | FakeBus, topic: str, handle: Handler) -> Consumer:
    return Consumer(
        name="compensation", engine=engine, bus=bus, topics=[topic], handle=handle, clock=StillClock(), limits=QUICK
    )


class Poison:
    """A handler that cannot bear some versions of one educator's events, until it is cured."""

    def __init__(self, *versions: int) -> None:
        self.versions = set(versions)

    async def handle(self, connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        await leave_traces(connection, events)
        for received in events:
            if received.event.key == str(POISONED) and getattr(received.event, "version", 0) in self.versions:
                raise ZeroDivisionError(f"no weight in version {min(self.versions)}")

    def cure(self) -> None:
        self.versions.clear()


async def until_taken_in(engine: AsyncEngine, count: int) -> None:
    async def taken_in() -> bool:
        rows = await select(engine, "SELECT coalesce(sum(next_offset), 0) FROM consumer_offset")
        return bool(rows[0][0] >= count)

    await until(taken_in)


async def take_in(engine: AsyncEngine, bus: TopicBus | FakeBus, topic: str, handle: Handler, count: int) -> None:
    async with at_work(consumer(engine, bus, topic, handle).run):
        await until_taken_in(engine, count)


async def test_a_poison_event_waits_with_its_reason_and_what_follows_of_its_key_waits_behind_it(
    engine: AsyncEngine, bus: TopicBus, topic: str
) -> None:
    await bus.append(topic, awards([POISONED, *OTHERS], range(1, 11)))
    await take_in(engine, bus, topic, Poison(4).handle, 80)
    expected = once_each(OTHERS, range(1, 11)) | once_each([POISONED], range(1, 4))
    assert violations(expected, await traces(engine)) == []
    letters = await select(engine, LETTERS)
    assert [(row.key, row.state, row.set_aside_at) for row in letters] == [(str(POISONED), "waiting", NOW)] * 7
    assert letters[0].reason == "ZeroDivisionError: no weight in version 4"
    assert {row.reason for row in letters[1:]} == {"waits behind an earlier event of the same key"}


async def test_a_retry_takes_the_letters_of_a_key_in_in_order_and_frees_the_key(
    engine: AsyncEngine, bus: TopicBus, topic: str
) -> None:
    poison = Poison(2)
    await bus.append(topic, awards([POISONED, OTHERS[0]], range(1, 6)))
    await take_in(engine, bus, topic, poison.handle, 10)
    poison.cure()
    assert await retry(engine, poison.handle) == 4
    await bus.append(topic, awards([POISONED], range(6, 8)))
    await take_in(engine, bus, topic, poison.handle, 12)
    expected = once_each([POISONED], range(1, 8)) | once_each(OTHERS[:1], range(1, 6))
    assert violations(expected, await traces(engine)) == []
    assert [
        (row.state, row.settled_at, row.settled_by, row.settled_reason) for row in await select(engine, LETTERS)
    ] == [("retried", NOW, "hr", "weights added")] * 4
    assert await retry(engine, poison.handle) == 0


async def retry(engine: AsyncEngine, handle: Handler, consumer: str = "compensation") -> int:
    return await dead_letters.retry(
        engine,
        consumer=consumer,
        handle=handle,
        key=str(POISONED),
        clock=StillClock(),
        by="hr",
        reason="weights added",
    )


async def test_a_retry_that_fails_changes_nothing(engine: AsyncEngine, bus: TopicBus, topic: str) -> None:
    poison = Poison(1, 3)
    await bus.append(topic, awards([POISONED], range(1, 5)))
    await take_in(engine, bus, topic, poison.handle, 4)
    before = await select(engine, "SELECT * FROM dead_letter ORDER BY id")
    poison.versions = {3}
    with pytest.raises(ZeroDivisionError):
        await retry(engine, poison.handle)
    assert await traces(engine) == []
    assert await select(engine, "SELECT * FROM dead_letter ORDER BY id") == before
    assert await retry(engine, poison.handle, consumer="another") == 0


async def test_discarding_the_poison_event_leaves_the_rest_to_be_retried(
    engine: AsyncEngine, bus: TopicBus, topic: str
) -> None:
    poison = Poison(2)
    await bus.append(topic, awards([POISONED], range(1, 5)))
    await take_in(engine, bus, topic, poison.handle, 4)
    async with engine.begin() as connection:
        first, *behind = await dead_letters.waiting(connection, consumer="compensation", key=str(POISONED))
    assert await discard(engine, first.id) == 1
    assert await discard(engine, first.id) == 0
    await bus.append(topic, awards([POISONED], [5]))
    await take_in(engine, bus, topic, poison.handle, 5)
    assert await retry(engine, poison.handle) == len(behind) + 1
    assert await traces(engine) == [(str(POISONED), version) for version in (1, 3, 4, 5)]
    assert [row.state for row in await select(engine, LETTERS)] == ["discarded", "retried", "retried", "retried"]


async def discard(engine: AsyncEngine, letter: int) -> int:
    return await dead_letters.discard(
        engine, consumer="compensation", ids=[letter], clock=StillClock(), by="hr", reason="sent in error"
    )


async def test_events_of_no_interest_to_the_consumer_neither_wait_nor_come_back(engine: AsyncEngine) -> None:
    bus, poison = FakeBus(), Poison(1)
    of_no_interest = CredentialRevoked(**award(POISONED).model_dump(), revoked_at=NOW)
    await bus.append("fake", [record(award(POISONED)), record(of_no_interest), record(award(POISONED, 2))])
    reader = Consumer(
        name="compensation",
        engine=engine,
        bus=bus,
        topics=["fake"],
        handle=poison.handle,
        clock=StillClock(),
        events=[CredentialAwarded],
    )
    async with at_work(reader.run):
        await until_taken_in(engine, 3)
    assert len(await select(engine, LETTERS)) == 2
    poison.cure()
    assert await retry(engine, poison.handle) == 2
    assert await traces(engine) == [(str(POISONED), 1), (str(POISONED), 2)]


async def test_events_that_arrive_during_a_retry_neither_overtake_it_nor_stay_behind(engine: AsyncEngine) -> None:
    bus = FakeBus()
    poison = Poison(1)
    await bus.append("fake", awards([POISONED], range(1, 4)))
    await take_in(engine, bus, "fake", poison.handle, 3)
    poison.cure()

    async def slowly(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        await bus.append("fake", awards([POISONED], range(4, 7)))
        await asyncio.sleep(0.5)
        await leave_traces(connection, events)

    async with at_work(consumer(engine, bus, "fake", poison.handle).run):
        assert await retry(engine, slowly) == 3
        await until_taken_in(engine, 6)
    assert violations(once_each([POISONED], range(1, 7)), await traces(engine)) == []
    assert {row.state for row in await select(engine, LETTERS)} == {"retried"}


async def test_whatever_bytes_stand_on_the_bus_no_record_stops_the_others(
    engine: AsyncEngine, bus: TopicBus, topic: str
) -> None:
    malformed = list(malformed_records())
    good = awards(OTHERS, range(1, 4))
    await bus.append(topic, good[:10] + malformed + good[10:])
    await take_in(engine, bus, topic, leave_traces, len(good) + len(malformed))
    assert violations(once_each(OTHERS, range(1, 4)), await traces(engine)) == []
    async with engine.begin() as connection:
        letters = await dead_letters.waiting(connection)
    assert len(letters) == len(malformed)
    by_key = {letter.record.key: letter for letter in letters}
    assert {sent.key for sent in malformed} == by_key.keys()
    for sent in malformed:
        letter = by_key[sent.key]
        assert (letter.record.value, list(letter.record.headers)) == (sent.value, list(sent.headers))
        assert "Error" in letter.reason or "Malformed" in letter.reason


def malformed_records() -> list[Record]:
    """One for each way in which a record can be no event, each with a key of its own."""
    event = award(uuid4())
    whole = record(event)

    def without(name: str) -> Record:
        return whole._replace(headers=[header for header in whole.headers if header[0] != name])

    def having(name: str, value: bytes) -> Record:
        return whole._replace(headers=[*without(name).headers, (name, value)])

    broken = [
        *(without(name) for name in ("ce_id", "ce_type", "ce_source", "ce_specversion", "ce_time")),
        having("ce_id", b"no uuid"),
        having("ce_time", b"yesterday"),
        having("ce_specversion", b"0.3"),
        having("ce_odd", b"\xff\xfe"),
        having("ce_odd", b"nul \x00"),
        having("content-type", b"application/cloudevents+json"),
        whole._replace(headers=[]),
        whole._replace(value=None),
        whole._replace(value=b""),
        whole._replace(value=b"\xff\x00"),
        whole._replace(value=b"[1]"),
        whole._replace(value=b"[" * 100_000),
        whole._replace(value=b"{}"),
        whole._replace(value=event.model_dump_json().replace('"version":1', '"version":0').encode()),
        whole._replace(value=event.model_dump_json().replace(str(event.educator_id), "nobody \\ud800\\u0000").encode()),
    ]
    return [each._replace(key=f"malformed {n}") for n, each in enumerate(broken)]


@pytest.mark.kafka
async def test_keys_and_headers_that_postgresql_cannot_hold_stop_nothing(engine: AsyncEngine, kafka: Kafka) -> None:
    bus, topic = KafkaBus(kafka.bootstrap, client_id="test"), f"test-{uuid4().hex[:12]}"
    await bus.create_topics([topic])
    producer = await bus._started_producer()
    for key in (b"\x00", b"\xff", None, b"a\x00b"):
        await producer.send_and_wait(topic, b"x", key=key, headers=[("n\x00", b"\x00"), ("absent", None)])
    await bus.append(topic, awards(OTHERS, [1]))
    await take_in(engine, bus, topic, leave_traces, 4 + len(OTHERS))
    await bus.close()
    assert violations(once_each(OTHERS, [1]), await traces(engine)) == []
    async with engine.begin() as connection:
        headers = {tuple(letter.record.headers) for letter in await dead_letters.waiting(connection)}
    assert headers == {(("n\N{REPLACEMENT CHARACTER}", b"\x00"), ("absent", None))}


async def test_an_event_that_the_database_refuses_is_poison_and_a_database_out_of_date_is_not(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.consumer._BACKOFF_SECONDS", (0.05,))
    refusing: UUID = OTHERS[0]

    async def handle(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        for received in events:
            share = 2**40 if received.event.key == str(refusing) else 1
            await connection.execute(text("INSERT INTO later_table VALUES (:share)"), {"share": share})
        await leave_traces(connection, events)

    bus = FakeBus()
    await bus.append("fake", awards([refusing, OTHERS[1]], range(1, 4)))
    async with at_work(consumer(engine, bus, "fake", handle).run):
        await asyncio.sleep(0.4)
        assert await select(engine, LETTERS) == []
        await select(engine, "CREATE TABLE later_table (share integer)")
        await until_taken_in(engine, 6)
    assert violations(once_each(OTHERS[1:2], range(1, 4)), await traces(engine)) == []
    assert {row.key for row in await select(engine, LETTERS)} == {str(refusing)}
