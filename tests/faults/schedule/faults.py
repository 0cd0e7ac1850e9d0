"""The kinds of faults, and the schedule of them that a seed gives."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TypeVar

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError

from deploy.services import SERVICES
from shared.messaging.bus import BusUnavailable
from tests.faults.schedule.link import Link
from tests.faults.schedule.parts import is_stopped
from tests.faults.schedule.second_worker import second_worker
from tests.faults.schedule.world import APIS, SECOND_WORKER, WORKERS, World

T = TypeVar("T")

_DELIVERED_AGAIN = 60


@dataclass(frozen=True)
class Fault:
    """What happens to `target`, `after_seconds` after the fault before it, and for how many `seconds`.

    `size` from 0 to 1 says how bad it is, where a kind comes in sizes.
    """

    number: int
    kind: str
    target: str
    after_seconds: float
    seconds: float
    size: float


@dataclass(frozen=True)
class Kind:
    """How often it is drawn, what it is drawn for, how long it lasts, and what is done for that long.

    `inflict` says how much was struck: processes, connections, messages, records or bytes. With 0 it struck nothing.
    """

    weight: float
    targets: Sequence[str]
    seconds: tuple[float, float]
    inflict: Callable[[World, Fault], Awaitable[int]]


async def kill(world: World, fault: Fault) -> int:
    """kill -9, and some time later a new start."""
    try:
        has_died = await world.kill(fault.target)
        await asyncio.sleep(fault.seconds)
        await world.start(fault.target)
        return int(has_died)
    finally:
        world.parts[fault.target].is_held = False


async def pause(world: World, fault: Fault) -> int:
    """SIGSTOP, and some time later SIGCONT: a process that does not know that it was away."""
    part = world.parts[fault.target]
    part.pause()
    try:
        await asyncio.sleep(fault.seconds)
        return int(is_stopped(part))
    finally:
        part.resume()


async def reset(world: World, fault: Fault) -> int:
    return await _while_so(world, fault, Link.reset)


async def tear(world: World, fault: Fault) -> int:
    """The connection breaks in the middle of a message."""
    return await _while_so(world, fault, lambda link: link.tear(int(fault.size * 4000)))


async def cut(world: World, fault: Fault) -> int:
    return await _while_so(world, fault, Link.cut)


async def freeze(world: World, fault: Fault) -> int:
    """The network holds everything back, and delivers it in the end."""
    return await _while_so(world, fault, Link.freeze)


async def slow(world: World, fault: Fault) -> int:
    delay = 0.005 + 0.15 * fault.size
    return await _while_so(world, fault, lambda link: link.slow_down(delay, 40_000 if fault.size > 0.7 else None))


async def half_open(world: World, fault: Fault) -> int:
    """Connections that swallow everything; nobody mends them, somebody has to give them up."""
    return await _while_so(world, fault, Link.half_open)


async def _while_so(world: World, fault: Fault, inflict: Callable[[Link], None]) -> int:
    """The second worker is there only for what strikes its links."""
    link = world.links[fault.target]
    async with AsyncExitStack() as stack:
        if link.name in _LINKS_OF_THE_SECOND:
            await stack.enter_async_context(second_worker(world, is_killed=fault.number % 2 == 1))
        before = link.hits
        inflict(link)
        try:
            await asyncio.sleep(fault.seconds)
            return link.hits - before
        finally:
            link.mend()


async def empty_broker(world: World, fault: Fault) -> int:
    """The broker loses every record, topic and offset; an operator makes the topics and publishes all again."""
    try:
        await world.kill("broker")
        lost = world.broker.stored_bytes()
        await asyncio.to_thread(world.broker.wipe)
        lost -= world.broker.stored_bytes()
        await asyncio.sleep(fault.seconds)
        await world.start("broker")
    finally:
        world.parts["broker"].is_held = False
    await _until_done(world.fill_broker_again)
    return lost


async def _until_done(act: Callable[[], Awaitable[T]]) -> T:
    """Other faults go on meanwhile: whoever works by hand tries again."""
    async with asyncio.timeout(120):
        while True:
            try:
                return await act()
            except (KafkaError, asyncpg.PostgresError, BusUnavailable, OSError):
                await asyncio.sleep(0.5)


async def deliver_again(world: World, fault: Fault) -> int:
    """Records that the log has come again, in any order, behind all that came after them."""
    return await _until_done(lambda: _deliver_again(world, fault))


async def _deliver_again(world: World, fault: Fault) -> int:
    records = await _records_of(world, fault.target, random.Random(fault.number))
    async with AsyncExitStack() as stack:
        producer = AIOKafkaProducer(bootstrap_servers=world.broker.bootstrap, acks="all", request_timeout_ms=5_000)
        stack.push_async_callback(producer.stop)
        await asyncio.wait_for(producer.start(), 10)
        for record in records:
            sending = producer.send_and_wait(
                fault.target, record.value, key=record.key, headers=list(record.headers), partition=record.partition
            )
            await asyncio.wait_for(sending, 10)
    return len(records)


async def _records_of(world: World, topic: str, rng: random.Random) -> "list[ConsumerRecord[bytes, bytes]]":
    # It has to be told of the topic: a consumer of nothing learns of no partitions, and so found no record.
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=world.broker.bootstrap, group_id=None, enable_auto_commit=False
    )
    try:
        await asyncio.wait_for(consumer.start(), 10)
        ends = await consumer.end_offsets(sorted(consumer.assignment()))
        for place in filter(ends.get, ends):
            consumer.seek(place, rng.randrange(ends[place]))
        found = await consumer.getmany(timeout_ms=3000, max_records=_DELIVERED_AGAIN)
    finally:
        await asyncio.wait_for(consumer.stop(), 10)
    records = [record for batch in found.values() for record in batch]
    rng.shuffle(records)
    return records


async def fill_disk(world: World, fault: Fault) -> int:
    """Not a byte is left. A server that ends of it is started again as soon as it can."""
    disk = world.disks[fault.target]
    try:
        taken = await asyncio.to_thread(disk.fill)
        await asyncio.sleep(fault.seconds)
        return taken
    finally:
        disk.clear()


async def set_clock(world: World, fault: Fault) -> int:
    """The clock of one process jumps, by seconds or by days, to either side, and later back."""
    seconds = (fault.size - 0.5) * (400 if fault.number % 2 else 10 * 86_400)
    process = world.process(fault.target)
    process.set_clock(timedelta(seconds=seconds))
    try:
        await asyncio.sleep(fault.seconds)
        return int(process.is_running and abs(seconds) >= 1)
    finally:
        process.set_clock(timedelta())


async def rebalance(world: World, fault: Fault) -> int:
    """A second worker of compensation comes while the first one's transactions are slow, and is killed or leaves."""
    link = world.links[_LINK_OF_THE_FIRST]
    before = link.hits
    link.slow_down(0.02 + 0.1 * fault.size, None)
    try:
        async with second_worker(world, is_killed=fault.number % 2 == 1) as has_joined:
            await asyncio.sleep(fault.seconds)
            slowed = link.hits - before
            link.mend()
            await asyncio.sleep(1)
        return slowed if has_joined else 0
    finally:
        link.mend()


def struck_by(fault: Fault) -> tuple[str, ...]:
    """Its target and whatever else it has to itself: two faults on one link would mend each other."""
    if fault.target == SECOND_WORKER:
        return SECOND_WORKER, _LINK_OF_THE_FIRST
    if fault.target in _LINKS_OF_THE_SECOND:
        return fault.target, SECOND_WORKER
    return (fault.target,)


_LINK_OF_THE_FIRST = "compensation-worker-postgres"
_LINKS_OF_THE_SECOND = (f"{SECOND_WORKER}-postgres", f"{SECOND_WORKER}-broker")
_PROCESSES = (*APIS, *(worker for worker in WORKERS if worker != SECOND_WORKER), "gateway")
_LINKS = (
    *(f"{name}-postgres" for name in (*APIS, *WORKERS)),
    *(f"{worker}-broker" for worker in WORKERS),
    *(f"gateway-{api}" for api in APIS),
    "callers-gateway",
)
_SERVERS = ("postgres", "broker")
_TOPICS = tuple(f"{service}.events" for service in SERVICES)

KINDS = {
    "kill a process": Kind(20, _PROCESSES, (0.0, 2.0), kill),
    "pause a process": Kind(8, _PROCESSES, (0.2, 5.0), pause),
    "pause a worker past its session": Kind(2, _PROCESSES[4:8], (11.0, 15.0), pause),
    "kill the database": Kind(4, ("postgres",), (0.0, 2.0), kill),
    "pause the database": Kind(3, ("postgres",), (0.2, 3.0), pause),
    "kill the broker": Kind(3, ("broker",), (0.0, 2.0), kill),
    "pause the broker": Kind(3, ("broker",), (0.2, 5.0), pause),
    "empty the broker": Kind(1, ("broker",), (0.0, 1.0), empty_broker),
    "reset connections": Kind(10, _LINKS, (0.0, 0.0), reset),
    "tear a message": Kind(8, _LINKS, (0.5, 2.0), tear),
    "cut the network": Kind(8, _LINKS, (0.2, 4.0), cut),
    "freeze the network": Kind(6, _LINKS, (0.2, 6.0), freeze),
    "slow the network": Kind(8, _LINKS, (0.5, 5.0), slow),
    "half-open connections": Kind(6, _LINKS, (0.0, 0.0), half_open),
    "deliver again, out of order": Kind(6, _TOPICS, (0.0, 0.0), deliver_again),
    "fill the disk": Kind(2, _SERVERS, (0.5, 3.0), fill_disk),
    "set a clock wrong": Kind(6, _PROCESSES, (0.5, 5.0), set_clock),
    "rebalance in mid-handler": Kind(4, (SECOND_WORKER,), (0.5, 3.0), rebalance),
}


def schedule(seed: int, *, kinds: Mapping[str, Kind], mean_gap_seconds: float) -> Iterator[Fault]:
    """The faults of `seed`, without end. Every kind comes once before any comes by chance alone."""
    rng = random.Random(f"faults {seed}")
    names = list(kinds)
    first = rng.sample(names, len(names))
    for number in count():
        name = first[number] if number < len(first) else rng.choices(names, [kinds[one].weight for one in names])[0]
        kind = kinds[name]
        yield Fault(
            number=number,
            kind=name,
            target=rng.choice(kind.targets),
            after_seconds=round(min(rng.expovariate(1 / mean_gap_seconds), 4 * mean_gap_seconds), 3),
            seconds=round(rng.uniform(*kind.seconds), 3),
            size=round(rng.random(), 3),
        )
