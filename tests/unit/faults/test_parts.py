"""What is done to a server is done to its end: a thread cannot be cancelled, and would go on behind whoever ends it."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest

from tests.faults.schedule.parts import Server


async def test_a_start_that_is_cancelled_has_ended_when_that_is_told() -> None:
    told: list[str] = []

    def start() -> None:
        time.sleep(0.2)
        told.append("it is up")

    server: Any = SimpleNamespace(start=start)
    starting = asyncio.create_task(Server("broker", server).start())
    await asyncio.sleep(0.05)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert told == ["it is up"]
