"""The bus in memory as one consumer group sees it: members come and go, and what was read is delivered again."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.messaging.bus import Bounds, ConsumedRecord, Partition, Record
from tests.support.memory_database import Database, Pause

MEMBERS = 2


@dataclass
class MemoryLog:
    """Partitions of records, and how far the bus believes that the group has come."""

    partitions: dict[Partition, list[ConsumedRecord]] = field(default_factory=dict)
    hints: dict[Partition, int] = field(default_factory=dict)

    def append(self, partition: Partition, records: Sequence[Record]) -> None:
        log = self.partitions.setdefault(partition, [])
        log += [ConsumedRecord(partition, len(log) + number, *record) for number, record in enumerate(records)]

    def has_more(self, database: Database) -> bool:
        """Whether there is a record that the group has not taken in."""
        rows = database.offsets
        return any(
            partition not in rows or rows[partition].next_offset < len(log)
            for partition, log in self.partitions.items()
        )


class MemorySubscription:
    """A member of the group, by its number. Whenever it fetches, the group may have been divided anew.

    What it gets of a partition begins where the bus believes that the group stands: at an older place, or at one that
    another member has reached, since nobody waits for it to look into its offset rows first.
    """

    def __init__(self, number: int, log: MemoryLog, database: Database, rng: random.Random) -> None:
        self._number = number
        self._log = log
        self._database = database
        self._rng = rng
        self._next: dict[Partition, int] = {}
        self._divisions_left = 5

    async def fetch(self, *, limit: int, wait_seconds: float) -> list[ConsumedRecord]:
        await Pause("fetch", lambda: self._log.has_more(self._database))
        if not self._next or (self._divisions_left and self._rng.random() < 0.2):
            self._divide()
        records: list[ConsumedRecord] = []
        for partition in self._rng.sample(sorted(self._next), self._rng.randint(1, len(self._next))):
            place = self._next[partition]
            taken = self._log.partitions[partition][place : place + self._rng.choice((1, 2, 5, 20))]
            self._next[partition] = place + len(taken)
            records += taken
        rows = self._database.offsets
        self._database.seen["delivered again"] += sum(
            record.partition in rows and record.offset < rows[record.partition].next_offset for record in records
        )
        return records

    def _divide(self) -> None:
        """At last each member has a share of its own: nobody else reads what one that is stuck does not."""
        self._divisions_left -= 1
        partitions = sorted(self._log.partitions)
        if not self._divisions_left:
            partitions = partitions[self._number :: MEMBERS]
        elif self._rng.random() < 0.5:
            partitions = self._rng.sample(partitions, len(partitions) // 2)
        self._next = {partition: self._log.hints.get(partition, 0) for partition in partitions}

    async def seek(self, partition: Partition, offset: int) -> None:
        if partition in self._next:
            self._database.seen["sought back"] += offset < self._next[partition]
            self._next[partition] = offset

    def assigned(self) -> frozenset[Partition]:
        return frozenset(self._next)

    async def bounds(self) -> Mapping[Partition, Bounds]:
        return {partition: Bounds(0, len(log)) for partition, log in self._log.partitions.items()}

    async def hint(self, offsets: Mapping[Partition, int]) -> None:
        self._log.hints |= offsets

    async def start(self) -> None:
        """It is a member from the beginning."""

    async def close(self) -> None:
        """It is left where it is."""
