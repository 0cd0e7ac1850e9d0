"""A run made ready: the world, the people in it, and the faults to come."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.schedule.caller import Caller
from tests.faults.schedule.course import Course
from tests.faults.schedule.district import District
from tests.faults.schedule.faults import KINDS, schedule
from tests.faults.schedule.world import World, running_world
from tests.support.servers import KAFKA_JARS

MEAN_GAP_SECONDS = 0.8
NO_SMALL_DISK = "No tmpfs can be mounted here (root can): the disk is NOT filled."
_FAULTS_A_ROUND = 40


@asynccontextmanager
async def running_course(
    folder: Path, *, seed: int, count: int, tell: Callable[[], None] = lambda: None
) -> AsyncIterator[Course]:
    """The product running and the people settled in; nothing has struck yet."""
    async with running_world(folder, jars_in=KAFKA_JARS, faults=count) as world:
        kinds = dict(KINDS)
        if not is_disk_small(world):
            del kinds["fill the disk"]
        faults = schedule(seed, kinds=kinds, mean_gap_seconds=MEAN_GAP_SECONDS)
        caller = Caller(world.url, world.workspace)
        try:
            district = District(caller)
            await district.settle_in()
            yield Course(world, district, seed, faults, count, _FAULTS_A_ROUND, tell)
        finally:
            await caller.close()


def is_disk_small(world: World) -> bool:
    """Whether the disks of the servers can be filled without harm to the machine's own."""
    return all(disk.is_small for disk in world.disks.values())
