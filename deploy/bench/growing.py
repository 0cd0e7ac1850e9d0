"""Figure: what one more event costs with 1,000,000 facts stored, beside the same with 10,000.

Two databases on one server: the first filled by the service itself, the second the same many times over. Events are
taken in one by one by the service's own consumer, a few in the one and then in the other, of educators drawn from all.
"""

from dataclasses import dataclass, field
from random import Random
from uuid import UUID

import asyncpg
import uvloop

from deploy.bench.figures import Aim, Figure
from deploy.bench.filling import prepare_database, record, season_of
from deploy.bench.setting import Setting
from deploy.bench.spread import median
from deploy.load.bare_event import bare_events
from deploy.load.growth import awards_of, take_in
from deploy.load.multiplied import multiply, settle
from deploy.load.one_by_one import OneByOne
from deploy.postgres import PostgresServer
from services.compensation.bootstrap import NAME

_FACTS = 10_000
_TIMES = 103
"""So that there are more than 1,000,000: of 10,000 events some bring no fact."""
_ROUNDS = 6
_EVENTS = 60
_WARM = 10
_FILL_AT_ONCE = 1_000
_SEED = 2020


@dataclass(frozen=True, slots=True)
class _Cost:
    """Of each event, in milliseconds; `server` and `worker` are processor time, the server's by round."""

    facts: int
    wall: list[float] = field(default_factory=list)
    worker: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        return median(self.worker) + median(self.server)


def growing(setting: Setting) -> list[Figure]:
    """Raises BenchFailed, PostgresDidNotStart."""
    with PostgresServer(setting.folder / "growing" / "postgres") as server:
        setting.report(f"{_FACTS:,} facts are taken in by the service")
        few = prepare_database(server, NAME)
        uvloop.run(_fill(few))
        uvloop.run(_copy(server, "many"))
        setting.report(f"the educators are multiplied by {_TIMES} in a second database")
        uvloop.run(_multiply(server.url("many")))
        setting.report(f"{_ROUNDS} times {_EVENTS} events one by one, in each database")
        small, large = uvloop.run(_measure(few, server.url("many")))
    note = (
        f"With {large.facts:,} facts stored, beside {small.facts:,}. Processor time of the worker and of its "
        f"connections to the server, medians of {_ROUNDS} interleaved rounds of {_EVENTS} events: worker "
        f"{median(large.worker):.2f} beside {median(small.worker):.2f} ms, server {median(large.server):.2f} beside "
        f"{median(small.server):.2f} ms. Bare asyncpg that writes the rows of an event as well takes "
        f"{median(large.floor) / median(small.floor):.2f} times as long with the history as without."
    )
    return [
        Figure(
            "one more event, with history beside without",
            "ms",
            large.cpu,
            small.cpu,
            Aim(times_floor_at_most=1.2),
            note,
        ),
        Figure("the same, from fetch to commit, p50", "ms", median(large.wall), median(small.wall)),
    ]


async def _fill(url: str) -> None:
    events = sorted(season_of(_FACTS), key=lambda event: event.key)
    await take_in(url, OneByOne([record(n, one) for n, one in enumerate(events)], at_once=_FILL_AT_ONCE))
    connection = await asyncpg.connect(url)
    await settle(connection)
    await connection.execute("VACUUM (ANALYZE)")
    await connection.close()


async def _copy(server: PostgresServer, name: str) -> None:
    connection = await asyncpg.connect(server.url("postgres"))
    await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{NAME}"')
    await connection.close()


async def _multiply(url: str) -> None:
    connection = await asyncpg.connect(url)
    await multiply(connection, 1, _TIMES)
    await connection.close()


async def _measure(*urls: str) -> list[_Cost]:
    costs, drawn = [], []
    for url in urls:
        connection = await asyncpg.connect(url)
        costs.append(_Cost(await connection.fetchval("SELECT count(*) FROM fact")))
        known = [row[0] for row in await connection.fetch("SELECT educator_id FROM bonus_total ORDER BY educator_id")]
        await connection.close()
        # Ours and the floor's are drawn apart, so that neither finds in memory what the other has just read.
        drawn.append([UUID(int=one.int) for one in Random(_SEED).choices(known, k=2 * _ROUNDS * _EVENTS)])
    for turn in range(_ROUNDS):
        for url, cost, educators in zip(urls, costs, drawn, strict=True):
            mine = educators[2 * turn * _EVENTS : (2 * turn + 2) * _EVENTS]
            bus = OneByOne(awards_of(mine[:_EVENTS]), at_once=1)
            server_us = await take_in(url, bus)
            cost.server.append(server_us / 1000 / _EVENTS)
            cost.wall.extend(seconds * 1000 for seconds in bus.wall_seconds[_WARM:])
            cost.worker.extend(seconds * 1000 for seconds in bus.cpu_seconds[_WARM:])
            cost.floor.extend(seconds * 1000 for seconds in (await bare_events(url, mine[_EVENTS:]))[_WARM:])
    return costs
