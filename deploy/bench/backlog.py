"""Figure: events consumed and recalculated a second by one worker, from a backlog on a real Kafka."""

import asyncio
import time
from collections.abc import Sequence

import asyncpg
import uvloop

from deploy.bench.bare_consumer import BareConsumer, RowsOfAnEvent
from deploy.bench.figures import Aim, Figure
from deploy.bench.filling import fill, prepare_database, season_of
from deploy.bench.setting import Setting
from deploy.bench.workers import Taken, taken_in, worker
from deploy.kafka_broker import KafkaBroker, create_topics
from deploy.postgres import PostgresServer
from deploy.workspace import Workspace
from shared.events.topics import PARTITIONS, Topic
from shared.messaging.kafka import KafkaBus

EVENTS = 100_000
_INSERTED = ("fact", "statement", "ledger_entry", "outbox")


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
        made = season_of(events)
        uvloop.run(fill(KafkaBus(broker.bootstrap, client_id="bench-fill"), made))
        url = prepare_database(server, "compensation")
        setting.report("one worker takes the backlog in")
        bus = {"RUNG_KAFKA_BOOTSTRAP": broker.bootstrap}
        with worker(bus, url, Workspace(setting.root, "kafka"), log=folder / "worker.log") as process:
            ours = taken_in([process], url, total=len(made))
        rows = asyncio.run(rows_of_an_event(url, len(made)))
        floors = []
        for number in range(2):
            setting.report(f"the same rows in batches of the same size, bare, round {number + 1} of 2")
            server.create_database(f"floor_{number}")
            consumer = BareConsumer(broker.bootstrap, server.url(f"floor_{number}"), rows)
            floors.append(bare_taken_in(consumer, total=len(made)))
    return _figures(ours, floors, rows, len(made))


def bare_taken_in(consumer: BareConsumer, *, total: int) -> Taken:
    """The floor, in this process."""
    cpu = time.process_time()
    seconds = uvloop.run(consumer.take_in(total))
    return Taken(total / seconds, (time.process_time() - cpu) * 1e6 / total)


async def rows_of_an_event(url: str, events: int) -> RowsOfAnEvent:
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


def _figures(ours: Taken, floors: Sequence[Taken], rows: RowsOfAnEvent, events: int) -> list[Figure]:
    floor = Taken(sum(one.per_second for one in floors) / len(floors), sum(one.cpu_us for one in floors) / len(floors))
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
