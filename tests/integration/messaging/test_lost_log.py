"""A bus that lost its records, even one that was filled again before anyone looked, costs no fact."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.kafka_broker import KafkaBroker
from shared.events.topics import Topic
from shared.messaging import outbox
from shared.messaging.consumer import Consumer, ConsumerLimits
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.kafka import KafkaBus
from shared.messaging.relay import Relay, republish
from tests.integration.messaging.conftest import TopicBus
from tests.support.messaging import NOW, StillClock, at_work, award, leave_traces, select, traces, until

EDUCATORS = [uuid4() for _ in range(40)]
QUICK = ConsumerLimits(batch=50, wait_seconds=0.1, check_seconds=0.3, stuck_seconds=5)
LoseAll = Callable[[TopicBus], Awaitable[None]]


@pytest.fixture
def own_broker(kafka_jars: Path, servers_folder: Path) -> Iterator[KafkaBroker]:
    with KafkaBroker(servers_folder / f"kafka-{uuid4().hex[:8]}", jars_in=kafka_jars) as broker:
        yield broker


async def test_an_embedded_log_that_lost_its_records_is_read_again_from_its_start(
    engine: AsyncEngine, database: str
) -> None:
    for reading in (True, False):
        await lose_and_fill_again(engine, database, EmbeddedBus(database), empty_the_tables, reading=reading)
        await select(engine, "TRUNCATE effect, outbox, consumer_offset")


async def empty_the_tables(bus: TopicBus) -> None:
    connection = await asyncpg.connect(bus._url)  # type: ignore[attr-defined]
    await connection.execute("DELETE FROM bus_record; UPDATE bus_partition SET next_offset = 0")
    await connection.close()


@pytest.mark.kafka
async def test_a_kafka_broker_that_lost_its_records_is_read_again_from_its_start(
    engine: AsyncEngine, database: str, own_broker: KafkaBroker
) -> None:
    async def wipe(bus: TopicBus) -> None:
        await asyncio.to_thread(own_broker.kill)
        await asyncio.to_thread(own_broker.wipe)
        await asyncio.to_thread(own_broker.start)
        await bus.create_topics([Topic.CREDENTIALS])

    bus = KafkaBus(own_broker.bootstrap, client_id="test")
    await lose_and_fill_again(engine, database, bus, wipe, reading=True)


async def lose_and_fill_again(
    engine: AsyncEngine, database: str, bus: TopicBus, lose_all: LoseAll, *, reading: bool
) -> None:
    """The old log holds three versions of each educator twice, the new one seven versions once.

    So versions 4 to 6 stand below the old offset, and a consumer that went on from there would never see them.
    """
    await bus.create_topics([Topic.CREDENTIALS])
    relay = Relay(service="credentials", url=database, bus=bus)
    async with at_work(relay.run), AsyncExitStack() as reader:
        await reader.enter_async_context(at_work(consumer(engine, bus).run))
        await record_versions(engine, 1, 4)
        await until_published(engine)
        await republish(database)
        await until(lambda: offsets_reach(engine, 6 * len(EDUCATORS)))
        # Noted with its first record: nobody may have had the time to ask what the log is called.
        assert await no_row(engine, "SELECT 1 FROM consumer_offset WHERE next_offset > 0 AND origin IS NULL")
        if not reading:
            await reader.aclose()
        await lose_all(bus)
        await republish(database)
        await record_versions(engine, 4, 8)
        await until_published(engine)
        if not reading:
            await reader.enter_async_context(at_work(consumer(engine, bus).run))
        await until(lambda: all_versions_seen(engine), seconds=40)
    await bus.close()


def consumer(engine: AsyncEngine, bus: TopicBus) -> Consumer:
    return Consumer(
        name="compensation",
        engine=engine,
        bus=bus,
        topics=[Topic.CREDENTIALS],
        handle=leave_traces,
        clock=StillClock(),
        limits=QUICK,
    )


async def all_versions_seen(engine: AsyncEngine) -> bool:
    return len(set(await traces(engine))) == 7 * len(EDUCATORS)


async def record_versions(engine: AsyncEngine, first: int, end: int) -> None:
    for version in range(first, end):
        async with engine.begin() as connection:
            await outbox.record(connection, [award(educator, version) for educator in EDUCATORS], now=NOW)


async def until_published(engine: AsyncEngine) -> None:
    await until(lambda: no_row(engine, "SELECT 1 FROM outbox WHERE published_seq IS NULL"), seconds=40)


async def offsets_reach(engine: AsyncEngine, total: int) -> bool:
    rows = await select(engine, "SELECT coalesce(sum(next_offset), 0) FROM consumer_offset")
    return bool(rows[0][0] >= total)


async def no_row(engine: AsyncEngine, sql: str) -> bool:
    return not await select(engine, sql)
