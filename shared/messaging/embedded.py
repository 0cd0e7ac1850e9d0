"""The embedded adapter of the bus: a durable partitioned log in a PostgreSQL database of its own.

One member of a group reads at a time, held by an advisory lock; another one stands by. Offsets have no gaps and
follow commit order, because an append holds its partition's row until it commits.
"""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg
import orjson

from shared.db.engine import SILENCE_SECONDS, end_long_statements, silence_ends
from shared.db.faults import DRIVER_FAULTS
from shared.events.topics import PARTITIONS
from shared.messaging.bus import Bounds, BusUnavailable, ConsumedRecord, Partition, Record, Subscription

_SCHEMA = """
CREATE TABLE IF NOT EXISTS bus_partition (
  topic text NOT NULL, partition int NOT NULL, next_offset bigint NOT NULL DEFAULT 0, origin uuid,
  PRIMARY KEY (topic, partition)
);
CREATE TABLE IF NOT EXISTS bus_record (
  topic text NOT NULL, partition int NOT NULL, "offset" bigint NOT NULL,
  key text NOT NULL, headers text NOT NULL, value bytea,
  PRIMARY KEY (topic, partition, "offset")
);
"""

_APPEND = """
WITH incoming AS (
  SELECT * FROM unnest($2::int[], $3::text[], $4::text[], $5::bytea[])
    WITH ORDINALITY AS i(partition, key, headers, value, n)
), held AS MATERIALIZED (
  SELECT partition FROM bus_partition
  WHERE topic = $1 AND partition = ANY ($2) ORDER BY partition FOR UPDATE
), moved AS (
  UPDATE bus_partition p SET
    next_offset = p.next_offset + c.records,
    origin = CASE WHEN p.next_offset = 0 THEN gen_random_uuid() ELSE p.origin END
  FROM (SELECT partition, count(*) AS records FROM incoming JOIN held USING (partition) GROUP BY partition) c
  WHERE p.topic = $1 AND p.partition = c.partition
  RETURNING p.partition, p.next_offset - c.records AS first
), written AS (
  INSERT INTO bus_record (topic, partition, "offset", key, headers, value)
  SELECT $1, i.partition, m.first + row_number() OVER (PARTITION BY i.partition ORDER BY i.n) - 1,
         i.key, i.headers, i.value
  FROM incoming i JOIN moved m USING (partition)
  RETURNING 1
)
SELECT (SELECT count(*) FROM written), pg_notify($1, '')
"""
"""One statement, and so one transaction. Rows are held in the order of their numbers: appends cannot deadlock."""

_FETCH = """
SELECT r.topic, r.partition, r."offset", r.key, r.headers, r.value,
       CASE WHEN r."offset" = 0 THEN a.origin::text END AS origin
FROM (
  SELECT a.topic, a.partition, a.next, p.origin
  FROM unnest($1::text[], $2::int[], $3::bigint[]) WITH ORDINALITY AS a(topic, partition, next, n)
  JOIN bus_partition p ON p.topic = a.topic AND p.partition = a.partition AND p.next_offset > a.next
  ORDER BY a.n
) a CROSS JOIN LATERAL (
  SELECT * FROM bus_record r
  WHERE r.topic = a.topic AND r.partition = a.partition AND r."offset" >= a.next
  ORDER BY r."offset" LIMIT $4
) r
LIMIT $4
"""

_BOUNDS = """
SELECT p.topic, p.partition, p.next_offset, p.origin,
       (SELECT min(r."offset") FROM bus_record r WHERE r.topic = p.topic AND r.partition = p.partition) AS first
FROM bus_partition p WHERE p.topic = ANY($1)
"""

_POLL_SECONDS = 0.5


def partition_of(key: str) -> int:
    return zlib.crc32(key.encode()) % PARTITIONS


def _to_text(headers: Sequence[tuple[str, bytes]]) -> str:
    return orjson.dumps([(name, value.decode("latin-1")) for name, value in headers]).decode()


def _from_text(headers: str) -> list[tuple[str, bytes]]:
    return [(name, value.encode("latin-1")) for name, value in orjson.loads(headers)]


class EmbeddedBus:
    """The log in the database at `url`, by one connection that is kept: each record appended waits for the log anyway,
    and a pool would cost as much as the append."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._in_use = asyncio.Lock()

    @asynccontextmanager
    async def _connected(self) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        """The connection, for one user at a time. Raises BusUnavailable."""
        async with self._in_use:
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await _prepared(self._url)
                yield self._connection
            except DRIVER_FAULTS as error:
                raise BusUnavailable(f"the embedded log did not answer: {error}") from error

    async def create_topics(self, topics: Sequence[str]) -> None:
        """Make the topics that do not exist yet. Raises BusUnavailable."""
        async with self._connected() as connection:
            await connection.executemany(
                "INSERT INTO bus_partition (topic, partition) SELECT $1, generate_series(0, $2 - 1)"
                " ON CONFLICT DO NOTHING",
                [(topic, PARTITIONS) for topic in topics],
            )

    async def append(self, topic: str, records: Sequence[Record]) -> None:
        async with self._connected() as connection:
            written = await connection.fetchval(
                _APPEND,
                topic,
                [partition_of(record.key) for record in records],
                [record.key for record in records],
                [_to_text(record.headers) for record in records],
                [record.value for record in records],
            )
        if written != len(records):
            raise BusUnavailable(f"topic {topic} does not exist; create the topics first")

    def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        return _EmbeddedSubscription(self._url, group, topics)

    async def check(self) -> None:
        try:
            async with asyncio.timeout(5), self._connected() as connection:
                await connection.fetchval("SELECT 1")
        except TimeoutError as error:
            raise BusUnavailable("the embedded log did not answer within 5 s") from error

    async def close(self) -> None:
        async with self._in_use:
            if self._connection is not None:
                await _close_quietly(self._connection)
                self._connection = None


async def _prepared(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A new connection to a log that has its tables."""
    connection = await asyncpg.connect(url, command_timeout=30)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('bus schema'))")
            await connection.execute(_SCHEMA)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _close_quietly(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Say goodbye, or cut it off where the server does not answer."""
    try:
        await connection.close(timeout=5)
    except DRIVER_FAULTS:
        connection.terminate()


class _EmbeddedSubscription:
    """All partitions of the topics while this member holds the group's lock; none before."""

    def __init__(self, url: str, group: str, topics: Sequence[str]) -> None:
        self._url = url
        self._group = group
        self._topics = tuple(dict.fromkeys(topics))
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._in_use = asyncio.Lock()
        self._appended = asyncio.Event()
        self._next: dict[Partition, int] = {}
        self._turn = 0
        self._was_at_end = False

    async def start(self) -> None:
        try:
            # The watch looks at the log through it every few seconds: only a stopped member is ever silent.
            settings = silence_ends(SILENCE_SECONDS, holds="session")
            self._connection = await asyncpg.connect(self._url, command_timeout=30, server_settings=settings)
            await end_long_statements(self._connection, seconds=SILENCE_SECONDS)
            for topic in self._topics:
                await self._connection.add_listener(topic, lambda *_: self._appended.set())
        except DRIVER_FAULTS as error:
            raise BusUnavailable(f"the embedded log did not answer: {error}") from error

    async def fetch(self, *, limit: int, wait_seconds: float) -> list[ConsumedRecord]:
        deadline = time.monotonic() + wait_seconds
        try:
            while True:
                remaining = deadline - time.monotonic()
                if self._was_at_end and remaining > 0:
                    # A notification can be lost with its connection, so no wait for one is long.
                    await self._wait_for_append(min(remaining, _POLL_SECONDS))
                self._appended.clear()
                records = await self._read(limit)
                self._was_at_end = len(records) < limit
                if records or remaining <= 0:
                    return records
        except DRIVER_FAULTS as error:
            raise BusUnavailable(f"the embedded log did not answer: {error}") from error

    async def _wait_for_append(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._appended.wait()
        except TimeoutError:
            return

    async def _read(self, limit: int) -> list[ConsumedRecord]:
        async with self._in_use:
            if not self._next and not await self._join():
                return []
            self._turn += 1
            places = sorted(self._next.items(), key=self._place_in_turn)
            rows = await self._started().fetch(
                _FETCH,
                [partition.topic for partition, _ in places],
                [partition.number for partition, _ in places],
                [offset for _, offset in places],
                limit,
            )
        records = [
            ConsumedRecord(
                Partition(row["topic"], row["partition"]),
                row["offset"],
                row["key"],
                row["value"],
                _from_text(row["headers"]),
                row["origin"],
            )
            for row in rows
        ]
        for record in records:
            self._next[record.partition] = record.offset + 1
        return records

    def _place_in_turn(self, place: tuple[Partition, int]) -> tuple[int, int]:
        """By number, since a key has the same one in each topic and is best taken in at once. Another number comes
        first each time, and another topic each round, so that a busy partition cannot keep the others waiting."""
        partition, _ = place
        rounds, number = divmod(self._turn, PARTITIONS)
        return (partition.number - number) % PARTITIONS, (self._topics.index(partition.topic) - rounds) % len(
            self._topics
        )

    async def _join(self) -> bool:
        held = await self._started().fetchval(
            "SELECT pg_try_advisory_lock(hashtext('group'), hashtext($1))", self._group
        )
        if held:
            self._next = {Partition(topic, number): 0 for topic in self._topics for number in range(PARTITIONS)}
        return bool(held)

    def _started(self) -> "asyncpg.Connection[asyncpg.Record]":
        if self._connection is None or self._connection.is_closed():
            raise BusUnavailable("the connection to the embedded log is closed")
        return self._connection

    async def seek(self, partition: Partition, offset: int) -> None:
        if partition in self._next:
            self._next[partition] = offset
            self._was_at_end = False

    def assigned(self) -> frozenset[Partition]:
        return frozenset(self._next)

    async def bounds(self) -> Mapping[Partition, Bounds]:
        try:
            async with self._in_use:
                rows = await self._started().fetch(_BOUNDS, list(self._topics))
        except DRIVER_FAULTS as error:
            raise BusUnavailable(f"the embedded log did not answer: {error}") from error
        return {
            Partition(row["topic"], row["partition"]): Bounds(
                row["next_offset"] if row["first"] is None else row["first"],
                row["next_offset"],
                str(row["origin"]) if row["next_offset"] else None,
            )
            for row in rows
        }

    async def hint(self, offsets: Mapping[Partition, int]) -> None:
        """The embedded log has no lag tools of its own: the offset rows say it all."""

    async def close(self) -> None:
        if self._connection is not None:
            await _close_quietly(self._connection)
