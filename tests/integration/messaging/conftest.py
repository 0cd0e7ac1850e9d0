"""A service's database, and the bus in both its forms: each test of the bus runs on the embedded log and on Kafka."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.postgres import PostgresServer
from shared.db.engine import create_engine
from shared.messaging.bus import Bus
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.kafka import KafkaBus
from tests.support.messaging import make_tables


class TopicBus(Bus, Protocol):
    """A bus that can make topics, as both are."""

    async def create_topics(self, topics: list[str]) -> None: ...


OpenBus = Callable[[], TopicBus]


@pytest.fixture(scope="package")
def one_database(postgres: PostgresServer) -> Iterator[str]:
    name = f"messaging_{uuid4().hex[:12]}"
    postgres.create_database(name)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
async def database(one_database: str) -> str:
    """The same database for each test of this package, emptied: making a new one takes ten times as long."""
    connection = await asyncpg.connect(one_database)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await connection.close()
    return one_database


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    """The database of a service that takes events in and publishes some."""
    engine = create_engine(database)
    await make_tables(engine)
    yield engine
    await engine.dispose()


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def make_bus(request: pytest.FixtureRequest) -> OpenBus:
    if request.param == "kafka":
        bootstrap = request.getfixturevalue("kafka").bootstrap
        return lambda: KafkaBus(bootstrap, client_id="test")
    url = request.getfixturevalue("database")
    return lambda: EmbeddedBus(url)


@pytest.fixture
async def open_bus(make_bus: OpenBus) -> AsyncIterator[OpenBus]:
    """Opens one more bus object on the same log, and closes it after the test."""
    opened: list[TopicBus] = []

    def open_one() -> TopicBus:
        opened.append(make_bus())
        return opened[-1]

    yield open_one
    for bus in opened:
        await bus.close()


@pytest.fixture
def bus(open_bus: OpenBus) -> TopicBus:
    return open_bus()


@pytest.fixture
async def topic(bus: TopicBus) -> str:
    """A topic that no other test knows."""
    name = f"test-{uuid4().hex[:12]}"
    await bus.create_topics([name])
    return name
