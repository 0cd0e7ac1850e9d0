"""Figure: what one more event costs while the log of facts grows; the consumer runs in this process, one by one."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import psutil
import uvloop

from deploy.bench.filling import prepare_database, record, season_of
from deploy.bench.setting import BenchFailed, Setting
from deploy.bench.spread import Spread, median
from deploy.load.bare_event import bare_events
from deploy.load.multiplied import multiply, settle
from deploy.load.one_by_one import OneByOne
from deploy.load.results import OneMore
from deploy.load.sizes import Size
from deploy.postgres import PostgresServer
from deploy.sample.awards import CREDENTIALS
from services.compensation.bootstrap import NAME
from services.compensation.handlers import EVENTS, TOPICS, handler
from services.compensation.policy.plan_book import PlanBook
from shared.db.engine import create_engine
from shared.events.credentials import CredentialAwarded
from shared.kernel.clock import SystemClock
from shared.kernel.ids import uuid7
from shared.messaging.bus import Record
from shared.messaging.consumer import Consumer

_FILL_AT_ONCE = 1_000
_LATEST_SECONDS = 300.0
_SEED = 2020
_APPLICATION = "rung load"
_AWARDED_AT = datetime(2021, 5, 20, 16, tzinfo=UTC)


def growth(setting: Setting, size: Size) -> list[OneMore]:
    """Raises BenchFailed, PostgresDidNotStart."""
    folder = setting.folder / "growth"
    with PostgresServer(folder / "postgres") as server:
        url = prepare_database(server, NAME)
        return uvloop.run(_measure(setting, url, size))


async def _measure(setting: Setting, url: str, size: Size) -> list[OneMore]:
    setting.report(f"{size.facts[0]:,} facts are taken in by the service")
    filled = OneByOne([record(n, one) for n, one in enumerate(season_of(size.facts[0]))], at_once=_FILL_AT_ONCE)
    await take_in(url, filled)
    connection = await asyncpg.connect(url)
    measured = []
    try:
        await settle(connection)
        copies = 1
        for facts in size.facts:
            if (wanted := round(facts / size.facts[0])) > copies:
                setting.report(f"{facts:,} facts: the educators are multiplied by {wanted}")
                await multiply(connection, copies, wanted)
                copies = wanted
            setting.report(f"{size.events_measured} events, one by one, with {facts:,} facts there")
            measured.append(await _one_more(connection, url, size.events_measured))
    finally:
        await connection.close()
    return measured


async def _one_more(connection: "asyncpg.Connection[asyncpg.Record]", url: str, events: int) -> OneMore:
    facts = await connection.fetchval("SELECT count(*) FROM fact")
    known = [row[0] for row in await connection.fetch("SELECT educator_id FROM bonus_total ORDER BY educator_id")]
    chosen = [UUID(int=one.int) for one in random.Random(_SEED).choices(known, k=events)]
    # A tenth first, so that plans are read and statements prepared.
    await take_in(url, OneByOne(awards_of(chosen[: max(1, events // 10)]), at_once=1))
    bus = OneByOne(awards_of(chosen), at_once=1)
    server_us = await take_in(url, bus)
    wall = Spread.of(seconds * 1000 for seconds in bus.wall_seconds)
    floor = Spread.of(seconds * 1000 for seconds in await bare_events(url, chosen))
    cpu = median(bus.cpu_seconds) * 1e6
    return OneMore(facts, wall.p50, wall.p99, cpu, server_us / events, floor.p50, floor.p99)


def awards_of(educators: Sequence[UUID]) -> list[Record]:
    """An award for each, as the credentials service publishes it."""
    now = SystemClock().now()
    return [
        record(
            number,
            CredentialAwarded(
                educator_id=educator_id,
                version=1,
                award_id=uuid7(now),
                credential=CREDENTIALS[number % len(CREDENTIALS)],
                pathways=[],
                awarded_at=_AWARDED_AT,
                expires_at=None,
                provider="bloomboard",
            ),
        )
        for number, educator_id in enumerate(educators)
    ]


async def take_in(url: str, bus: OneByOne) -> float:
    """The service's own consumer takes all in, from the start of the log; the server's processor time for it (µs)."""
    engine = create_engine(url, application_name=_APPLICATION)
    consumer = Consumer(
        name=NAME,
        engine=engine,
        bus=bus,
        topics=TOPICS,
        events=EVENTS,
        handle=handler(SystemClock(), PlanBook()),
        clock=SystemClock(),
    )
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM consumer_offset")
    before = await _backends_us(url)
    running = asyncio.create_task(consumer.run())
    ended = asyncio.create_task(bus.ended.wait())
    try:
        async with asyncio.timeout(_LATEST_SECONDS):
            await asyncio.wait([running, ended], return_when=asyncio.FIRST_COMPLETED)
        if not bus.ended.is_set():
            raise BenchFailed(f"the consumer ended by itself: {running.exception()!r}")
        return await _backends_us(url) - before
    finally:
        for task in (running, ended):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await engine.dispose()


async def _backends_us(url: str) -> float:
    """Processor time of the server's processes that work for the consumer."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT pid FROM pg_stat_activity WHERE application_name = $1", _APPLICATION)
    finally:
        await connection.close()
    times = [psutil.Process(row["pid"]).cpu_times() for row in rows]
    return sum(one.user + one.system for one in times) * 1e6
