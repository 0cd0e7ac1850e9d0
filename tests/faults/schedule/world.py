"""The whole product in real processes on real Kafka and PostgreSQL, with a proxy between every two that speak."""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deploy import migrate, topics
from deploy.kafka_jars import KafkaDidNotStart
from deploy.postgres import PostgresDidNotStart, PostgresServer
from deploy.server_folder import free_port
from deploy.services import SERVICES
from deploy.workspace import Workspace
from shared.messaging.relay import republish
from tests.faults.schedule.broker import BrokerWithEntrances, Entrance
from tests.faults.schedule.disk import Disk
from tests.faults.schedule.evidence import last_position
from tests.faults.schedule.link import Link
from tests.faults.schedule.parts import Part, Process, Server, is_gone

SECOND_WORKER = "compensation-worker-2"
WORKERS = (*(f"{service}-worker" for service in SERVICES), SECOND_WORKER)
APIS = tuple(f"{service}-api" for service in SERVICES)
_LOOK_SECONDS = 0.2
_PATIENCE_SECONDS = 120
_DATABASE_MEGABYTES = 1024
"""And one more a fault: what callers do between two takes half of one, and as much again where it is rebuilt."""
_LOG_MEGABYTES = 768
_POSTGRES = {"max_wal_size": "96MB", "min_wal_size": "64MB", "max_connections": "200"}


@dataclass
class World:
    """Everything that runs, by name, and the links between. Whatever ends by itself is started again, and noted."""

    workspace: Workspace
    postgres: PostgresServer
    broker: BrokerWithEntrances
    links: dict[str, Link]
    parts: dict[str, Part]
    disks: dict[str, Disk]
    ended: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    """Which processes of the product did, with their exit codes: no fault of another part may end them."""
    ordered_after: dict[str, int] = field(default_factory=dict)
    given_up: list[str] = field(default_factory=list)
    """What nobody starts again any more, and why: a run with such a part proves nothing."""

    def __post_init__(self) -> None:
        # A server that is coming up is not killed in the middle of it by another thread.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def url(self) -> str:
        """Where callers come in."""
        return f"http://127.0.0.1:{self.links['callers-gateway'].port}"

    def database(self, name: str) -> str:
        """The database itself, past every proxy: for whoever looks on."""
        return self.postgres.url(name)

    def process(self, name: str) -> Process:
        part = self.parts[name]
        assert isinstance(part, Process)
        return part

    async def keep_alive(self) -> None:
        """Start what ended by itself again, for ever, as whatever runs the product in earnest does."""
        async with asyncio.TaskGroup() as group:
            for part in self.parts.values():
                group.create_task(self._keep_alive(part))

    async def _keep_alive(self, part: Part) -> None:
        try:
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                async with self._turns[part.name]:
                    if not part.is_held and not part.is_running:
                        self.ended.append(f"{part.name} ended by itself")
                        if isinstance(part, Process):
                            self.crashed.append(f"{part.name} ended by itself, exit code {part.exit_code}")
                        await self._start(part)
        except Exception as error:  # noqa: BLE001 - told in the report, which fails of it
            self.given_up.append(f"{part.name} ended by itself and was given up: {error!r}")

    async def start(self, name: str) -> None:
        """Start a part. A server that cannot come up, because its disk is full, is tried again until it does."""
        async with self._turns[name]:
            await self._start(self.parts[name])

    async def _start(self, part: Part) -> None:
        for _ in range(20):
            try:
                await part.start()
            except (PostgresDidNotStart, KafkaDidNotStart, OSError):
                await asyncio.sleep(0.5)
            else:
                self._aim()
                return
        raise AssertionError(f"{part.name} did not come up again")

    async def kill(self, name: str) -> bool:
        """kill -9, and nobody starts it again until it is no longer held. Whether a process died of it."""
        part = self.parts[name]
        part.is_held = True
        async with self._turns[name]:
            struck = part.pid
            await part.kill()
            return struck is not None and is_gone(struck)

    def _aim(self) -> None:
        """A server that was started again may have another port."""
        for name, link in self.links.items():
            if name.endswith("-postgres") and self.postgres.is_running:
                link.target = self.postgres.port

    async def fill_broker_again(self) -> None:
        """What an operator does for a broker that lost everything: make the topics, publish all again."""
        await topics.create_topics(topics.TopicSettings(kafka_bootstrap=self.broker.bootstrap))
        for service in SERVICES:
            await republish(self.database(service))
            self.ordered_after[service] = await last_position(self.database(service))

    async def until_ready(self) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS), httpx.AsyncClient(base_url=self.url, timeout=5) as client:
            while True:
                try:
                    if (await client.get("/readyz")).status_code == httpx.codes.OK:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def running_world(folder: Path, *, jars_in: Path, faults: int) -> AsyncIterator[World]:
    """Everything, ready for so many faults; ended with the block."""
    async with AsyncExitStack() as stack:
        world = _servers(folder, jars_in, _DATABASE_MEGABYTES + faults)
        stack.push_async_callback(_end, world)
        # Before the broker is up, which takes seconds: by then somebody else could have taken the ports it tells of.
        await _open_links(world)
        await asyncio.gather(*(part.start() for part in world.parts.values()))
        await asyncio.to_thread(_make_databases, world)
        await topics.create_topics(topics.TopicSettings(kafka_bootstrap=world.broker.bootstrap))
        _add_processes(world)
        await _open_links(world)
        world.parts[SECOND_WORKER].is_held = True
        await asyncio.gather(*(part.start() for part in world.parts.values() if not part.is_held))
        await world.until_ready()
        keeping = asyncio.create_task(world.keep_alive())
        stack.callback(keeping.cancel)
        yield world


async def _open_links(world: World) -> None:
    for link in world.links.values():
        await link.open()


async def _end(world: World) -> None:
    for part in world.parts.values():
        part.is_held = True
        part.resume()
    await asyncio.gather(*(part.kill() for part in world.parts.values() if isinstance(part, Process)))
    for link in world.links.values():
        await link.close()
    for disk in world.disks.values():
        disk.clear()
    try:
        await asyncio.gather(*(part.stop() for part in world.parts.values() if isinstance(part, Server)))
    finally:
        for disk in world.disks.values():
            disk.remove()


def _servers(folder: Path, jars_in: Path, database_megabytes: int) -> World:
    """Database and broker on disks of their own, and an entrance of the broker for each worker."""
    disks = {
        "postgres": Disk(folder / "postgres-disk", database_megabytes),
        "broker": Disk(folder / "broker-disk", _LOG_MEGABYTES),
    }
    entrances = {worker: Entrance(free_port(), free_port()) for worker in WORKERS}
    postgres = PostgresServer(disks["postgres"].folder / "server", settings=_POSTGRES)
    broker = BrokerWithEntrances(disks["broker"].folder / "server", entrances, jars_in=jars_in)
    links = {
        f"{worker}-broker": Link(f"{worker}-broker", entrance.told, entrance.port)
        for worker, entrance in entrances.items()
    }
    parts: dict[str, Part] = {"postgres": Server("postgres", postgres), "broker": Server("broker", broker)}
    return World(Workspace(folder, "kafka"), postgres, broker, links, parts, disks)


def _make_databases(world: World) -> None:
    for service in SERVICES:
        world.postgres.create_database(service)
    urls = {f"{service}_database_url": world.database(service) for service in SERVICES}
    migrate.migrate(SERVICES, migrate.MigrationSettings.model_validate(urls))


def _add_processes(world: World) -> None:
    logs = world.workspace.folder / "logs"
    logs.mkdir(parents=True)
    ports = {name: free_port() for name in (*APIS, *WORKERS, "gateway")}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RUNG_")}
    common = {
        **inherited,
        "RUNG_TOKEN_KEYS": str(world.workspace.issuer().jwks_path),
        "RUNG_PERSON_KEY_SECRET": world.workspace.person_key_secret(),
        "RUNG_PROVIDERS_FILE": str(world.workspace.providers_file),
    }

    def link(caller: str, called: str, target: int) -> int:
        made = Link(f"{caller}-{called}", free_port(), target)
        world.links[made.name] = made
        return made.port

    def add(name: str, module: str, **settings: str) -> None:
        settings["RUNG_PORT"] = str(ports[name])
        world.parts[name] = Process(name, module, common | settings, logs)

    for name in (*APIS, *WORKERS):
        service, kind = name.split("-")[:2]
        by_link = link(name, "postgres", world.postgres.port)
        url = world.database(service).replace(f":{world.postgres.port}/", f":{by_link}/")
        # An API never speaks to the broker, but has to be told of one.
        bootstrap = world.links[f"{name if kind == 'worker' else f'{service}-worker'}-broker"].port
        module = f"services.{service}.{'main' if kind == 'api' else 'worker'}"
        # Both ways of being in a group: under a name of its own, and as one of several.
        member = {} if service == "compensation" else {"RUNG_KAFKA_MEMBER": name}
        add(name, module, RUNG_DATABASE_URL=url, RUNG_KAFKA_BOOTSTRAP=f"127.0.0.1:{bootstrap}", **member)
    upstreams = {api: link("gateway", api, ports[api]) for api in APIS}
    addresses = {
        f"RUNG_GATEWAY_{api.removesuffix('-api').upper()}": f"http://127.0.0.1:{port}"
        for api, port in upstreams.items()
    }
    add("gateway", "deploy.gateway", **addresses)
    link("callers", "gateway", ports["gateway"])
