"""The consumer runtime: an event takes effect exactly once, whatever the bus does.

One transaction holds the offset, moved by compare-and-set, and all effects of a batch. Duplicates stand below the
expected offset; a second reader of the same partition finds the offset moved and rolls back. A passing fault is
retried in place; a poison event goes to the dead letters and blocks its own key only.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.faults import is_passing
from shared.events.envelope import Envelope, MalformedEnvelope, decode
from shared.events.registry import EVENTS, Event
from shared.kernel.clock import Clock
from shared.messaging import dead_letters
from shared.messaging.bus import Bounds, Bus, BusUnavailable, ConsumedRecord, Partition, Subscription

log = logging.getLogger(__name__)

CONSUMED = Counter("rung_consumer_events_total", "Events taken in, by outcome", ["consumer", "outcome"])
BATCH_SECONDS = Histogram("rung_consumer_batch_seconds", "Time to take in one batch", ["consumer"])
LAG = Gauge("rung_consumer_lag", "Records between the offset row and the end of the log", ["consumer"])
REPLACED = Counter("rung_consumer_replaced_total", "Times a stuck or failed subscription was replaced", ["consumer"])

_BACKOFF_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)


class OffsetMoved(Exception):
    """Another reader took this place of the log in; what was read here is thrown away."""


class LogTruncated(Exception):
    """The log no longer holds records that were never taken in: publish again from the outbox."""


class SubscriptionStuck(Exception):
    """There are records to read and none came for too long."""


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """A decoded event with what its envelope says: its id, when it was recorded, and the trace it belongs to."""

    id: UUID
    event: Event
    recorded_at: datetime
    traceparent: str | None


Handler = Callable[[AsyncConnection, Sequence[ReceivedEvent]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ConsumerLimits:
    """How much at once, and how long without progress before the subscription is replaced."""

    batch: int = 500
    wait_seconds: float = 1.0
    stuck_seconds: float = 20.0
    check_seconds: float = 5.0


class Consumer:
    """Reads `topics` as group `name` and hands batches to `handle` inside the transaction that moves the offsets."""

    def __init__(
        self,
        *,
        name: str,
        engine: AsyncEngine,
        bus: Bus,
        topics: Sequence[str],
        handle: Handler,
        clock: Clock,
        limits: ConsumerLimits = ConsumerLimits(),
    ) -> None:
        self._name = name
        self._engine = engine
        self._bus = bus
        self._topics = topics
        self._handle = handle
        self._clock = clock
        self._limits = limits
        self._expected: dict[Partition, int] = {}
        self._progressed_at = time.monotonic()

    async def run(self) -> None:
        """Work until cancelled. A subscription that fails or hangs is thrown away and made anew."""
        while True:
            subscription = self._bus.subscribe(self._name, self._topics)
            self._expected.clear()
            self._progressed_at = time.monotonic()
            try:
                await subscription.start()
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._watch(subscription))
                    tasks.create_task(self._read(subscription))
            except* (BusUnavailable, SubscriptionStuck, LogTruncated) as group:
                REPLACED.labels(self._name).inc()
                log.warning("consumer %s starts anew: %s", self._name, group.exceptions[0])
            finally:
                await subscription.close()
            await asyncio.sleep(1.0)

    async def _read(self, subscription: Subscription) -> None:
        failures = 0
        pending: list[ConsumedRecord] = []
        while True:
            try:
                pending = pending or await subscription.fetch(
                    limit=self._limits.batch, wait_seconds=self._limits.wait_seconds
                )
                if not pending:
                    await self._adopt(subscription, subscription.assigned())
                    continue
                with BATCH_SECONDS.labels(self._name).time():
                    await self._take_in(subscription, pending)
                pending, failures = [], 0
                self._progressed_at = time.monotonic()
            except OffsetMoved:
                pending = []
                self._expected.clear()
            except Exception as error:
                if isinstance(error, (BusUnavailable, LogTruncated)) or not is_passing(error):
                    raise
                # Retried in place: order within the key holds, and nothing behind it overtakes.
                log.warning("consumer %s retries a batch of %d: %s", self._name, len(pending), error)
                self._progressed_at = time.monotonic()
                await asyncio.sleep(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])
                failures += 1

    async def _take_in(self, subscription: Subscription, records: Sequence[ConsumedRecord]) -> None:
        due = await self._due(subscription, records)
        if not due:
            return
        try:
            await self._transact(due)
        except Exception as error:
            if isinstance(error, OffsetMoved) or is_passing(error):
                raise
            await self._isolate(due, error)
        for record in due:
            self._expected[record.partition] = record.offset + 1

    async def _isolate(self, records: Sequence[ConsumedRecord], error: Exception) -> None:
        """A batch failed for good: halve it until the record at fault stands alone, and set that one aside."""
        if len(records) == 1:
            log.error("consumer %s sets an event of key %s aside: %r", self._name, records[0].key, error)
            await self._transact(records, poison=f"{type(error).__name__}: {error}")
            return
        middle = len(records) // 2
        for half in (records[:middle], records[middle:]):
            try:
                await self._transact(half)
            except Exception as again:
                if isinstance(again, OffsetMoved) or is_passing(again):
                    raise
                await self._isolate(half, again)

    async def _due(self, subscription: Subscription, records: Sequence[ConsumedRecord]) -> list[ConsumedRecord]:
        """The records that continue each partition's offset row without a gap; the rest is old, or read too early."""
        await self._adopt(subscription, {record.partition for record in records})
        due: list[ConsumedRecord] = []
        expected = dict(self._expected)
        early: set[Partition] = set()
        for record in records:
            place = expected.get(record.partition)
            if place == record.offset:
                due.append(record)
                expected[record.partition] = record.offset + 1
            elif place is not None and record.offset > place:
                early.add(record.partition)
        for partition in early:
            await self._return_to(subscription, partition, expected[partition])
        return due

    async def _return_to(self, subscription: Subscription, partition: Partition, offset: int) -> None:
        bounds = (await subscription.bounds()).get(partition)
        if bounds is not None and bounds.first > offset:
            raise LogTruncated(f"{partition} begins at {bounds.first}, and {offset} was never taken in")
        await subscription.seek(partition, offset)

    async def _adopt(self, subscription: Subscription, partitions: "frozenset[Partition] | set[Partition]") -> None:
        """Learn the offset rows of partitions that are new to this member and read on from there."""
        for gone in self._expected.keys() - subscription.assigned():
            del self._expected[gone]
        fresh = sorted(partitions - self._expected.keys())
        if not fresh:
            return
        names = {"topics": [place.topic for place in fresh], "numbers": [place.number for place in fresh]}
        async with self._engine.begin() as connection:
            await connection.execute(_OFFSET_ROWS, {"consumer": self._name} | names)
            rows = await connection.execute(_OFFSETS, {"consumer": self._name} | names)
            offsets = {Partition(row.topic, row.partition): row.next_offset for row in rows}
        for partition, offset in offsets.items():
            self._expected[partition] = offset
            await subscription.seek(partition, offset)

    async def _transact(self, records: Sequence[ConsumedRecord], poison: str | None = None) -> None:
        """One transaction: the offsets by compare-and-set, the effects, the dead letters."""
        now = self._clock.now()
        async with self._engine.begin() as connection:
            await self._move_offsets(connection, records)
            if poison is not None:
                await dead_letters.set_aside(connection, self._name, records, now=now, reason=poison)
                CONSUMED.labels(self._name, "poison").inc(len(records))
                return
            keys = {record.key for record in records}
            blocked = await dead_letters.blocked_keys(connection, self._name, keys)
            behind = [record for record in records if record.key in blocked]
            if behind:
                await dead_letters.set_aside(connection, self._name, behind, now=now)
            events = received([record for record in records if record.key not in blocked])
            if events:
                await self._handle(connection, events)
        CONSUMED.labels(self._name, "handled").inc(len(events))
        CONSUMED.labels(self._name, "behind").inc(len(behind))

    async def _move_offsets(self, connection: AsyncConnection, records: Sequence[ConsumedRecord]) -> None:
        spans: dict[Partition, tuple[int, int]] = {}
        for record in records:
            first, _ = spans.get(record.partition, (record.offset, 0))
            spans[record.partition] = (first, record.offset + 1)
        places = sorted(spans)
        moved = await connection.execute(
            _MOVE_OFFSETS,
            {
                "consumer": self._name,
                "topics": [place.topic for place in places],
                "numbers": [place.number for place in places],
                "expected": [spans[place][0] for place in places],
                "next": [spans[place][1] for place in places],
            },
        )
        if moved.rowcount != len(places):
            raise OffsetMoved(f"{self._name}: another reader took in part of {places}")

    async def _watch(self, subscription: Subscription) -> None:
        """Replace a subscription that reads nothing although there is something to read (aiokafka issue 1154)."""
        while True:
            await asyncio.sleep(self._limits.check_seconds)
            bounds = await subscription.bounds()
            lag = _lag(self._expected, bounds)
            await self._rewind(bounds)
            LAG.labels(self._name).set(lag)
            await subscription.hint(dict(self._expected))
            if lag and time.monotonic() - self._progressed_at > self._limits.stuck_seconds:
                raise SubscriptionStuck(f"{lag} records to read and no progress for {self._limits.stuck_seconds} s")

    async def _rewind(self, bounds: Mapping[Partition, Bounds]) -> None:
        """The log is shorter than what was taken in: it was emptied. Read the new one from its start.

        Harmless, since every effect carries its aggregate's version; going on from the old offset would lose events.
        """
        for partition, offset in list(self._expected.items()):
            bound = bounds.get(partition)
            if bound is not None and bound.end < offset:
                async with self._engine.begin() as connection:
                    await connection.execute(
                        _REWIND,
                        {
                            "consumer": self._name,
                            "topic": partition.topic,
                            "number": partition.number,
                            "offset": offset,
                            "first": bound.first,
                        },
                    )
                raise LogTruncated(f"{partition} ends at {bound.end}, before {offset}: read again from {bound.first}")


def _lag(expected: Mapping[Partition, int], bounds: Mapping[Partition, Bounds]) -> int:
    return sum(max(0, bounds[place].end - offset) for place, offset in expected.items() if place in bounds)


def received(records: Sequence[ConsumedRecord]) -> list[ReceivedEvent]:
    """Decode records. Types this code does not know are passed over; a malformed one raises."""
    events = []
    for record in records:
        envelope = decode(record.headers, record.value)
        if (event_class := EVENTS.get(envelope.type)) is not None:
            events.append(_received(envelope, event_class))
    return events


def _received(envelope: Envelope, event_class: type[Event]) -> ReceivedEvent:
    if envelope.time is None or envelope.data is None:
        raise MalformedEnvelope(f"event {envelope.id} has no time or no data")
    event = event_class.model_validate_json(envelope.data)
    return ReceivedEvent(UUID(envelope.id), event, envelope.time, envelope.traceparent)


_OFFSET_ROWS = text(
    """
    INSERT INTO consumer_offset (consumer, topic, partition, next_offset)
    SELECT :consumer, p.topic, p.number, 0
    FROM unnest(CAST(:topics AS text[]), CAST(:numbers AS int[])) AS p(topic, number)
    ON CONFLICT DO NOTHING
    """
)
_OFFSETS = text(
    """
    SELECT topic, partition, next_offset FROM consumer_offset
    JOIN unnest(CAST(:topics AS text[]), CAST(:numbers AS int[])) AS p(topic, number)
      USING (topic) WHERE partition = p.number AND consumer = :consumer
    """
)
_REWIND = text(
    """
    UPDATE consumer_offset SET next_offset = :first
    WHERE consumer = :consumer AND topic = :topic AND partition = :number AND next_offset = :offset
    """
)
_MOVE_OFFSETS = text(
    """
    UPDATE consumer_offset o SET next_offset = p.next
    FROM unnest(CAST(:topics AS text[]), CAST(:numbers AS int[]), CAST(:expected AS bigint[]), CAST(:next AS bigint[]))
      AS p(topic, number, expected, next)
    WHERE o.consumer = :consumer AND o.topic = p.topic AND o.partition = p.number AND o.next_offset = p.expected
    """
)
