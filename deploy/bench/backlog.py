"""Figure: events consumed and recalculated a second by one worker, from a backlog on a real Kafka."""

import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import psutil
import uvloop

from deploy.bench.bare_consumer import BareConsumer, RowsOfAnEvent
from deploy.bench.figures import Aim, Figure
from deploy.bench.season import recorded_at, season
from deploy.bench.setting import BenchFailed, Setting, bare_environment
from deploy.bench.spread import Progress, rate
from deploy.child_process import ChildProcess, tail
from deploy.kafka_broker import KafkaBroker, create_topics
from deploy.loading import PLAN
from deploy.postgres import PostgresServer
from deploy.server_folder import free_port
from deploy.workspace import Workspace
from services.compensation import bootstrap
from services.compensation.service.plans import publish_plan, write_plan
from shared.db import migrations
from shared.db.engine import create_engine
from shared.events.envelope import Envelope, encode_binary
from shared.events.registry import Event, schema_uri
from shared.events.topics import PARTITIONS, Topic
from shared.kernel.clock import SystemClock
from shared.kernel.ids import uuid7
from shared.messaging.bus import Record
from shared.messaging.kafka import KafkaBus

EVENTS = 100_000
_EVENTS_AN_EDUCATOR = 8.77
_TOPICS = (Topic.EVALUATION, Topic.SLO, Topic.CREDENTIALS)
_AT_ONCE = 1_000
_INSERTED = ("fact", "statement", "ledger_entry", "outbox")
_LOOK_SECONDS = 0.05
_LATEST_SECONDS = 180.0
_DONE = "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offset"


@dataclass(frozen=True, slots=True)
class _Taken:
    """What it took to take a backlog in: events a second, and processor time of the process that did it, an event."""

    per_second: float
    cpu_us: float


def backlog(setting: Setting, *, events: int = EVENTS) -> list[Figure]:
    """Raises BenchFailed, KafkaDidNotStart, PostgresDidNotStart."""
    folder = setting.folder / "backlog"
    setting.bring_jars(folder / "jars")
    setting.report("starting PostgreSQL and Kafka for the backlog")
    with (
        PostgresServer(folder / "postgres") as server,
        KafkaBroker(folder / "kafka", jars_in=folder / "jars") as broker,
    ):
        setting.report(f"writing {events:,} events of a season into Kafka")
        create_topics(broker.bootstrap, [str(topic) for topic in Topic], PARTITIONS)
        made = season(educators=round(events / _EVENTS_AN_EDUCATOR) + 48, events=events)
        uvloop.run(_fill(broker.bootstrap, made))
        server.create_database("compensation")
        migrations.upgrade(bootstrap.MIGRATIONS, server.url("compensation"))
        asyncio.run(_publish_plan(server.url("compensation")))
        setting.report("one worker takes the backlog in")
        ours = _by_the_worker(setting, server, broker, total=len(made))
        rows = asyncio.run(_rows_of_an_event(server.url("compensation"), len(made)))
        floors = []
        for number in range(2):
            setting.report(f"the same rows in batches of the same size, bare, round {number + 1} of 2")
            server.create_database(f"floor_{number}")
            consumer = BareConsumer(broker.bootstrap, server.url(f"floor_{number}"), rows)
            floors.append(_timed(consumer, total=len(made)))
    return _figures(ours, floors, rows, len(made))


async def _fill(bootstrap_servers: str, events: Sequence[Event]) -> None:
    """Rosters stand first in their topic; the rest as shuffled."""
    bus = KafkaBus(bootstrap_servers, client_id="bench-fill")
    try:
        for topic in _TOPICS:
            records = [_record(number, event) for number, event in enumerate(events) if event.topic is topic]
            for first in range(0, len(records), _AT_ONCE):
                await bus.append(topic, records[first : first + _AT_ONCE])
    finally:
        await bus.close()


def _record(number: int, event: Event) -> Record:
    data = event.model_dump_json().encode()
    moment = recorded_at(number)
    envelope = Envelope(
        id=str(uuid7(moment)),
        source=f"urn:rung:{event.topic.split('.')[0]}",
        type=event.type,
        time=moment,
        subject=event.key,
        data=data,
        dataschema=schema_uri(event.type),
    )
    return Record(event.key, data, encode_binary(envelope))


async def _publish_plan(url: str) -> None:
    engine = create_engine(url)
    try:
        async with engine.begin() as connection:
            version = await write_plan(connection, SystemClock(), PLAN.read_text(), by="bench:writer")
        async with engine.begin() as connection:
            await publish_plan(connection, SystemClock(), version.id, by="bench:publisher")
    finally:
        await engine.dispose()


def _by_the_worker(setting: Setting, server: PostgresServer, broker: KafkaBroker, *, total: int) -> _Taken:
    workspace = Workspace(setting.root, "kafka")
    log = setting.folder / "backlog" / "worker.log"
    worker = ChildProcess.spawn(
        [sys.executable, "-m", "services.compensation.worker"],
        log=log,
        death_signal=signal.SIGTERM,
        environment=bare_environment()
        | {
            "RUNG_DATABASE_URL": server.url("compensation"),
            "RUNG_KAFKA_BOOTSTRAP": broker.bootstrap,
            "RUNG_PORT": str(free_port()),
            "RUNG_TOKEN_KEYS": str(workspace.issuer().jwks_path),
            "RUNG_PERSON_KEY_SECRET": workspace.person_key_secret(),
        },
    )
    try:
        return asyncio.run(_watched(worker, server.url("compensation"), total=total))
    except BenchFailed as error:
        raise BenchFailed(f"{error}. The end of {log}:\n{tail(log)}") from error
    finally:
        worker.end(signal.SIGTERM, seconds=15)


async def _watched(worker: ChildProcess, url: str, *, total: int) -> _Taken:
    """Looks at the offset rows twenty times a second, from outside."""
    process = psutil.Process(worker.pid)
    seen: list[Progress] = []
    cpu_at_first = 0.0
    connection = await asyncpg.connect(url)
    try:
        deadline = time.monotonic() + _LATEST_SECONDS
        while not seen or seen[-1].done < total:
            if not worker.is_running or time.monotonic() > deadline:
                raise BenchFailed(f"the worker took in {seen[-1].done if seen else 0} of {total} events")
            await asyncio.sleep(_LOOK_SECONDS)
            seen.append(Progress(time.perf_counter(), await connection.fetchval(_DONE)))
            if not cpu_at_first and seen[-1].done:
                cpu_at_first = _cpu_seconds(process)
        cpu = _cpu_seconds(process) - cpu_at_first
    finally:
        await connection.close()
    began = next(one for one in seen if one.done)
    return _Taken(rate(seen, total=total), cpu * 1e6 / (total - began.done))


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _timed(consumer: BareConsumer, *, total: int) -> _Taken:
    cpu = time.process_time()
    seconds = uvloop.run(consumer.take_in(total))
    return _Taken(total / seconds, (time.process_time() - cpu) * 1e6 / total)


async def _rows_of_an_event(url: str, events: int) -> RowsOfAnEvent:
    """What the worker wrote, an event, and of which size; accounts and totals are written once a batch and educator."""
    connection = await asyncpg.connect(url)
    try:
        inserted = {table: await _rows_of(connection, table, events) for table in _INSERTED}
        kept = [await _rows_of(connection, table, events) for table in ("educator_account", "bonus_total")]
    finally:
        await connection.close()
    return RowsOfAnEvent(inserted, account_size=sum(size for _, size in kept))


async def _rows_of(connection: "asyncpg.Connection[asyncpg.Record]", table: str, events: int) -> tuple[float, int]:
    """Rows an event, and their mean size in bytes."""
    size = f"SELECT coalesce(avg(pg_column_size(t.*)), 0)::int FROM {table} t"
    return await connection.fetchval(f"SELECT count(*) FROM {table}") / events, await connection.fetchval(size)


def _figures(ours: _Taken, floors: Sequence[_Taken], rows: RowsOfAnEvent, events: int) -> list[Figure]:
    floor = _Taken(sum(one.per_second for one in floors) / len(floors), sum(one.cpu_us for one in floors) / len(floors))
    written = ", ".join(f"{count:.2f} {table}" for table, (count, _) in rows.inserted.items())
    note = (
        f"{events:,} events. Rows inserted an event: {written}; account and total besides. Floor: aiokafka getmany and "
        "asyncpg COPY of as many rows of the same size in batches of 500, without decoding or deciding."
    )
    return [
        Figure(
            "backlog taken in by one worker, kafka",
            "events/s",
            ours.per_second,
            floor.per_second,
            Aim(at_least=5000),
            note,
        ),
        Figure("processor time of the worker, an event", "µs", ours.cpu_us, floor.cpu_us),
    ]
