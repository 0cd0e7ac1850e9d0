"""A second worker of compensation: it comes, joins the first one's group, and is killed or leaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.faults.schedule.world import SECOND_WORKER, World

_GROUP = "compensation"
_JOIN_SECONDS = 25
_ANSWER_SECONDS = 5


@asynccontextmanager
async def second_worker(world: World, *, is_killed: bool) -> AsyncIterator[bool]:
    """Whether it has joined; it stays until the block ends."""
    part = world.parts[SECOND_WORKER]
    before = await _members(world)
    try:
        await part.start()
        yield await _has_joined(world, before)
    finally:
        await (part.kill() if is_killed else part.stop())


async def _has_joined(world: World, before: frozenset[str]) -> bool:
    """A member that was killed is counted until its session ends, so the second one has to be new as well."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_JOIN_SECONDS):
            while True:
                members = await _members(world)
                if len(members) > 1 and members - before:
                    return True
                await asyncio.sleep(0.5)
    return False


async def _members(world: World) -> frozenset[str]:
    """By the ids that the broker gave them; none where it does not answer."""
    admin = AIOKafkaAdminClient(bootstrap_servers=world.broker.bootstrap, request_timeout_ms=_ANSWER_SECONDS * 1000)
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await admin.start()
            (answer,) = await admin.describe_consumer_groups([_GROUP])
    except (KafkaError, OSError, TimeoutError):
        return frozenset()
    finally:
        await admin.close()
    return frozenset(member[0] for group in answer.groups for member in group[5])
