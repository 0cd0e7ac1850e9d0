"""What every bus must do, held against the embedded log and against a real Kafka alike."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from shared.events.topics import PARTITIONS
from shared.messaging.bus import BusUnavailable, ConsumedRecord, Partition, Record, Subscription
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.kafka import KafkaBus
from shared.messaging.outbox import MAX_EVENT_BYTES
from tests.integration.messaging.conftest import OpenBus, TopicBus
from tests.support.messaging import by_partition, read, until

KEYS = [f"key-{n}" for n in range(8)]


def numbered(count: int, *, start: int = 0) -> list[Record]:
    """`count` records for each key; the value tells the number."""
    return [Record(key, str(n).encode(), [("n", str(n).encode())]) for n in range(start, start + count) for key in KEYS]


def numbers_by_key(records: list[ConsumedRecord]) -> dict[str, list[int]]:
    numbers: dict[str, list[int]] = {key: [] for key in KEYS}
    for consumed in records:
        numbers[consumed.key].append(int(consumed.value or b"-1"))
    return numbers


async def member(bus: TopicBus, topic: str, group: str | None = None) -> Subscription:
    subscription = bus.subscribe(group or f"group-{uuid4().hex[:8]}", [topic])
    await subscription.start()
    return subscription


async def test_records_of_a_key_stay_in_order_and_in_one_partition_without_gaps(bus: TopicBus, topic: str) -> None:
    for start in (0, 10, 20):
        await bus.append(topic, numbered(10, start=start))
    subscription = await member(bus, topic)
    records = await read(subscription, 30 * len(KEYS))
    await subscription.close()
    assert numbers_by_key(records) == {key: list(range(30)) for key in KEYS}
    assert all(len({consumed.partition for consumed in records if consumed.key == key}) == 1 for key in KEYS)
    for partition, offsets in by_partition(records).items():
        assert partition.topic == topic
        assert offsets == list(range(len(offsets)))
    assert len(by_partition(records)) > 1


async def test_headers_and_an_absent_value_survive(bus: TopicBus, topic: str) -> None:
    headers = [
        ("ce_id", b"1"),
        ("twice", b"a"),
        ("twice", b"b"),
        ("empty", b""),
        ("odd", b"\xff\x00'\\"),
        ("ä", b"\xc3\xa4"),
    ]
    await bus.append(topic, [Record("a", None, headers), Record("a", b"", []), Record("a", bytes(range(256)), [])])
    subscription = await member(bus, topic)
    first, second, third = await read(subscription, 3)
    await subscription.close()
    assert first.value is None
    assert [(name, value) for name, value in first.headers] == headers
    assert (second.value, list(second.headers)) == (b"", [])
    assert third.value == bytes(range(256))


async def test_events_of_the_largest_size_that_is_recorded_survive(bus: TopicBus, topic: str) -> None:
    large = b"x" * MAX_EVENT_BYTES
    await bus.append(topic, [Record("a", large, [])] * 3)
    subscription = await member(bus, topic)
    assert {consumed.value == large for consumed in await read(subscription, 3)} == {True}
    await subscription.close()


async def test_a_reader_that_goes_back_reads_the_same_again(bus: TopicBus, topic: str) -> None:
    await bus.append(topic, numbered(20))
    subscription = await member(bus, topic)
    records = await read(subscription, 20 * len(KEYS))
    partition = records[0].partition
    held = [consumed for consumed in records if consumed.partition == partition]
    await subscription.seek(partition, 7)
    again = await read(subscription, len(held) - 7)
    await subscription.seek(Partition(topic, 999), 5)
    assert again == held[7:]
    assert await subscription.fetch(limit=10, wait_seconds=0.2) == []
    await subscription.close()


async def test_no_fetch_gives_more_than_its_limit_and_nothing_is_passed_over(bus: TopicBus, topic: str) -> None:
    await bus.append(topic, numbered(10))
    subscription = await member(bus, topic)
    records: list[ConsumedRecord] = []
    while len(records) < 10 * len(KEYS):
        some = await subscription.fetch(limit=7, wait_seconds=5)
        assert 0 < len(some) <= 7
        records += some
    await subscription.close()
    assert numbers_by_key(records) == {key: list(range(10)) for key in KEYS}


async def test_of_a_backlog_a_key_comes_with_what_all_topics_have_of_it(bus: TopicBus, topic: str) -> None:
    """And nothing is passed over on the way from the backlog to its end."""
    topics = [topic, f"{topic}-too"]
    await bus.create_topics(topics[1:])
    for name in topics:
        await bus.append(name, numbered(60))
    subscription = bus.subscribe(f"group-{uuid4().hex[:8]}", topics)
    await subscription.start()
    records = await subscription.fetch(limit=1, wait_seconds=5)
    numbers: list[set[int]] = []
    while len(records) < 120 * len(KEYS):
        batch = await subscription.fetch(limit=240, wait_seconds=5)
        numbers.append({record.partition.number for record in batch})
        records += batch
    await subscription.close()
    # A batch may cut one number in two. Where topics came one after the other, all would come twice.
    assert sum(map(len, numbers)) <= len(set().union(*numbers)) + len(numbers)
    for name in topics:
        of_topic = [record for record in records if record.partition.topic == name]
        assert numbers_by_key(of_topic) == {key: list(range(60)) for key in KEYS}


async def test_a_busy_partition_does_not_keep_the_others_waiting(database: str) -> None:
    """Of the embedded log alone: aiokafka drains what it has fetched of a partition before it fetches again."""
    bus, topic = EmbeddedBus(database), "busy"
    await bus.create_topics([topic])
    await bus.append(topic, [Record("busy", b"", [])] * 2_000 + numbered(1))
    subscription = await member(bus, topic)
    seen = {sent.key for _ in range(2 * PARTITIONS) for sent in await subscription.fetch(limit=50, wait_seconds=0)}
    await subscription.close()
    await bus.close()
    assert seen == {"busy", *KEYS}


async def test_records_outlive_the_bus_object_and_are_read_from_the_first_one_on(
    open_bus: OpenBus, bus: TopicBus, topic: str
) -> None:
    await bus.append(topic, numbered(5))
    await bus.close()
    later = open_bus()
    await later.append(topic, numbered(5, start=5))
    subscription = await member(later, topic)
    assert numbers_by_key(await read(subscription, 10 * len(KEYS))) == {key: list(range(10)) for key in KEYS}
    await subscription.close()


async def test_two_members_together_read_everything_and_one_goes_on_when_the_other_leaves(
    open_bus: OpenBus, bus: TopicBus, topic: str
) -> None:
    group = f"group-{uuid4().hex[:8]}"
    first, second = await asyncio.gather(member(bus, topic, group), member(open_bus(), topic, group))
    seen = await read_together([first, second], bus, topic, numbered(10))
    assert numbers_by_key(sorted(seen, key=lambda consumed: consumed.offset)) == {key: list(range(10)) for key in KEYS}
    assert len(first.assigned() | second.assigned()) == PARTITIONS
    await first.close()
    await until_all_are_assigned(second)
    seen = await read_together([second], bus, topic, numbered(10, start=10))
    assert {key: numbers[-10:] for key, numbers in numbers_by_key(seen).items()} == {
        key: list(range(10, 20)) for key in KEYS
    }
    await second.close()


async def test_a_member_that_dies_without_a_word_is_replaced(
    open_bus: OpenBus, bus: TopicBus, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.kafka._SESSION_MS", 6_000)
    group = f"group-{uuid4().hex[:8]}"
    async with process_with_a_member(bus, topic, group) as process:
        second = await member(open_bus(), topic, group)
        process.send_signal(signal.SIGKILL)
        await until_all_are_assigned(second)
        seen = await read_together([second], bus, topic, numbered(10))
        assert numbers_by_key(seen) == {key: list(range(10)) for key in KEYS}
        await second.close()


async def read_together(
    members: list[Subscription], bus: TopicBus, topic: str, records: list[Record]
) -> list[ConsumedRecord]:
    """Append and let the members read until each of `records` was read by one of them; without repetitions."""
    await bus.append(topic, records)
    wanted = {(sent.key, sent.value) for sent in records}
    seen: dict[tuple[Partition, int], ConsumedRecord] = {}

    async def all_seen() -> bool:
        for fetched in await asyncio.gather(*(one.fetch(limit=500, wait_seconds=0.1) for one in members)):
            seen.update({(consumed.partition, consumed.offset): consumed for consumed in fetched})
        return wanted <= {(consumed.key, consumed.value) for consumed in seen.values()}

    await until(all_seen)
    return list(seen.values())


async def until_all_are_assigned(subscription: Subscription) -> None:
    async def assigned() -> bool:
        await subscription.fetch(limit=1, wait_seconds=0.1)
        return len(subscription.assigned()) == PARTITIONS

    await until(assigned, seconds=20)


@asynccontextmanager
async def process_with_a_member(bus: TopicBus, topic: str, group: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process that has joined the group and holds all partitions."""
    program = [sys.executable, "-m", "tests.support.bus_member", address_of(bus), topic, group]
    process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 20) == b"joined\n"
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def address_of(bus: TopicBus) -> str:
    return str(getattr(bus, "_bootstrap", None) or getattr(bus, "_url", None))


async def test_bounds_tell_what_is_held_and_the_origin_stays(open_bus: OpenBus, bus: TopicBus, topic: str) -> None:
    subscription = await member(bus, topic)
    await until_all_are_assigned(subscription)
    empty = await subscription.bounds()
    assert {(bound.first, bound.end, bound.origin) for bound in empty.values()} == {(0, 0, None)}
    assert len(empty) == PARTITIONS
    await bus.append(topic, numbered(10))
    filled = await subscription.bounds()
    assert sum(bound.end for bound in filled.values()) == 10 * len(KEYS)
    assert {bound.first for bound in filled.values()} == {0}
    assert all((bound.origin is not None) == (bound.end > 0) for bound in filled.values())
    await subscription.close()
    await bus.append(topic, numbered(1))
    another = await member(open_bus(), topic)
    await until_all_are_assigned(another)
    later = await another.bounds()
    assert {partition: bound.origin for partition, bound in later.items()} == {
        partition: bound.origin for partition, bound in filled.items()
    }
    await another.close()


async def test_bounds_can_be_asked_while_a_fetch_is_under_way(bus: TopicBus, topic: str) -> None:
    subscription = await member(bus, topic)
    await until_all_are_assigned(subscription)

    async def fetch_often() -> int:
        return sum([len(await subscription.fetch(limit=5, wait_seconds=0.01)) for _ in range(60)])

    fetching = asyncio.ensure_future(fetch_often())
    while not fetching.done():
        await bus.append(topic, numbered(1)[:4])
        assert len(await subscription.bounds()) == PARTITIONS
    assert await fetching > 0
    await subscription.close()


async def test_a_topic_that_does_not_exist_takes_no_records(
    bus: TopicBus, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.kafka._SEND_SECONDS", 1)
    with pytest.raises(BusUnavailable):
        await bus.append(f"{topic}-unknown", numbered(1))
    await bus.append(topic, numbered(1))


async def test_making_a_topic_twice_changes_nothing(bus: TopicBus, topic: str) -> None:
    await bus.append(topic, numbered(1))
    await asyncio.gather(bus.create_topics([topic, f"{topic}-b"]), bus.create_topics([topic, f"{topic}-b"]))
    subscription = await member(bus, topic)
    assert len(await read(subscription, len(KEYS))) == len(KEYS)
    await subscription.close()


async def test_a_fetch_comes_back_empty_when_nothing_came_in_time(bus: TopicBus, topic: str) -> None:
    subscription = await member(bus, topic)
    await until_all_are_assigned(subscription)
    began = time.monotonic()
    assert await subscription.fetch(limit=10, wait_seconds=0.6) == []
    assert 0.5 < time.monotonic() - began < 3
    await subscription.close()


async def test_a_waiting_fetch_is_woken_by_an_append(bus: TopicBus, topic: str) -> None:
    subscription = await member(bus, topic)
    await until_all_are_assigned(subscription)
    waits = []
    for _ in range(5):
        fetching = asyncio.ensure_future(subscription.fetch(limit=10, wait_seconds=5))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await bus.append(topic, [Record("a", b"1", [])])
        assert len(await fetching) == 1
        waits.append(time.monotonic() - began)
    await subscription.close()
    assert min(waits) < 0.1


async def test_many_appends_at_once_leave_no_gap_and_keep_each_writers_order(bus: TopicBus, topic: str) -> None:
    async def write(writer: str) -> None:
        for start in range(0, 40, 4):
            keys = KEYS[start % 3 :] if int(writer) % 2 else KEYS[::-1]
            await bus.append(
                topic,
                [
                    Record(key, str(n).encode(), [("w", writer.encode())])
                    for n in range(start, start + 4)
                    for key in keys
                ],
            )

    writers = [str(n) for n in range(16)]
    await asyncio.gather(*map(write, writers))
    subscription = await member(bus, topic)
    expected = sum(bound.end for bound in (await subscription.bounds()).values())
    records = await read(subscription, expected)
    await subscription.close()
    for offsets in by_partition(records).values():
        assert offsets == list(range(len(offsets)))
    for writer in writers:
        own = [consumed for consumed in records if consumed.headers[0][1] == writer.encode()]
        for key in KEYS[3:]:
            assert [int(consumed.value or b"") for consumed in own if consumed.key == key] == list(range(40))


async def test_a_log_that_was_emptied_and_filled_again_has_another_origin(bus: TopicBus, topic: str) -> None:
    async def origins() -> set[str | None]:
        subscription = await member(bus, topic)
        await until_all_are_assigned(subscription)
        bounds = await subscription.bounds()
        await subscription.close()
        return {bound.origin for bound in bounds.values()} - {None}

    await bus.append(topic, numbered(3))
    before = await origins()
    await empty(bus, topic)
    await bus.append(topic, numbered(3))
    assert before
    assert not before & await origins()


async def test_the_first_record_of_each_partition_tells_the_origin(bus: TopicBus, topic: str) -> None:
    await bus.append(topic, numbered(3))
    subscription = await member(bus, topic)
    records = await read(subscription, 3 * len(KEYS))
    bounds = await subscription.bounds()
    await subscription.close()
    told = {(record.partition, record.origin) for record in records if record.offset == 0}
    assert told == {(partition, bound.origin) for partition, bound in bounds.items() if bound.end}
    assert {record.origin for record in records if record.offset} == {None}


async def empty(bus: TopicBus, topic: str) -> None:
    """Lose all records of the topic, as a broker that lost its disk would."""
    if hasattr(bus, "_bootstrap"):
        from aiokafka.admin import AIOKafkaAdminClient

        admin = AIOKafkaAdminClient(bootstrap_servers=bus._bootstrap)
        await admin.start()
        await admin.delete_topics([topic])
        await admin.close()
        await asyncio.sleep(0.5)
        await bus.create_topics([topic])
    else:
        async with bus._connected() as connection:  # type: ignore[attr-defined]
            await connection.execute("DELETE FROM bus_record WHERE topic = $1", topic)
            await connection.execute("UPDATE bus_partition SET next_offset = 0 WHERE topic = $1", topic)


async def test_a_hint_decides_nothing_and_never_fails(bus: TopicBus, topic: str) -> None:
    await bus.append(topic, numbered(2))
    subscription = await member(bus, topic)
    await read(subscription, 2 * len(KEYS))
    await subscription.hint({})
    await subscription.hint({Partition(topic, 0): 1, Partition("elsewhere", 3): 7})
    await subscription.hint({Partition(topic, 0): 10**9})
    await subscription.close()


async def test_closing_while_a_fetch_waits_ends_it(bus: TopicBus, topic: str) -> None:
    subscription = await member(bus, topic)
    fetching = asyncio.ensure_future(subscription.fetch(limit=10, wait_seconds=30))
    await asyncio.sleep(0.2)
    fetching.cancel()
    began = time.monotonic()
    await asyncio.wait([fetching])
    await subscription.close()
    await subscription.close()
    assert time.monotonic() - began < 3
    assert fetching.cancelled()


async def test_readiness_fails_where_nothing_answers(bus: TopicBus) -> None:
    await bus.check()
    nowhere: TopicBus = (
        EmbeddedBus("postgresql://nobody@127.0.0.1:9/none")
        if isinstance(bus, EmbeddedBus)
        else KafkaBus("127.0.0.1:9", client_id="test")
    )
    with pytest.raises(BusUnavailable):
        await nowhere.check()
    with pytest.raises(BusUnavailable):
        await nowhere.append("any", [Record("a", b"", [])])
    with pytest.raises(BusUnavailable):
        await nowhere.create_topics(["any"])
    subscription = nowhere.subscribe("group", ["any"])
    with pytest.raises(BusUnavailable):
        await subscription.start()
    with pytest.raises(BusUnavailable):
        await subscription.fetch(limit=1, wait_seconds=0)
    await subscription.close()
    await nowhere.close()
