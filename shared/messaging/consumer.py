"""The consumer runtime: an event takes effect exactly once, whatever the bus does.

One transaction holds the offset, moved by compare-and-set, and all effects of a batch. Duplicates stand below the
expected offset; a second reader of the same partition finds the offset moved and rolls back. A passing fault is
retried in place; a poison event goes to the dead letters and blocks its own key only.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.direct import begin
from shared.db.faults import is_passing
from shared.events.registry import Event
from shared.kernel.clock import Clock
from shared.kernel.collector import uncollected
from shared.messaging import dead_letters, offsets
from shared.messaging.bus import Bounds, Bus, BusUnavailable, ConsumedRecord, Partition, Subscription
from shared.messaging.offsets import OffsetMoved, Place, place_in
from shared.messaging.received import Handler, ReceivedEvent, of_interest, received, wanted_types

__all__ = ["Consumer", "ConsumerLimits", "Handler", "LogReplaced", "OffsetMoved", "ReceivedEvent", "SubscriptionStuck"]

log = logging.getLogger(__name__)

CONSUMED = Counter("rung_consumer_events_total", "Events taken in, by outcome", ["consumer", "outcome"])
BATCH_SECONDS = Histogram("rung_consumer_batch_seconds", "Time to take in one batch", ["consumer"])
LAG = Gauge("rung_consumer_lag", "Records between the offset rows and the end of the log", ["consumer"])
REPLACED = Counter("rung_consumer_replaced_total", "Times a stuck or failed subscription was replaced", ["consumer"])

_BACKOFF_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
_RESTART_SECONDS = 1.0


class LogReplaced(Exception):
    """The log is not the one that the offsets count in, or lost records: it is read on from where it begins."""


class SubscriptionStuck(Exception):
    """There are records to read and none came for too long."""


@dataclass(frozen=True, slots=True)
class ConsumerLimits:
    """How much at once, and how long without progress before the subscription is replaced."""

    batch: int = 4000
    wait_seconds: float = 1.0
    stuck_seconds: float = 20.0
    check_seconds: float = 5.0


class Consumer:
    """Reads `topics` as group `name` and hands batches to `handle` inside the transaction that moves the offsets.

    `events` are the classes that `handle` wants; without it, all that this code knows.
    """

    def __init__(
        self,
        *,
        name: str,
        engine: AsyncEngine,
        bus: Bus,
        topics: Sequence[str],
        handle: Handler,
        clock: Clock,
        events: Iterable[type[Event]] | None = None,
        limits: ConsumerLimits = ConsumerLimits(),
    ) -> None:
        self._wanted = wanted_types(events)
        self._name = name
        self._engine = engine
        self._bus = bus
        self._topics = topics
        self._handle = handle
        self._clock = clock
        self._limits = limits
        self._expected: dict[Partition, int] = {}
        self._handling = False

    async def run(self) -> None:
        """Work until cancelled. A subscription that fails or hangs is thrown away and made anew."""
        while True:
            subscription = self._bus.subscribe(self._name, self._topics)
            self._expected.clear()
            try:
                await subscription.start()
                await _until_one_ends(self._read(subscription), self._watch(subscription))
            except (BusUnavailable, SubscriptionStuck, LogReplaced) as error:
                REPLACED.labels(self._name).inc()
                log.warning("consumer %s starts anew: %s", self._name, error)
            finally:
                await subscription.close()
            await asyncio.sleep(_RESTART_SECONDS)

    async def retry_dead_letters(self, *, key: str, by: str, reason: str) -> int:
        """Handle what was set aside of `key` again, in order; see `dead_letters.retry`."""
        return await dead_letters.retry(
            self._engine,
            consumer=self._name,
            handle=self._handle,
            key=key,
            clock=self._clock,
            by=by,
            reason=reason,
            events=self._wanted.values(),
        )

    async def _read(self, subscription: Subscription) -> None:
        failures = 0
        pending: list[ConsumedRecord] = []
        while True:
            try:
                if not pending:
                    self._handling = False
                    await self._adopt(subscription, subscription.assigned())
                    pending = await subscription.fetch(limit=self._limits.batch, wait_seconds=self._limits.wait_seconds)
                await self._take_in(subscription, pending)
                pending, failures = [], 0
            except OffsetMoved:
                pending = []
                self._expected.clear()
            except Exception as error:
                if not is_passing(error):
                    raise
                # Retried in place: order within the key holds, and nothing behind it overtakes.
                log.warning("consumer %s retries a batch of %d: %s", self._name, len(pending), error)
                await asyncio.sleep(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])
                failures += 1

    async def _adopt(self, subscription: Subscription, partitions: Collection[Partition]) -> None:
        """Learn where to read partitions that are new to this member, and read on from there."""
        for gone in self._expected.keys() - subscription.assigned():
            del self._expected[gone]
        fresh = set(partitions) - self._expected.keys()
        if not fresh:
            return
        async with begin(self._engine) as connection:
            rows = await offsets.places(connection, self._name)
            if new := fresh - rows.keys():
                rows |= await offsets.enter(connection, self._name, new)
        places = _places_now(rows, await subscription.bounds())
        # What a log is called is left to the watch: noting it waits for whoever is taking in from that partition.
        await self._correct(rows, {p: places[p] for p in fresh & places.keys() if places[p].moved_from(rows[p])})
        for partition in fresh & rows.keys():
            self._expected[partition] = rows[partition].next_offset
            await subscription.seek(partition, rows[partition].next_offset)
        # Who keeps a partition when others join or leave is set to what the bus was told last, and does not come here.
        await subscription.hint({partition: self._expected[partition] for partition in fresh & rows.keys()})

    async def _correct(self, rows: dict[Partition, Place], places: Mapping[Partition, Place]) -> list[Partition]:
        """Put rows to the places where they belong; returns those whose offset changed."""
        changed = []
        for partition, place in places.items():
            row = rows[partition]
            async with begin(self._engine) as connection:
                corrected = await offsets.correct(connection, self._name, partition, row, place)
            if not place.moved_from(row):
                continue
            log.error("%s of %s stood at %s, which the log does not hold: now %s", partition, self._name, row, place)
            changed.append(partition)
            if corrected:
                rows[partition] = place
            else:
                del rows[partition]
        return changed

    async def _take_in(self, subscription: Subscription, records: Sequence[ConsumedRecord]) -> None:
        await self._adopt(subscription, {record.partition for record in records})
        due, early = _due(records, self._expected)
        if due:
            self._handling = True
            with BATCH_SECONDS.labels(self._name).time(), uncollected():
                await self._isolate(due)
        for partition in early:
            self._expected.pop(partition, None)

    async def _isolate(self, records: Sequence[ConsumedRecord]) -> None:
        """Take records in. Where that fails for good, halve them until the one at fault stands alone, set aside."""
        try:
            await self._transact(records)
        except Exception as error:
            if isinstance(error, OffsetMoved) or is_passing(error):
                raise
            if len(records) == 1:
                log.exception("consumer %s sets an event of key %s aside", self._name, records[0].key)
                await self._transact(records, poison=f"{type(error).__name__}: {error}")
                return
            middle = len(records) // 2
            await self._isolate(records[:middle])
            await self._isolate(records[middle:])

    async def _transact(self, records: Sequence[ConsumedRecord], poison: str | None = None) -> None:
        """One transaction: the offsets by compare-and-set, the effects, the dead letters."""
        now = self._clock.now()
        handled: Sequence[ReceivedEvent] = ()
        aside = of_interest(records, self._wanted)
        async with begin(self._engine) as connection:
            await offsets.move(connection, self._name, records)
            if poison is None:
                blocked = await dead_letters.blocked_keys(connection, self._name, {record.key for record in aside})
                handled = received([record for record in aside if record.key not in blocked], self._wanted)
                aside = [record for record in aside if record.key in blocked]
            if aside:
                await dead_letters.set_aside(connection, self._name, aside, now=now, reason=poison)
            if handled:
                await self._handle(connection, handled)
        for record in records:
            self._expected[record.partition] = record.offset + 1
        CONSUMED.labels(self._name, "handled").inc(len(handled))
        CONSUMED.labels(self._name, "behind" if poison is None else "poison").inc(len(aside))

    async def _watch(self, subscription: Subscription) -> None:
        """Replace a subscription that reads nothing although there is something to read (aiokafka issue 1154).

        A batch being handled, or retried because of the database, is not the subscription's fault.
        """
        stood, fed_at = -1, time.monotonic()
        while True:
            await asyncio.sleep(self._limits.check_seconds)
            try:
                lag, stands = await self._look(subscription)
            except Exception as error:
                if not is_passing(error):
                    raise
                fed_at = time.monotonic()
                continue
            await subscription.hint(dict(self._expected))
            if self._handling or lag <= 0 or stands != stood:
                stood, fed_at = stands, time.monotonic()
            if time.monotonic() - fed_at > self._limits.stuck_seconds:
                raise SubscriptionStuck(f"{lag} records to read and no progress for {self._limits.stuck_seconds} s")

    async def _look(self, subscription: Subscription) -> tuple[int, int]:
        """How many records the group has to read, and how many it has read. Raises LogReplaced.

        Of the group and not of this member alone: one that waits for a partition that nobody has is stuck as well.
        """
        async with self._engine.connect() as connection:
            rows = await offsets.places(connection, self._name)
        bounds = await subscription.bounds()
        if changed := await self._correct(rows, _places_now(rows, bounds)):
            raise LogReplaced(f"{changed} are read on from where the log begins")
        nowhere = Place(0, None)
        lag = sum(max(0, bound.end - rows.get(partition, nowhere).next_offset) for partition, bound in bounds.items())
        LAG.labels(self._name).set(lag)
        return lag, sum(row.next_offset for row in rows.values())


def _places_now(rows: Mapping[Partition, Place], bounds: Mapping[Partition, Bounds]) -> dict[Partition, Place]:
    """Where the rows belong that do not fit the log.

    `rows` must have been read before `bounds`: a log grows, so an offset beyond its end is then no race.
    """
    places = {partition: place_in(bounds[partition], row) for partition, row in rows.items() if partition in bounds}
    return {partition: place for partition, place in places.items() if place != rows[partition]}


def _due(
    records: Sequence[ConsumedRecord], expected: Mapping[Partition, int]
) -> tuple[list[ConsumedRecord], set[Partition]]:
    """The records that continue each partition without a gap, and the partitions that were read too far ahead.

    What is below the expected offset is old: taken in already, by this reader or another one.
    """
    due: list[ConsumedRecord] = []
    early: set[Partition] = set()
    ahead = dict(expected)
    for record in records:
        place = ahead.get(record.partition)
        if place == record.offset:
            due.append(record)
            ahead[record.partition] = record.offset + 1
        elif place is not None and record.offset > place:
            early.add(record.partition)
    return due, early


async def _until_one_ends(*works: Coroutine[None, None, None]) -> None:
    """Run the works, which have no end, beside each other; when one fails, stop the others and raise its error.

    Not a TaskGroup: that loses a cancellation which comes while it is failing (Python 3.11).
    """
    tasks = [asyncio.create_task(work) for work in works]
    ended: Sequence[BaseException | None] = ()
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            raise error
    raise SubscriptionStuck("reading ended by itself")
