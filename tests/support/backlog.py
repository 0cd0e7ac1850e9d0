"""One recorded backlog of events with fixed ids, workers of compensation that read it, and what they make of it."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from deploy.child_process import ChildProcess, tail
from deploy.server_folder import free_port
from shared.events.registry import Event
from shared.events.topics import Topic
from shared.messaging.bus import Bus
from shared.messaging.received import ReceivedEvent
from tests.support.compensation import PLAN, Compensation, running_compensation
from tests.support.factories.events import a_year_of, as_record, awarded, educator_id, scored
from tests.support.messaging import read, until

SECOND_PLAN = PLAN.replace(b'"200.00"', b'"150.00"')
_BATCH = 500

OUTCOME = {
    "totals": "SELECT educator_id, plan_year, total_cents, rung, components, statement_hash FROM bonus_total "
    "ORDER BY 1, 2",
    "ledger": "SELECT educator_id, component, sum(amount_cents)::bigint AS cents FROM ledger_entry "
    "GROUP BY 1, 2 HAVING sum(amount_cents) <> 0 ORDER BY 1, 2",
    "facts": "SELECT educator_id, kind, key, version, event_id FROM fact ORDER BY 1, 2, 3, 4, 5",
    "set aside": "SELECT key, reason FROM dead_letter",
}
"""What must be the same whatever happened on the way."""

_TAKEN_IN = "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offset"
_DONE_AND_NOT = """
SELECT count(*) FILTER (WHERE published_seq IS NULL) AS unpublished, count(*) AS recorded,
       (SELECT count(*) FROM recalculation WHERE finished_at IS NULL) AS unfinished,
       (SELECT sum(next_offset) FROM consumer_offset) AS taken_in FROM outbox
"""
_SESSIONS = """
SELECT pid, application_name, state, wait_event, now() - state_change AS since, pg_blocking_pids(pid) AS blocked_by,
       left(query, 80) AS query
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_seq IS NULL"
_UNFINISHED = f"SELECT (SELECT count(*) FROM recalculation WHERE finished_at IS NULL) + ({_UNPUBLISHED})"


def a_backlog(educators: int) -> list[Event]:
    """A year of each educator, mixed as many people's work mixes; each educator's own events stay in order."""
    years = [
        [*a_year_of(educator), scored(educator), awarded(educator, 3, credential="mc-leading-teams")]
        for educator in map(educator_id, range(educators))
    ]
    rng = random.Random(educators)
    turns = [number for number, year in enumerate(years) for _ in year]
    rng.shuffle(turns)
    return [years[number].pop(0) for number in turns]


async def append(bus: Bus, events: Sequence[Event]) -> None:
    for topic in (Topic.EVALUATION, Topic.SLO, Topic.CREDENTIALS):
        records = [as_record(event) for event in events if event.topic == topic]
        for start in range(0, len(records), _BATCH):
            await bus.append(topic, records[start : start + _BATCH])


@dataclass(frozen=True)
class Books:
    """The database of one run, looked at from outside; answers also across a restart of its server."""

    url: str

    async def fetch(self, query: str) -> list[Any]:
        connection = await asyncpg.connect(self.url, timeout=10, command_timeout=30)
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()

    async def taken_in(self) -> int:
        """How many records the consumer has moved its offsets past."""
        return int((await self.fetch(_TAKEN_IN))[0][0])

    async def standing(self) -> str:
        """For a test that failed: what is done and not done, and what the server's sessions wait for."""
        return "\n".join(map(str, [*await self.fetch(_DONE_AND_NOT), *await self.fetch(_SESSIONS)]))

    async def outcome(self) -> dict[str, list[Any]]:
        return {name: await self.fetch(query) for name, query in OUTCOME.items()}

    async def reached(self, count: int) -> None:
        """Wait until at least `count` records are taken in. It looks often: what is waited for lasts a moment."""
        await until(lambda: self.has_reached(count), seconds=60, pause=0.005)

    async def has_reached(self, count: int) -> bool:
        return await self.taken_in() >= count

    async def settled(self, count: int) -> None:
        """Wait until all is taken in, everybody recalculated and everything published."""
        await until(lambda: self.is_settled(count), seconds=120, pause=0.1)

    async def is_settled(self, count: int) -> bool:
        """Whether all that is; False also while its server is down."""
        try:
            return await self.has_reached(count) and not (await self.fetch(_UNFINISHED))[0][0]
        except (OSError, asyncpg.PostgresError):
            return False

    async def has_published(self, *, after: int) -> bool:
        """Whether, once `after` records are taken in, all that any service recorded is published."""
        return (not after or await self.has_reached(after)) and not (await self.fetch(_UNPUBLISHED))[0][0]


async def undisturbed(
    database: str, events: Sequence[ReceivedEvent], plans: Sequence[bytes] = (PLAN, SECOND_PLAN)
) -> dict[str, list[Any]]:
    """The outcome where nothing ever happens: the first plan, all events in their order, then the later plans."""
    async with running_compensation(database) as service:
        await service.publish(plans[0])
        await take_in(service, events)
        for plan in plans[1:]:
            await service.publish(plan)
    return await Books(database).outcome()


async def take_in(service: Compensation, events: Sequence[ReceivedEvent]) -> None:
    for start in range(0, len(events), _BATCH):
        await service.take_in_received(events[start : start + _BATCH])


class Workers:
    """Processes of the compensation worker on one database and one bus; all are ended with the block."""

    def __init__(self, database: str, bus: Mapping[str, str], log: Path) -> None:
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RUNG_")},
            **bus,
            "RUNG_DATABASE_URL": database,
            "RUNG_TOKEN_KEYS": "unused",
            "RUNG_PERSON_KEY_SECRET": "only-for-tests",
        }
        self._log = log
        self.started: list[ChildProcess] = []

    def report(self) -> str:
        """Which workers run, and the end of the log that they share."""
        return f"{[worker.exit_code for worker in self.started]}\n{tail(self._log, lines=40)}"

    def start(self) -> ChildProcess:
        self.started.append(
            ChildProcess.spawn(
                [sys.executable, "-m", "services.compensation.worker"],
                log=self._log,
                death_signal=signal.SIGKILL,
                environment={**self._environment, "RUNG_PORT": str(free_port())},
            )
        )
        return self.started[-1]

    def end(self) -> None:
        for worker in self.started:
            worker.end(signal.SIGTERM, seconds=20)


@asynccontextmanager
async def workers(database: str, bus: Mapping[str, str], folder: Path) -> AsyncIterator[Workers]:
    started = Workers(database, bus, folder / f"worker-{uuid4().hex[:8]}.log")
    try:
        yield started
    finally:
        await asyncio.to_thread(started.end)


async def not_published_in_order(bus: Bus, books: Books, topic: Topic = Topic.COMPENSATION) -> list[str]:
    """Keys of whose recorded events one is missing on the bus, or stands before an earlier one (guarantee 1)."""
    recorded: dict[str, list[str]] = {}
    for row in await books.fetch("SELECT id, key FROM outbox ORDER BY position"):
        recorded.setdefault(row["key"], []).append(str(row["id"]))
    ours = {event_id for ids in recorded.values() for event_id in ids}
    seen: dict[str, dict[str, None]] = {}
    subscription = bus.subscribe(f"audit-{uuid4()}", [topic])
    await subscription.start()
    try:
        bounds = await subscription.bounds()
        records = await read(subscription, sum(bound.end - bound.first for bound in bounds.values()), seconds=30)
    finally:
        await subscription.close()
    for consumed in records:
        event_id = (dict(consumed.headers)["ce_id"] or b"").decode()
        if event_id in ours:
            seen.setdefault(consumed.key, {}).setdefault(event_id)
    return [key for key, ids in recorded.items() if list(seen.get(key, ())) != ids]
