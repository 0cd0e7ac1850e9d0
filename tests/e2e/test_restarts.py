"""Whatever is killed, stopped or started again: the end is that of a run in which nothing happened.

All runs read one recorded backlog of events with fixed ids, so their statements can be compared by hash.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.progress import Progress

from deploy.client import Doors
from deploy.kafka_broker import KafkaBroker
from deploy.loading import PLAN, SampleLoader
from deploy.postgres import PostgresServer
from deploy.sample import write_sample
from deploy.stack import Stack
from shared.events.registry import EVENTS
from shared.events.topics import Topic
from shared.messaging.bus import Bus
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.kafka import KafkaBus
from shared.messaging.received import ReceivedEvent
from tests.support.backlog import (
    SECOND_PLAN,
    Books,
    Workers,
    a_backlog,
    append,
    not_published_in_order,
    undisturbed,
    workers,
)
from tests.support.compensation import Compensation, running_compensation
from tests.support.factories.events import received
from tests.support.messaging import until
from tests.support.persistent import Acknowledged, PersistentCallers
from tests.support.stack import Published, published_events, rows, running_stack, settled

EDUCATORS = 500
BACKLOG = a_backlog(EDUCATORS)
TOTAL = len(BACKLOG)


@dataclass
class Servers:
    """The servers of this module, which its tests may kill, and fresh databases on them."""

    postgres: PostgresServer
    folder: Path
    made: int = 0

    def database(self, name: str) -> str:
        self.made += 1
        self.postgres.create_database(f"{name}_{self.made}")
        return self.postgres.url(f"{name}_{self.made}")


@pytest.fixture(scope="module")
def servers(servers_folder: Path) -> Iterator[Servers]:
    folder = servers_folder / "restarts"
    folder.mkdir()
    with PostgresServer(folder / "postgres") as postgres:
        yield Servers(postgres, folder)


@pytest.fixture(scope="module")
async def broker(servers: Servers, kafka_jars: Path) -> AsyncIterator[KafkaBroker]:
    """A broker of this module's own, with the backlog on it."""
    with KafkaBroker(servers.folder / "kafka", jars_in=kafka_jars) as broker:
        bus = KafkaBus(broker.bootstrap, client_id="backlog")
        await bus.create_topics(list(Topic))
        await append(bus, BACKLOG)
        await bus.close()
        yield broker


@pytest.fixture(scope="module")
async def expected(servers: Servers) -> Mapping[str, Any]:
    outcome = await undisturbed(servers.database("undisturbed"), [received(event) for event in BACKLOG])
    assert len(outcome["totals"]) == EDUCATORS
    assert len(outcome["facts"]) == TOTAL
    return outcome


@dataclass(frozen=True)
class Scene:
    """A database with a plan, the backlog on a bus, and nobody at work yet."""

    service: Compensation
    books: Books
    workers: Workers
    open_bus: Callable[[], Bus]

    async def in_mid_backlog(self, share: float) -> None:
        """Wait until this share of the backlog is taken in; fails where it was all of it already."""
        await self.books.reached(int(TOTAL * share))
        assert await self.books.taken_in() < TOTAL, "the backlog is too small to be interrupted"

    async def ends_like(self, expected: Mapping[str, Any]) -> None:
        await self.books.settled(TOTAL)
        assert await self.books.outcome() == expected
        assert await self.books.taken_in() == TOTAL
        bus = self.open_bus()
        try:
            assert await not_published_in_order(bus, self.books) == []
        finally:
            await bus.close()


@asynccontextmanager
async def on_embedded(servers: Servers) -> AsyncIterator[Scene]:
    log = servers.database("bus")
    bus = EmbeddedBus(log)
    await bus.create_topics(list(Topic))
    await append(bus, BACKLOG)
    await bus.close()
    async with _scene(servers, {"RUNG_BUS_DATABASE_URL": log}, lambda: EmbeddedBus(log)) as scene:
        yield scene


@asynccontextmanager
async def on_kafka(servers: Servers, broker: KafkaBroker) -> AsyncIterator[Scene]:
    address = broker.bootstrap
    environment = {"RUNG_KAFKA_BOOTSTRAP": address}
    async with _scene(servers, environment, lambda: KafkaBus(address, client_id="audit")) as scene:
        yield scene


@asynccontextmanager
async def _scene(servers: Servers, bus: Mapping[str, str], open_bus: Callable[[], Bus]) -> AsyncIterator[Scene]:
    database = servers.database("compensation")
    async with running_compensation(database) as service:
        await service.announce()
        async with workers(database, bus, servers.folder) as started:
            scene = Scene(service, Books(database), started, open_bus)
            try:
                yield scene
            except Exception as error:
                error.add_note(f"{await scene.books.standing()}\n{started.report()}")
                raise


async def test_a_worker_killed_again_and_again_in_mid_backlog(servers: Servers, expected: Mapping[str, Any]) -> None:
    """On the embedded engine, with a plan published in between, so that the recalculation dies in the middle too."""
    async with on_embedded(servers) as scene:
        for share in (0.1, 0.4):
            worker = scene.workers.start()
            await scene.in_mid_backlog(share)
            worker.kill()
        await scene.service.announce(SECOND_PLAN)
        worker = scene.workers.start()
        await scene.in_mid_backlog(0.6)
        worker.kill()
        scene.workers.start()
        await scene.ends_like(expected)


async def test_postgresql_killed_in_mid_backlog(servers: Servers, expected: Mapping[str, Any]) -> None:
    """Database and embedded log go away together and come back; the worker waits and goes on."""
    async with on_embedded(servers) as scene:
        await scene.service.announce(SECOND_PLAN)
        worker = scene.workers.start()
        for share in (0.2, 0.6):
            await scene.in_mid_backlog(share)
            await asyncio.to_thread(servers.postgres.kill)
            await asyncio.to_thread(servers.postgres.start)
        await scene.ends_like(expected)
        assert worker.is_running


@pytest.mark.kafka
async def test_a_worker_on_kafka_killed_in_mid_backlog(
    servers: Servers, broker: KafkaBroker, expected: Mapping[str, Any]
) -> None:
    async with on_kafka(servers, broker) as scene:
        worker = scene.workers.start()
        await scene.in_mid_backlog(0.2)
        worker.kill()
        await scene.service.announce(SECOND_PLAN)
        scene.workers.start()
        await scene.ends_like(expected)


@pytest.mark.kafka
async def test_the_broker_killed_in_mid_backlog(
    servers: Servers, broker: KafkaBroker, expected: Mapping[str, Any]
) -> None:
    async with on_kafka(servers, broker) as scene:
        await scene.service.announce(SECOND_PLAN)
        worker = scene.workers.start()
        await scene.in_mid_backlog(0.2)
        await asyncio.to_thread(broker.kill)
        await asyncio.to_thread(broker.start)
        await scene.ends_like(expected)
        assert worker.is_running


@pytest.mark.kafka
async def test_a_stopped_worker_that_wakes_up_after_another_one_took_over(
    servers: Servers, broker: KafkaBroker, expected: Mapping[str, Any]
) -> None:
    """The zombie still believes in its partitions and its half-done batch; the offset rows know better."""
    async with on_kafka(servers, broker) as scene:
        await scene.service.announce(SECOND_PLAN)
        zombie = scene.workers.start()
        await scene.in_mid_backlog(0.2)
        zombie.pause()
        taken_by_the_zombie = await scene.books.taken_in()
        assert taken_by_the_zombie < TOTAL
        scene.workers.start()
        await scene.books.settled(TOTAL)
        zombie.resume()
        await asyncio.sleep(3)
        await scene.ends_like(expected)
        assert zombie.is_running


async def test_the_whole_embedded_process_killed_in_mid_load_loses_nothing_it_acknowledged(
    servers_folder: Path, servers: Servers
) -> None:
    """Providers and a district send while the one process of the engine is killed and started, three times."""
    with running_stack(servers_folder / "killed-stack", "embedded") as stack:
        async with Doors(stack.url, stack.workspace) as doors:
            sample = stack.workspace.root / "sample"
            write_sample(sample, educators=120)
            with Progress(disable=True) as progress:
                await SampleLoader(stack, doors, sample, progress).load_network()
            callers = PersistentCallers(doors, sample)
            done = callers.acknowledged
            sending = asyncio.create_task(callers.send_everything(senders=4))
            for share in (0.2, 0.45, 0.7):
                await until(partial(_have_reached, done, share * callers.calls, sending), seconds=60, pause=0.005)
                assert not sending.done(), "the load is too small to be interrupted"
                stack.processes["rung"].kill()
                await asyncio.to_thread(stack.start_again, "rung")
            await sending
            assert done.repeated > 0
            await settled(stack)
            await _all_is_found(stack, done)
            lived = await Books(stack.postgres.url("compensation")).outcome()
        events = [_received(event) for event in await published_events(stack)]
        assert lived == await undisturbed(servers.database("undisturbed"), events, [PLAN.read_bytes()])


async def _have_reached(done: Acknowledged, calls: float, sending: "asyncio.Task[None]") -> bool:
    return done.calls >= calls or sending.done()


async def _all_is_found(stack: Stack, done: Acknowledged) -> None:
    """Every acknowledged webhook call and observation stands in its service, and what was earned in a statement."""
    kept = {(row["provider"], row["webhook_id"]) for row in await rows(stack, "credentials", "SELECT * FROM receipt")}
    assert done.awards.keys() <= kept
    awards = {str(row["award_id"]): row["state"] for row in await rows(stack, "credentials", "SELECT * FROM award")}
    promised = {receipt["award_id"] for receipt in done.awards.values() if receipt["award_id"]}
    assert promised <= awards.keys()
    counted = {row["key"] for row in await rows(stack, "compensation", "SELECT key FROM fact WHERE kind = 'award'")}
    assert {award for award in promised if awards[award] != "parked"} <= counted
    seen = {row["external_id"] for row in await rows(stack, "evaluation", "SELECT external_id FROM observation")}
    assert done.observations <= seen
    assert len(done.observations) > 100


def _received(event: Published) -> ReceivedEvent:
    return ReceivedEvent(event.id, EVENTS[event.type].model_validate(event.data), event.recorded_at, None)
