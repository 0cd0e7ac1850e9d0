"""The floor's log: what our bus does, with nothing around it. One partition, read from the start by one reader."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

TOPIC = "bench.floor"

_TABLES = """
CREATE TABLE head (next_offset bigint NOT NULL);
INSERT INTO head VALUES (0);
CREATE TABLE record ("offset" bigint PRIMARY KEY, value bytea NOT NULL);
"""
_APPEND = """
WITH moved AS (UPDATE head SET next_offset = next_offset + cardinality($1::bytea[]) RETURNING next_offset),
written AS (
  INSERT INTO record ("offset", value)
  SELECT m.next_offset - cardinality($1::bytea[]) + v.n - 1, v.value
  FROM moved m, unnest($1::bytea[]) WITH ORDINALITY AS v(value, n)
)
SELECT pg_notify('record', '')
"""
_POLL_SECONDS = 0.5


class BareLog(Protocol):
    async def open(self) -> None: ...

    async def append(self, values: Sequence[bytes]) -> None:
        """Returns when the values are durable."""
        ...

    async def read(self) -> list[tuple[int, bytes]]:
        """What follows what was read before; waits for it, and may give nothing."""
        ...

    async def close(self) -> None: ...


class PostgresLog:
    """A table in the database at `url`, which is empty when it is opened."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._appended = asyncio.Event()
        self._next = 0

    async def open(self) -> None:
        self._writer = await asyncpg.connect(self._url)
        await self._writer.execute(_TABLES)
        self._reader = await asyncpg.connect(self._url)
        await self._reader.add_listener("record", lambda *_: self._appended.set())

    async def append(self, values: Sequence[bytes]) -> None:
        await self._writer.execute(_APPEND, values)

    async def read(self) -> list[tuple[int, bytes]]:
        self._appended.clear()
        rows = await self._reader.fetch(
            'SELECT "offset", value FROM record WHERE "offset" >= $1 ORDER BY 1 LIMIT 500', self._next
        )
        if rows:
            self._next = rows[-1]["offset"] + 1
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._appended.wait()
        return [(row["offset"], row["value"]) for row in rows]

    async def close(self) -> None:
        await self._writer.close(timeout=5)
        await self._reader.close(timeout=5)


class KafkaLog:
    """The topic `bench.floor`, which has one partition and is empty when it is opened."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=0, client_id="bench-floor"
        )
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest", client_id="bench-floor"
        )

    async def open(self) -> None:
        await self._producer.start()
        await self._consumer.start()
        self._consumer.assign([TopicPartition(TOPIC, 0)])

    async def append(self, values: Sequence[bytes]) -> None:
        await asyncio.gather(*[await self._producer.send(TOPIC, value, partition=0) for value in values])

    async def read(self) -> list[tuple[int, bytes]]:
        fetched = await self._consumer.getmany(timeout_ms=500, max_records=500)
        return [(record.offset, record.value) for records in fetched.values() for record in records]

    async def close(self) -> None:
        await self._producer.stop()
        await self._consumer.stop()
