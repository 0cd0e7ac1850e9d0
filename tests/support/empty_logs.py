"""Logs that hold all topics and no records, one for each run of a test that needs many."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from aiokafka.admin import AIOKafkaAdminClient

from shared.events.topics import Topic
from shared.messaging.bus import Bus
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.kafka import KafkaBus

Log = tuple[Bus, dict[str, str]]
"""The log as the test sees it, and what a process is told so that it finds it."""


class EmptyLogs(Protocol):
    """Makes one after another."""

    def one(self, database: str) -> AbstractAsyncContextManager[Log]:
        """A log for whoever works on `database`."""
        ...


class EmbeddedLogs:
    """Logs that lie in the database itself."""

    @asynccontextmanager
    async def one(self, database: str) -> AsyncIterator[Log]:
        bus = EmbeddedBus(database)
        await bus.create_topics(list(Topic))
        try:
            yield bus, {"RUNG_BUS_DATABASE_URL": database}
        finally:
            await bus.close()


class KafkaLogs:
    """Topics made anew on a broker that nobody else uses: what they held is lost.

    The process has a name in its group, since one without is missed for 10 s after each of its deaths.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    @asynccontextmanager
    async def one(self, database: str) -> AsyncIterator[Log]:
        administration = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await administration.start()
        try:
            # Until the broker has taken note of it, it takes records for topics that go away with them.
            while old := set(Topic) & set(await administration.list_topics()):
                await administration.delete_topics(sorted(old))
        finally:
            await administration.close()
        bus = KafkaBus(self._bootstrap, client_id="test")
        await bus.create_topics(list(Topic))
        try:
            yield bus, {"RUNG_KAFKA_BOOTSTRAP": self._bootstrap, "RUNG_KAFKA_MEMBER": "mortal"}
        finally:
            await bus.close()
