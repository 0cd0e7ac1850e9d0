"""A fault that delivers again does so: what it sends is in the log twice, where it was, with its key and headers."""

from collections import Counter
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.kafka_broker import create_topics
from tests.faults.schedule.faults import Fault, deliver_again
from tests.support.servers import Kafka

pytestmark = pytest.mark.kafka
_RECORDS = 30


async def test_records_of_the_log_are_delivered_again(kafka: Kafka) -> None:
    topic = f"again-{uuid4()}"
    create_topics(kafka.bootstrap, [topic], 3)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    for number in range(_RECORDS):
        value = str(number).encode()
        await producer.send_and_wait(topic, value, key=value, headers=[("ce_id", value)])
    await producer.stop()

    world: Any = SimpleNamespace(broker=kafka)
    fault = Fault(1, "deliver again, out of order", topic, after_seconds=0, seconds=0, size=0)
    sent = await deliver_again(world, fault)

    times = Counter(await _records(kafka, topic, _RECORDS + sent))
    assert sent > 0
    assert len(times) == _RECORDS
    assert sum(times.values()) == _RECORDS + sent
    assert max(times.values()) == 2


async def _records(kafka: Kafka, topic: str, count: int) -> list[tuple[Any, ...]]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka.bootstrap, group_id=None, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        found = [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()
    return [(record.partition, record.key, record.value, tuple(record.headers)) for record in found]
