"""Figure: a plan change is published, and everybody has a new statement, ledger and total: 3,752 people, and 100,000.

As many compensation workers as the smallest machine has cores share the work, on the embedded log, each with its
consumer, one with the relay. The floor writes the rows that came of it once more by COPY, in commits of the same size,
and knows them already.
"""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import uvloop

from deploy.bench.figures import Aim, Figure
from deploy.bench.filling import prepare_database, publish, record
from deploy.bench.season import season
from deploy.bench.setting import BenchFailed, Setting
from deploy.bench.spread import median
from deploy.bench.workers import worker
from deploy.load.growth import take_in
from deploy.load.multiplied import multiply, settle
from deploy.load.one_by_one import OneByOne
from deploy.load.spent import Spent
from deploy.loading import PLAN
from deploy.postgres import PostgresServer
from deploy.workspace import Workspace
from services.compensation.bootstrap import NAME
from services.compensation.service.recalculation import CHUNK
from shared.db.direct import Driver
from shared.events.topics import Topic
from shared.messaging.embedded import EmbeddedBus

_WORKERS = 2
_EDUCATORS = 3_752
_TIMES = 27
"""So many times as many educators are over 100,000."""
_FILL_AT_ONCE = 1_000
_LATEST_SECONDS = 600.0
_LOOK_SECONDS = 0.05
_DUE = "SELECT count(*) FROM recalculation WHERE finished_at IS NULL"
_UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_seq IS NULL"
_OF_LAST = """
plan_version_id = (SELECT id FROM plan_version WHERE state = 'published') AND educator_id > $1 AND educator_id <= $2
"""
_WRITTEN = {name: f"SELECT * FROM {name} WHERE {_OF_LAST}" for name in ("statement", "ledger_entry", "bonus_total")}
_EVENTS = "SELECT * FROM outbox ORDER BY position DESC LIMIT $1"
_IDS = "SELECT educator_id FROM bonus_total ORDER BY educator_id"
_FLOOR = "CREATE SCHEMA floor; " + "; ".join(
    f"CREATE TABLE floor.{name} (LIKE public.{name} INCLUDING ALL)" for name in (*_WRITTEN, "outbox")
)


@dataclass(frozen=True, slots=True)
class _Took:
    """Seconds; `cpu_us` is processor time an educator, of each worker and of the server."""

    educators: int
    seconds: float
    floor: float
    cpu_us: Mapping[str, float]

    def __str__(self) -> str:
        spent = ", ".join(f"{name} {of:,.0f}" for name, of in self.cpu_us.items())
        return f"Processor time an educator, µs: {spent}."


def recalculating(setting: Setting) -> list[Figure]:
    """Raises BenchFailed, PostgresDidNotStart."""
    folder = setting.folder / "recalculating"
    with PostgresServer(folder / "postgres") as server:
        url = prepare_database(server, NAME)
        server.create_database("bus")
        setting.report(f"the season of {_EDUCATORS:,} educators is taken in by the service")
        uvloop.run(_fill(url, server.url("bus")))
        bus = {"RUNG_BUS_DATABASE_URL": server.url("bus")}
        workspace = Workspace(setting.root, "embedded")
        with ExitStack() as running:
            pids = {"server": server.pid}
            for number in range(1, _WORKERS + 1):
                log = folder / f"worker-{number}.log"
                pids[f"worker {number}"] = running.enter_context(worker(bus, url, workspace, log=log)).pid
            spent = Spent(pids)
            few = uvloop.run(_measure(setting, url, spent, rounds=3))
            setting.report(f"the educators are multiplied by {_TIMES}")
            uvloop.run(_multiply(url))
            many = uvloop.run(_measure(setting, url, spent, rounds=1))
    note = (
        f"From the commit of the publication to that of the last educator, by {_WORKERS} workers (`make run` has one). "
        "Floor: the same statements, ledger entries, totals and events once more by COPY, known already."
    )
    return [
        Figure(f"a plan change, {one.educators:,} educators decided anew", "s", one.seconds, one.floor, aim, told)
        for one, aim, told in ((few, Aim(at_most=2), f"{few} {note}"), (many, Aim(at_most=30), str(many)))
    ]


async def _fill(url: str, bus_url: str) -> None:
    bus = EmbeddedBus(bus_url)
    await bus.create_topics(list(Topic))
    await bus.close()
    # All of one educator's together: what is recalculated needs the facts, and not each statement on the way to them.
    events = sorted(season(educators=_EDUCATORS, events=_EDUCATORS * 100), key=lambda event: event.key)
    await take_in(url, OneByOne([record(n, one) for n, one in enumerate(events)], at_once=_FILL_AT_ONCE))
    connection = await asyncpg.connect(url)
    await settle(connection)
    # What moved the offsets was no log that the worker will find.
    await connection.execute("DELETE FROM consumer_offset")
    await connection.close()


async def _multiply(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await _until(connection, _UNPUBLISHED)
        await multiply(connection, 1, _TIMES)
    finally:
        await connection.close()


async def _measure(setting: Setting, url: str, spent: Spent, *, rounds: int) -> _Took:
    connection = await asyncpg.connect(url)
    ours, floors, cpu_us = [], [], dict[str, float]()
    try:
        educators = await connection.fetchval("SELECT count(*) FROM bonus_total")
        for _ in range(rounds):
            await _until(connection, _DUE, _UNPUBLISHED)
            setting.report(f"a plan change is published to {educators:,} educators")
            began = await _publish_a_change(connection, url)
            spent.begin()
            await _until(connection, _DUE)
            ours.append(time.perf_counter() - began)
            cpu_us = {name: cores * ours[-1] * 1e6 / educators for name, cores in spent.cores().items()}
            floors.append(await _write_once_more(connection, educators))
    finally:
        await connection.close()
    return _Took(educators, median(ours), median(floors), cpu_us)


async def _publish_a_change(connection: Driver, url: str) -> float:
    """Every amount of the plan some dollars more than before: every statement changes. When it was committed."""
    versions = await connection.fetchval("SELECT count(*) FROM plan_version")
    changed = re.sub(r'"(\d*[1-9]\d*)\.00"', lambda found: f'"{int(found[1]) + versions}.00"', PLAN.read_text())
    await publish(url, changed)
    return time.perf_counter()


async def _until(connection: Driver, *counts: str) -> None:
    """Wait until all of the counts are nothing. Raises BenchFailed."""
    deadline = time.monotonic() + _LATEST_SECONDS
    for count in counts:
        while left := await connection.fetchval(count):
            if time.monotonic() > deadline:
                raise BenchFailed(f"after {_LATEST_SECONDS:.0f} s there were {left}: {count}")
            await asyncio.sleep(_LOOK_SECONDS)


async def _write_once_more(connection: Driver, educators: int) -> float:
    """Seconds for the rows of the last publication into tables like those that they are in; the tables are dropped."""
    await connection.execute(_FLOOR)
    events = await connection.fetch(_EVENTS, educators)
    ids = [row["educator_id"] for row in await connection.fetch(_IDS)]
    took, after = 0.0, UUID(int=0)
    try:
        for first in range(0, educators, CHUNK):
            last = ids[min(first + CHUNK, educators) - 1]
            rows = {name: await connection.fetch(query, after, last) for name, query in _WRITTEN.items()}
            rows["outbox"] = events[first : first + CHUNK]
            took += await _write(connection, rows)
            after = last
    finally:
        await connection.execute("DROP SCHEMA floor CASCADE")
    return took


async def _write(connection: Driver, rows: Mapping[str, Sequence[asyncpg.Record]]) -> float:
    began = time.perf_counter()
    async with connection.transaction():
        for name, of_table in rows.items():
            columns = [one for one in (of_table[0].keys() if of_table else ()) if one != "position"]
            records = [tuple([row[one] for one in columns]) for row in of_table]
            await connection.copy_records_to_table(name, schema_name="floor", columns=columns, records=records)
    return time.perf_counter() - began
