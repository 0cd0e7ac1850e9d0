"""Makes the Kafka topics that do not exist yet: `python -m deploy.topics`.

A job: it must succeed before any process of a service starts, because the brokers make no topic by themselves. A topic
that exists with another number of partitions is refused: an educator would have different partitions in two topics.
"""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.events.topics import PARTITIONS, Topic
from shared.messaging.kafka import KafkaBus
from shared.web.logging import configure_logging, get_logger

_TRIES = 40
_PAUSE_SECONDS = 0.25
_log = get_logger("rung.topics")


class TopicSettings(BaseSettings):
    """Three replicas where there are three brokers; one broker can hold but one."""

    model_config = SettingsConfigDict(env_prefix="RUNG_", extra="ignore")

    kafka_bootstrap: str
    topic_replication_factor: int = 1


class TopicHasOtherPartitions(Exception):
    """A topic exists, but not as this product needs it."""


async def create_topics(settings: TopicSettings) -> None:
    """Raises BusUnavailable; TopicHasOtherPartitions."""
    names = [str(topic) for topic in Topic]
    bus = KafkaBus(settings.kafka_bootstrap, client_id="rung-topics")
    try:
        await bus.create_topics(names, replication_factor=settings.topic_replication_factor)
    finally:
        await bus.close()
    await check_partitions(settings.kafka_bootstrap, names)
    _log.info("topics exist", topics=names, partitions=PARTITIONS)


async def check_partitions(bootstrap: str, names: list[str]) -> None:
    """Raises TopicHasOtherPartitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        found = await _partitions(admin, names)
        for _ in range(_TRIES):
            if all(found.values()):
                break
            # A topic just made is not known everywhere at once.
            await asyncio.sleep(_PAUSE_SECONDS)
            found = await _partitions(admin, names)
    finally:
        await admin.close()
    for name, count in found.items():
        if count != PARTITIONS:
            raise TopicHasOtherPartitions(
                f"Topic {name} has {count} partitions and needs {PARTITIONS}: move its records to a topic made anew, "
                "since adding partitions would break the order of events."
            )


async def _partitions(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, int]:
    return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics(names)}


def main() -> None:
    """Ends with the fault where there is one."""
    configure_logging("topics")
    asyncio.run(create_topics(TopicSettings()))


if __name__ == "__main__":
    main()
