"""The bus as the rest of the product sees it: append to a topic, read a topic's partitions from an offset.

Two adapters stand behind it, `kafka` and `embedded`; one contract suite (tests/integration/messaging) holds both.
Nothing outside this package knows which one runs. What is made once a record is a named tuple: of a frozen dataclass,
making one and looking it up in a dictionary take several times as long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class BusUnavailable(Exception):
    """The bus did not take or give records in time. The same call may succeed later."""


class Record(NamedTuple):
    """What is appended: records of one key stay in order."""

    key: str
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Partition(NamedTuple):
    topic: str
    number: int


class ConsumedRecord(NamedTuple):
    """What is read, with the place it stands at; the first one of a log tells its `origin` too, see `Bounds`."""

    partition: Partition
    offset: int
    key: str
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """First offset still held, and the offset that the next record will get.

    `origin` is another one where another log stands in this one's place; None while nothing was ever appended.
    """

    first: int
    end: int
    origin: str | None = None


class Subscription(Protocol):
    """A member of a consumer group. Its partitions can change at any await; the offset row decides who is right."""

    async def start(self) -> None:
        """Join the group. Raises BusUnavailable."""
        ...

    async def fetch(self, *, limit: int, wait_seconds: float) -> list[ConsumedRecord]:
        """Up to `limit` records of the assigned partitions, in order within each; empty after `wait_seconds`."""
        ...

    async def seek(self, partition: Partition, offset: int) -> None:
        """Read on from `offset`; nothing happens where the partition is no longer this member's."""
        ...

    def assigned(self) -> frozenset[Partition]:
        """The partitions that this member reads at the moment."""
        ...

    async def bounds(self) -> Mapping[Partition, Bounds]:
        """Of all partitions of the topics, whoever reads them. Raises BusUnavailable."""
        ...

    async def hint(self, offsets: Mapping[Partition, int]) -> None:
        """Tell the bus how far the group has come, for its own lag tools. May fail silently: it decides nothing."""
        ...

    async def close(self) -> None: ...


class Bus(Protocol):
    """The durable, partitioned log."""

    async def append(self, topic: str, records: Sequence[Record]) -> None:
        """Append in order; returns when they are durable.

        Raises BusUnavailable: then some may have been appended and some not, and appending all again is right.
        """
        ...

    def subscribe(self, group: str, topics: Sequence[str]) -> Subscription: ...

    async def check(self) -> None:
        """Raises BusUnavailable where the bus does not answer; for readiness."""
        ...

    async def close(self) -> None: ...
