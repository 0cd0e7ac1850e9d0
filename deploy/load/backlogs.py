"""Figures: a backlog taken in by one worker and by two on Kafka, by one on the embedded log; beside a bare consumer."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from deploy.bench.backlog import bare_taken_in, rows_of_an_event
from deploy.bench.bare_consumer import BareConsumer
from deploy.bench.filling import fill, prepare_database, season_of
from deploy.bench.setting import Setting
from deploy.bench.workers import taken_in, worker
from deploy.kafka_broker import KafkaBroker, create_topics
from deploy.load.memory import MemoryWatch
from deploy.load.profiling import Sampling
from deploy.load.results import Memory, Profile, Taken
from deploy.load.sampled import SAMPLES
from deploy.load.sizes import Size
from deploy.load.spent import Spent
from deploy.postgres import PostgresServer
from deploy.workspace import Workspace
from shared.events.registry import Event
from shared.events.topics import PARTITIONS, Topic
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.kafka import KafkaBus

_BUT_FIRST = 0.3
"""Not counted: until then a second worker is joining, and all are warming up."""


@dataclass(slots=True)
class BacklogFigures:
    taken: list[Taken] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)


def backlogs(setting: Setting, size: Size) -> BacklogFigures:
    """Raises BenchFailed, KafkaDidNotStart, PostgresDidNotStart."""
    folder = setting.folder / "backlogs"
    setting.bring_jars(folder / "jars")
    setting.report("starting PostgreSQL and Kafka for the backlogs")
    with (
        PostgresServer(folder / "postgres") as server,
        KafkaBroker(folder / "kafka", jars_in=folder / "jars") as broker,
    ):
        setting.report(f"writing {size.backlog:,} events of a season into Kafka and into the embedded log")
        made = season_of(size.backlog)
        create_topics(broker.bootstrap, [str(topic) for topic in Topic], PARTITIONS)
        uvloop.run(fill(KafkaBus(broker.bootstrap, client_id="load-fill"), made))
        server.create_database("bus")
        uvloop.run(_fill_embedded(server.url("bus"), made))
        measuring = _Measuring(setting, folder, server, len(made))
        kafka = {"RUNG_KAFKA_BOOTSTRAP": broker.bootstrap}
        others = {"PostgreSQL": server.pid, "Kafka broker": broker.pid}
        url = measuring.take_in("kafka, 1 worker", kafka, others)
        measuring.take_in("kafka, 2 workers", kafka, others, workers=2)
        measuring.take_in(
            "embedded, 1 worker", {"RUNG_BUS_DATABASE_URL": server.url("bus")}, {"PostgreSQL": server.pid}
        )
        setting.report("the same rows in batches of the same size, bare")
        server.create_database("floor")
        rows = asyncio.run(rows_of_an_event(url, len(made)))
        floor = bare_taken_in(BareConsumer(broker.bootstrap, server.url("floor"), rows), total=len(made))
        measuring.figures.taken.append(Taken("floor", floor.per_second, {"reader": floor.cpu_us}, 0.0))
    return measuring.figures


async def _fill_embedded(url: str, events: Sequence[Event]) -> None:
    bus = EmbeddedBus(url)
    await bus.create_topics(list(Topic))
    await fill(bus, events)


class _Measuring:
    def __init__(self, setting: Setting, folder: Path, server: PostgresServer, total: int) -> None:
        self._setting = setting
        self._folder = folder
        self._server = server
        self._total = total
        self.figures = BacklogFigures()

    def take_in(self, by: str, bus: Mapping[str, str], others: Mapping[str, int], *, workers: int = 1) -> str:
        """Into a database of its own, whose URL is returned. The first worker is sampled meanwhile."""
        self._setting.report(f"a backlog of {self._total:,}: {by}")
        url = prepare_database(self._server, f"taken_{len(self.figures.taken)}")
        workspace = Workspace(self._setting.root, "kafka")
        samples = self._folder / "samples.json"
        command = ("deploy.load.sampled", "services.compensation.worker")
        with ExitStack() as stack:
            started = [
                stack.enter_context(
                    worker(
                        {**bus, SAMPLES: str(samples)},
                        url,
                        workspace,
                        log=self._folder / f"{by} {number}.log",
                        command=command,
                    )
                )
                for number in range(workers)
            ]
            names = {f"worker {number + 1}": one.pid for number, one in enumerate(started)} | dict(others)
            memory = stack.enter_context(MemoryWatch(names, when=f"backlog, {by}"))
            sampling, spent = Sampling(started[0].pid, samples), Spent(names)

            def begun() -> None:
                sampling.begin()
                spent.begin()

            taken = taken_in(started, url, total=self._total, but_first=round(self._total * _BUT_FIRST), begun=begun)
            cores = spent.cores()
            self.figures.profiles.append(sampling.end(of=f"backlog, {by}"))
        cpu_us = {name: share * 1e6 / taken.per_second for name, share in cores.items()}
        computing = sum(share for name, share in cores.items() if name.startswith("worker")) / workers
        self.figures.taken.append(Taken(by, taken.per_second, cpu_us, max(0.0, 1 - computing)))
        self.figures.memory += memory.most
        return url
