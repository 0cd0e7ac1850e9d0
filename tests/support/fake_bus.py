"""A bus in memory whose subscriptions can be told to misbehave. For the consumer's own tests; it keeps no contract."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shared.messaging.bus import Bounds, BusUnavailable, ConsumedRecord, Partition, Record

ONE = Partition("fake", 0)


class FakeBus:
    """One partition; every subscription reads all of it. `misbehave` is told of each new subscription."""

    def __init__(self, misbehave: Callable[["FakeSubscription"], None] = lambda _: None) -> None:
        self.log: list[ConsumedRecord] = []
        self.subscriptions: list[FakeSubscription] = []
        self._misbehave = misbehave

    async def append(self, topic: str, records: Sequence[Record]) -> None:
        self.log += [
            ConsumedRecord(ONE, len(self.log) + n, record.key, record.value, record.headers)
            for n, record in enumerate(records)
        ]

    def subscribe(self, group: str, topics: Sequence[str]) -> "FakeSubscription":
        subscription = FakeSubscription(self)
        self._misbehave(subscription)
        self.subscriptions.append(subscription)
        return subscription

    async def check(self) -> None: ...

    async def close(self) -> None: ...


class FakeSubscription:
    def __init__(self, bus: FakeBus) -> None:
        self.bus = bus
        self.position = 0
        self.deaf = False
        self.unassigned = False
        self.leaps = 0
        self.before_start: Callable[[], Awaitable[None]] | None = None
        self.before_bounds: Callable[[], Awaitable[None]] | None = None
        self.after_bounds: Callable[[], Awaitable[None]] | None = None
        self.error_when_cancelled: Exception | None = None
        self.closed = False

    async def start(self) -> None:
        if self.before_start is not None:
            await self.before_start()

    async def fetch(self, *, limit: int, wait_seconds: float) -> list[ConsumedRecord]:
        if self.closed:
            raise BusUnavailable("closed")
        if self.position < len(self.bus.log):
            self.position, self.leaps = self.position + self.leaps, 0
        records = [] if self.deaf or self.unassigned else self.bus.log[self.position : self.position + limit]
        self.position += len(records)
        if not records:
            try:
                await asyncio.sleep(min(wait_seconds, 0.01))
            except asyncio.CancelledError:
                if self.error_when_cancelled is not None:
                    raise self.error_when_cancelled from None
                raise
        return records

    async def seek(self, partition: Partition, offset: int) -> None:
        self.position = offset

    def assigned(self) -> frozenset[Partition]:
        return frozenset() if self.unassigned else frozenset({ONE})

    async def bounds(self) -> Mapping[Partition, Bounds]:
        if self.before_bounds is not None:
            await self.before_bounds()
        bounds = {ONE: Bounds(0, len(self.bus.log), "fake" if self.bus.log else None)}
        if self.after_bounds is not None:
            await self.after_bounds()
        return bounds

    async def hint(self, offsets: Mapping[Partition, int]) -> None: ...

    async def close(self) -> None:
        self.closed = True
