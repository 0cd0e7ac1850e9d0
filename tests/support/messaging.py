"""What the tests of the messaging foundation share: tables, events, a handler that leaves traces, the invariants."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import BigInteger, Column, Identity, Integer, Table, Text, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.base import new_metadata
from shared.events.credentials import CredentialAwarded
from shared.events.envelope import Envelope, encode_binary
from shared.events.registry import Event
from shared.messaging.bus import ConsumedRecord, Partition, Record, Subscription
from shared.messaging.consumer import ReceivedEvent
from shared.messaging.tables import OUTBOX_NOTIFY, consumer_offset_table, dead_letter_table, outbox_table

T = TypeVar("T", bound=Hashable)

METADATA = new_metadata()
outbox_table(METADATA)
consumer_offset_table(METADATA)
dead_letter_table(METADATA)
Table("aggregate", METADATA, Column("key", Text, primary_key=True), Column("version", Integer, nullable=False))
# No unique constraint: what takes effect twice must show.
Table(
    "effect",
    METADATA,
    Column("n", BigInteger, Identity(always=True), primary_key=True),
    Column("key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("event_id", Uuid, nullable=False),
)

NOW = datetime(2021, 3, 4, 15, 0, tzinfo=UTC)


class StillClock:
    """A clock that always tells NOW."""

    def now(self) -> datetime:
        return NOW


async def make_tables(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
        for statement in OUTBOX_NOTIFY:
            await connection.execute(text(statement))


def award(educator: UUID, version: int = 1, *, credential: str = "mc-questioning") -> CredentialAwarded:
    return CredentialAwarded(
        educator_id=educator,
        award_id=educator,
        version=version,
        credential=credential,
        pathways=[],
        awarded_at=NOW,
        expires_at=None,
        provider="bloomboard",
    )


def envelope(event: Event) -> Envelope:
    return Envelope(
        id=str(uuid4()),
        source="urn:rung:test",
        type=event.type,
        time=NOW,
        subject=event.key,
        data=event.model_dump_json().encode(),
    )


def record(event: Event) -> Record:
    """As the relay appends it."""
    wrapped = envelope(event)
    return Record(event.key, wrapped.data, encode_binary(wrapped))


def awards(educators: Sequence[UUID], versions: Iterable[int]) -> list[Record]:
    """One record for each educator and version, versions in order and educators mixed."""
    return [record(award(educator, version)) for version in versions for educator in educators]


async def leave_traces(connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
    """A handler: one row for each event, written in one statement."""
    await connection.execute(
        text(
            "INSERT INTO effect (key, version, event_id) SELECT u.key, u.version, u.id FROM unnest("
            "CAST(:keys AS text[]), CAST(:versions AS int[]), CAST(:ids AS uuid[])) "
            "WITH ORDINALITY AS u(key, version, id, n) ORDER BY u.n"
        ),
        {
            "keys": [received.event.key for received in events],
            "versions": [getattr(received.event, "version", 0) for received in events],
            "ids": [received.id for received in events],
        },
    )


async def traces(engine: AsyncEngine) -> list[tuple[str, int]]:
    """Key and version of all effects, in the order in which they came to be."""
    return [(row.key, row.version) for row in await select(engine, "SELECT key, version FROM effect ORDER BY n")]


async def select(engine: AsyncEngine, sql: str, **values: object) -> Sequence[Any]:
    async with engine.begin() as connection:
        result = await connection.execute(text(sql), values)
        return result.fetchall() if result.returns_rows else []


def violations(
    expected: Mapping[str, Sequence[T]], seen: Iterable[tuple[str, T]], *, repeats_allowed: bool = False
) -> list[str]:
    """How what was `seen` departs from what was `expected` of each key: lost, foreign, repeated, out of order."""
    by_key: dict[str, list[T]] = defaultdict(list)
    for key, item in seen:
        by_key[key].append(item)
    found = []
    for key in sorted(expected.keys() | by_key.keys()):
        wanted, got = list(expected.get(key, ())), by_key[key]
        first_seen = [item for item in dict.fromkeys(got) if item in set(wanted)]
        if lost := set(wanted) - set(got):
            found.append(f"{key}: {len(lost)} lost")
        if foreign := set(got) - set(wanted):
            found.append(f"{key}: {len(foreign)} foreign")
        if len(got) != len(set(got)) and not repeats_allowed:
            found.append(f"{key}: {len(got) - len(set(got))} repeated")
        if first_seen != [item for item in wanted if item in set(got)]:
            found.append(f"{key}: out of order")
    return found


def once_each(educators: Sequence[UUID], versions: Iterable[int]) -> dict[str, list[int]]:
    """What `violations` expects where every version of every educator took effect once, in order."""
    numbers = list(versions)
    return {str(educator): numbers for educator in educators}


async def until(condition: Callable[[], Awaitable[object]], *, seconds: float = 15, pause: float = 0.02) -> None:
    """Wait until `condition` holds; AssertionError where it does not in time."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"not reached within {seconds} s"
        await asyncio.sleep(pause)


@asynccontextmanager
async def at_work(*loops: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run the loops beside the body and cancel them when it ends; a loop that ends before fails the test."""
    tasks = [asyncio.ensure_future(loop()) for loop in loops]
    try:
        yield
    finally:
        early = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        _, hanging = await asyncio.wait(tasks, timeout=20)
        assert not hanging, "a loop did not end when it was cancelled"
        for task in tasks:
            if task in early or not task.cancelled():
                task.result()
                pytest.fail("a loop ended by itself")


async def read(subscription: Subscription, count: int, *, seconds: float = 15) -> list[ConsumedRecord]:
    """Fetch until `count` records have come."""
    records: list[ConsumedRecord] = []
    deadline = time.monotonic() + seconds
    while len(records) < count:
        assert time.monotonic() < deadline, f"{len(records)} of {count} records within {seconds} s"
        records += await subscription.fetch(limit=500, wait_seconds=0.2)
    return records


def by_partition(records: Iterable[ConsumedRecord]) -> dict[Partition, list[int]]:
    """The offsets read, as they came."""
    offsets: dict[Partition, list[int]] = defaultdict(list)
    for consumed in records:
        offsets[consumed.partition].append(consumed.offset)
    return dict(offsets)
