"""Every test here has the compensation service on a fresh database."""

from collections.abc import AsyncIterator

import pytest

from tests.support.compensation import Compensation, running_compensation


@pytest.fixture
async def compensation(database: str) -> AsyncIterator[Compensation]:
    async with running_compensation(database) as running:
        yield running
