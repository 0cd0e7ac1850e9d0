"""A consumer that others have built: its offset is in the database, and it seeks it when partitions are assigned."""

import asyncio
from collections.abc import Collection
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from shared.messaging.bus import Record
from shared.messaging.kafka import KafkaBus
from tests.support.servers import Kafka

RECORDS, TAKEN_IN = 10, 7
_DATABASE_SECONDS = 0.5


class GoesWhereTheDatabaseStands(ConsumerRebalanceListener):
    """Asks the database, which takes its time, and seeks."""

    def __init__(self, consumer: "AIOKafkaConsumer[bytes, bytes]") -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        pass

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        await asyncio.sleep(_DATABASE_SECONDS)
        for place in assigned:
            self._consumer.seek(place, TAKEN_IN)


@pytest.mark.kafka
async def test_a_seek_in_the_rebalance_listener_does_not_keep_from_reading_again(kafka: Kafka) -> None:
    """Records come before the listener has ended. Ours compares with the offset row, and moves it, with each batch."""
    bus, topic = KafkaBus(kafka.bootstrap, client_id="test"), f"listened-{uuid4().hex[:8]}"
    await bus.create_topics([topic])
    await bus.append(topic, [Record("one", str(number).encode(), []) for number in range(RECORDS)])
    await bus.close()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap, group_id=topic, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    consumer.subscribe([topic], listener=GoesWhereTheDatabaseStands(consumer))
    await consumer.start()
    try:
        async with asyncio.timeout(30):
            first = await consumer.getone()
    finally:
        await consumer.stop()
    assert first.offset < TAKEN_IN
