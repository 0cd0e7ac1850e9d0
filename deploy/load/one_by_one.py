"""A bus in memory that hands its records out in batches of a given size, and tells when each was taken in."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from shared.events.topics import Topic
from shared.messaging.bus import Bounds, ConsumedRecord, Partition, Record, Subscription

_PLACE = Partition(Topic.CREDENTIALS, 0)


class OneByOne:
    """Only what a consumer asks of a bus: `records` in one partition, `at_once` a fetch, by the consumer's own pace."""

    def __init__(self, records: Sequence[Record], *, at_once: int) -> None:
        self._records = records
        self._at_once = at_once
        self._next = 0
        self._handed_out: tuple[float, float] | None = None
        self.ended = asyncio.Event()
        self.wall_seconds: list[float] = []
        self.cpu_seconds: list[float] = []

    def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:  # noqa: ARG002 - it has one of each
        return self

    async def start(self) -> None:
        pass

    async def fetch(self, *, limit: int, wait_seconds: float) -> list[ConsumedRecord]:  # noqa: ARG002 - by its own size
        now = time.perf_counter(), time.process_time()
        if self._handed_out is not None:
            self.wall_seconds.append(now[0] - self._handed_out[0])
            self.cpu_seconds.append(now[1] - self._handed_out[1])
            self._handed_out = None
        first = self._next
        if first == len(self._records):
            self.ended.set()
            await asyncio.sleep(wait_seconds)
            return []
        given = self._records[first : first + self._at_once]
        self._next += len(given)
        taken = [ConsumedRecord(_PLACE, first + number, *record) for number, record in enumerate(given)]
        self._handed_out = time.perf_counter(), time.process_time()
        return taken

    async def seek(self, partition: Partition, offset: int) -> None:  # noqa: ARG002 - there is one partition
        self._next = offset

    def assigned(self) -> frozenset[Partition]:
        return frozenset({_PLACE})

    async def bounds(self) -> Mapping[Partition, Bounds]:
        return {_PLACE: Bounds(0, len(self._records))}

    async def hint(self, offsets: Mapping[Partition, int]) -> None:
        pass

    async def append(self, topic: str, records: Sequence[Record]) -> None:
        raise NotImplementedError("nothing is published here")

    async def check(self) -> None:
        pass

    async def close(self) -> None:
        pass
