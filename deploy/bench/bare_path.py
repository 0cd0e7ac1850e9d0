"""The floor from an accepted award to a readable statement: the same I/O by bare asyncpg and aiokafka.

Commit an outbox row with NOTIFY; a relay selects, appends to the log and marks; a consumer moves its offset by
compare-and-set and writes a fact and a statement in one transaction. fsync is on. Nothing is checked or decided.
"""

import asyncio
import itertools
import json
import time
from contextlib import suppress
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

import asyncpg

from deploy.bench.bare_log import BareLog
from deploy.bench.passage import Passage, seen_in_time
from deploy.bench.setting import BenchFailed
from deploy.bench.watcher import PLAN_YEAR, Watcher

_SOURCE = """
CREATE TABLE outbox (id uuid PRIMARY KEY, position bigint GENERATED ALWAYS AS IDENTITY, data text NOT NULL,
                     published boolean NOT NULL DEFAULT false);
CREATE INDEX ON outbox (position) WHERE NOT published;
"""
_TARGET = """
CREATE TABLE consumer_offset (consumer text PRIMARY KEY, next_offset bigint NOT NULL);
INSERT INTO consumer_offset VALUES ('floor', 0);
CREATE TABLE fact (educator_id uuid, sequence int, data text NOT NULL, PRIMARY KEY (educator_id, sequence));
CREATE TABLE statement (educator_id uuid, plan_year text, sequence int, body text NOT NULL,
                        PRIMARY KEY (educator_id, plan_year, sequence));
"""
_POLL_SECONDS = 1.0


class BarePath:
    """From the database at `source` over `log` to the database at `target`; both databases are empty at first."""

    def __init__(self, source: str, log: BareLog, target: str, *, event: bytes, statement: str) -> None:
        self._source = source
        self._log = log
        self._target = target
        self._padding = event.decode()
        self._statement = statement
        self._recorded = asyncio.Event()
        self._educators = [uuid4() for _ in range(500)]
        self._numbers = itertools.count()

    async def __aenter__(self) -> Self:
        self._pool = await asyncpg.create_pool(self._source, min_size=4, max_size=8)
        await self._pool.execute(_SOURCE)
        self._relaying = await asyncpg.connect(self._source)
        await self._relaying.add_listener("outbox", lambda *_: self._recorded.set())
        self._consuming = await asyncpg.connect(self._target)
        await self._consuming.execute(_TARGET)
        await self._log.open()
        self._watcher = await Watcher(self._target, channel="statement").__aenter__()
        self._tasks = [asyncio.create_task(self._relay()), asyncio.create_task(self._consume())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._watcher.__aexit__(None, None, None)
        await self._log.close()
        await self._relaying.close(timeout=5)
        await self._consuming.close(timeout=5)
        await self._pool.close()

    async def pass_one(self, due: float) -> Passage:
        number = next(self._numbers)
        educator, sequence = self._educators[number % len(self._educators)], number // len(self._educators)
        seen = self._watcher.expect((educator, sequence))
        data = json.dumps({"educator_id": str(educator), "sequence": sequence, "event": self._padding})
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("INSERT INTO outbox (id, data) VALUES ($1, $2)", uuid4(), data)
            await connection.execute("NOTIFY outbox")
        accepted = time.perf_counter()
        return Passage(due, accepted, await seen_in_time(seen, self._tasks))

    async def _relay(self) -> None:
        while True:
            self._recorded.clear()
            rows = await self._relaying.fetch("SELECT id, data FROM outbox WHERE NOT published ORDER BY position")
            if rows:
                await self._log.append([row["data"].encode() for row in rows])
                await self._relaying.execute(
                    "UPDATE outbox SET published = true WHERE id = ANY($1)", [row["id"] for row in rows]
                )
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._recorded.wait()

    async def _consume(self) -> None:
        while True:
            records = await self._log.read()
            if not records:
                continue
            first, behind = records[0][0], records[-1][0] + 1
            facts, statements = [], []
            for _, value in records:
                event = json.loads(value)
                place = UUID(event["educator_id"]), event["sequence"]
                facts.append((*place, event["event"]))
                statements.append((place[0], PLAN_YEAR, place[1], self._statement))
            async with self._consuming.transaction():
                moved = await self._consuming.execute(
                    "UPDATE consumer_offset SET next_offset = $1 WHERE consumer = 'floor' AND next_offset = $2",
                    behind,
                    first,
                )
                if moved != "UPDATE 1":
                    raise BenchFailed("the floor's reader read something twice")
                await self._consuming.executemany("INSERT INTO fact VALUES ($1, $2, $3)", facts)
                await self._consuming.executemany("INSERT INTO statement VALUES ($1, $2, $3, $4)", statements)
                await self._consuming.execute("NOTIFY statement")
