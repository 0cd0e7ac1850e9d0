"""The floor of taking a backlog in: read from Kafka, write as many rows, move the offsets by compare-and-set.

Nothing is decoded and nothing decided. Inserted rows go by COPY, the cheapest way that asyncpg has.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from deploy.bench.setting import BenchFailed
from shared.events.topics import PARTITIONS, Topic

_BATCH = 500
_PARTITIONS = [
    TopicPartition(str(topic), number)
    for topic in (Topic.EVALUATION, Topic.SLO, Topic.CREDENTIALS)
    for number in range(PARTITIONS)
]
_OFFSETS = """
CREATE TABLE consumer_offset (topic text, partition int, next_offset bigint NOT NULL, PRIMARY KEY (topic, partition));
CREATE TABLE account (educator_id uuid PRIMARY KEY, body text NOT NULL);
"""
_MOVE = """
UPDATE consumer_offset o SET next_offset = p.next
FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) AS p(topic, number, expected, next)
WHERE o.topic = p.topic AND o.partition = p.number AND o.next_offset = p.expected
"""
_KEEP = """
INSERT INTO account SELECT id, $2 FROM unnest($1::uuid[]) AS u(id) ORDER BY id
ON CONFLICT (educator_id) DO UPDATE SET body = excluded.body
"""


@dataclass(frozen=True, slots=True)
class RowsOfAnEvent:
    """Rows inserted for an event with their mean size in bytes, by table; and the size of what is kept an educator."""

    inserted: Mapping[str, tuple[float, int]]
    account_size: int


class BareConsumer:
    """Reads the three topics from their start into the empty database at `url`."""

    def __init__(self, bootstrap: str, url: str, rows: RowsOfAnEvent) -> None:
        self._bootstrap = bootstrap
        self._url = url
        self._rows = rows
        self._written = dict.fromkeys(rows.inserted, 0)

    async def take_in(self, total: int) -> float:
        """Seconds from the first record read to the commit of the last one."""
        self._connection = await asyncpg.connect(self._url)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=1024 * 1024,
        )
        await consumer.start()
        try:
            await self._prepare()
            consumer.assign(_PARTITIONS)
            done, began = 0, 0.0
            while done < total:
                fetched = await consumer.getmany(timeout_ms=1000, max_records=_BATCH)
                began = began or time.perf_counter()
                if fetched:
                    await self._write(fetched, done)
                    done += sum(map(len, fetched.values()))
            return time.perf_counter() - began
        finally:
            await consumer.stop()
            await self._connection.close()

    async def _prepare(self) -> None:
        await self._connection.execute(_OFFSETS)
        rows = [(place.topic, place.partition, 0) for place in _PARTITIONS]
        await self._connection.copy_records_to_table("consumer_offset", records=rows)
        for table in self._rows.inserted:
            await self._connection.execute(
                f"CREATE TABLE {table} (id uuid, sequence bigint, body text NOT NULL, PRIMARY KEY (id, sequence))"
            )

    async def _write(self, fetched: "Mapping[TopicPartition, list[ConsumerRecord[bytes, bytes]]]", done: int) -> None:
        places = sorted(fetched)
        educators = [UUID((record.key or b"").decode()) for place in places for record in fetched[place]]
        async with self._connection.transaction():
            moved = await self._connection.execute(
                _MOVE,
                [place.topic for place in places],
                [place.partition for place in places],
                [fetched[place][0].offset for place in places],
                [fetched[place][-1].offset + 1 for place in places],
            )
            if moved != f"UPDATE {len(places)}":
                raise BenchFailed("the floor's reader read something twice")
            for table, (count, size) in self._rows.inserted.items():
                behind = round((done + len(educators)) * count)
                numbers = range(self._written[table], behind)
                body = "x" * size
                records = [(educators[number % len(educators)], number, body) for number in numbers]
                await self._connection.copy_records_to_table(table, records=records)
                self._written[table] = behind
            await self._connection.execute(_KEEP, list(set(educators)), "x" * self._rows.account_size)
