"""The whole product on real Kafka: an API and a worker process for each service, a gateway before them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.matrix import Matrix
from tests.e2e.story import Network, Story, a_year_of_work

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
async def network(servers_folder: Path, kafka_jars: Path) -> AsyncIterator[Network]:
    async with a_year_of_work(servers_folder / "kafka-stack", "kafka") as running:
        yield running


class TestStory(Story):
    pass


class TestMatrix(Matrix):
    pass
