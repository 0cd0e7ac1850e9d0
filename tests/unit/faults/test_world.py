"""Who is killed, who is started again, and what is told of a part that cannot be."""

import asyncio
from typing import Any, cast

import pytest

from tests.faults.schedule import world as running
from tests.faults.schedule.parts import Part
from tests.faults.schedule.world import World


class Ended:
    """A part that has ended and does not come up again."""

    name = "slo-api"
    is_held = False
    is_running = False
    pid = None

    async def start(self) -> None:
        raise RuntimeError("no room")

    async def kill(self) -> None:
        """There is nobody."""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(running, "_LOOK_SECONDS", 0)
    nothing: Any = None
    return World(nothing, nothing, nothing, {}, {"slo-api": cast("Part", Ended())}, {})


async def test_a_part_that_cannot_be_started_again_is_told(world: World) -> None:
    await asyncio.wait_for(world.keep_alive(), 5)
    assert world.given_up == ["slo-api ended by itself and was given up: RuntimeError('no room')"]


async def test_a_kill_that_nobody_dies_of_is_told(world: World) -> None:
    assert not await world.kill("slo-api")
