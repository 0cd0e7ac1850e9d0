"""The offset rows: how far a consumer has come in each partition, and in which log that is counted.

A row moves by compare-and-set alone, in the transaction of the effect, so of two readers of one place one loses.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.direct import driver
from shared.messaging.bus import Bounds, ConsumedRecord, Partition


class OffsetMoved(Exception):
    """Another reader took this place of the log in; what was read here is thrown away."""


@dataclass(frozen=True, slots=True)
class Place:
    """The next offset to take in, of the log that `origin` names (unknown until its first record was taken in)."""

    next_offset: int
    origin: str | None

    def moved_from(self, other: "Place") -> bool:
        return self.next_offset != other.next_offset


def place_in(log: Bounds, place: Place) -> Place:
    """Where to read on in the log as it is now.

    A log that was emptied, or stands in the place of another one, is read from its start: harmless, since every
    effect carries its aggregate's version, while going on from the old offset would lose events. Where the first
    records were removed, the rest is read on; only publishing again brings those back.
    """
    other_log = None not in (place.origin, log.origin) and place.origin != log.origin
    if other_log or not log.first <= place.next_offset <= log.end:
        return Place(log.first, log.origin)
    return Place(place.next_offset, place.origin or log.origin)


async def enter(
    connection: AsyncConnection, consumer: str, partitions: Collection[Partition]
) -> dict[Partition, Place]:
    """Make rows at the start of the log and return all. Only for those not found: it waits for whoever moves them."""
    ordered = sorted(partitions)
    topics, numbers = [partition.topic for partition in ordered], [partition.number for partition in ordered]
    await connection.execute(_ENTER, {"consumer": consumer, "topics": topics, "numbers": numbers})
    return await places(connection, consumer)


async def places(connection: AsyncConnection, consumer: str) -> dict[Partition, Place]:
    """Where the consumer stands, in all partitions that any of its readers ever had."""
    rows = await connection.execute(_PLACES, {"consumer": consumer})
    return {Partition(row.topic, row.partition): Place(row.next_offset, row.origin) for row in rows}


async def move(connection: AsyncConnection, consumer: str, records: Sequence[ConsumedRecord]) -> None:
    """Move the rows past `records`, which have no gap within a partition. Raises OffsetMoved.

    With the first record of a log its name is noted: an offset never counts in a log that is not known.
    """
    spans: dict[Partition, tuple[int, int]] = {}
    origins: dict[Partition, str] = {}
    for record in records:
        first, _ = spans.get(record.partition, (record.offset, 0))
        spans[record.partition] = (first, record.offset + 1)
        if record.origin is not None:
            origins[record.partition] = record.origin
    partitions = sorted(spans)
    status = await (await driver(connection)).execute(
        _MOVE,
        consumer,
        [partition.topic for partition in partitions],
        [partition.number for partition in partitions],
        [spans[partition][0] for partition in partitions],
        [spans[partition][1] for partition in partitions],
        [origins.get(partition) for partition in partitions],
    )
    if status != f"UPDATE {len(partitions)}":
        raise OffsetMoved(f"{consumer}: another reader took in part of {partitions}")


async def correct(connection: AsyncConnection, consumer: str, partition: Partition, old: Place, new: Place) -> bool:
    """Put a row from `old` to `new`; false where it stands at neither any more. A new origin alone is only noted."""
    changed = await connection.execute(
        _CORRECT,
        {
            "consumer": consumer,
            "topic": partition.topic,
            "number": partition.number,
            "old_offset": old.next_offset,
            "old_origin": old.origin,
            "step": new.next_offset - old.next_offset,
            "origin": new.origin,
        },
    )
    return bool(changed.rowcount)


async def hold(connection: AsyncConnection, consumer: str) -> None:
    """Keep all readers of this consumer from taking anything in until the transaction ends."""
    await connection.execute(_HOLD, {"consumer": consumer})


_ENTER = text(
    """
    INSERT INTO consumer_offset (consumer, topic, partition, next_offset)
    SELECT :consumer, p.topic, p.number, 0
    FROM unnest(CAST(:topics AS text[]), CAST(:numbers AS int[])) AS p(topic, number)
    ON CONFLICT DO NOTHING
    """
)
_PLACES = text("SELECT topic, partition, next_offset, origin FROM consumer_offset WHERE consumer = :consumer")
_MOVE = """
UPDATE consumer_offset o SET next_offset = p.next, origin = coalesce(p.origin, o.origin)
FROM unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::text[]) AS p(topic, number, expected, next, origin)
WHERE o.consumer = $1 AND o.topic = p.topic AND o.partition = p.number AND o.next_offset = p.expected
"""
_CORRECT = text(
    """
    UPDATE consumer_offset SET next_offset = next_offset + CAST(:step AS bigint), origin = :origin
    WHERE consumer = :consumer AND topic = :topic AND partition = :number
      AND origin IS NOT DISTINCT FROM CAST(:old_origin AS text)
      AND (CAST(:step AS bigint) = 0 OR next_offset = :old_offset)
    """
)
_HOLD = text("SELECT 1 FROM consumer_offset WHERE consumer = :consumer ORDER BY topic, partition FOR UPDATE")
