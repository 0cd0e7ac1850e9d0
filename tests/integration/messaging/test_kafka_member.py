"""A member of a Kafka group that has a name: started again, it reads on at once where it was killed."""

import asyncio
from uuid import uuid4

import pytest

from shared.events.topics import PARTITIONS
from shared.messaging.kafka import KafkaBus
from tests.support.messaging import until
from tests.support.servers import Kafka


@pytest.mark.kafka
async def test_it_takes_over_from_whoever_had_its_name(kafka: Kafka) -> None:
    """Without the name the two would share, and what a killed one had would wait for 10 s."""
    topic, group = (f"{what}-{uuid4().hex[:8]}" for what in ("named", "group"))
    bus = KafkaBus(kafka.bootstrap, client_id="test", member="one")
    await bus.create_topics([topic])
    first, second = (bus.subscribe(group, [topic]) for _ in range(2))
    await first.start()
    async with asyncio.timeout(5):
        await second.start()

    async def has_all() -> bool:
        return len(second.assigned()) == PARTITIONS

    await until(has_all, seconds=5)
    await asyncio.gather(first.close(), second.close())
    await bus.close()
