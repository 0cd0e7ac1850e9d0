"""Members of a group on the embedded log, each with the consumer that reads by it, one step of its loop at a time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.messaging.bus import ConsumedRecord, Partition, Record, Subscription
from shared.messaging.consumer import Consumer, ReceivedEvent
from shared.messaging.embedded import EmbeddedBus
from tests.models.bus import Got, Member, Place, Sent
from tests.support.factories.events import educator_id
from tests.support.messaging import StillClock, award, leave_traces, record

GROUP = "group"
_EDUCATORS = {str(educator): educator for educator in map(educator_id, range(5))}
KEYS = sorted(_EDUCATORS)


def to_record(sent: Sent) -> Record:
    return record(award(_EDUCATORS[sent.key], sent.number))


def to_sent(key: str, value: bytes) -> Sent:
    return Sent(key, orjson.loads(value)["version"])


@dataclass
class Handler:
    """Leaves one trace an event. What is poison fails until it is mended."""

    poison: set[Sent] = field(default_factory=set)

    async def __call__(self, connection: AsyncConnection, events: Sequence[ReceivedEvent]) -> None:
        for received in events:
            if Sent(received.event.key, getattr(received.event, "version", 0)) in self.poison:
                raise ValueError("poison")
        await leave_traces(connection, events)


class Reader:
    """A member as the product has it, beside what the model has of it."""

    def __init__(self, member: Member, url: str, engine: AsyncEngine, topics: Sequence[str], handle: Handler) -> None:
        self.member = member
        self._bus = EmbeddedBus(url)
        self._subscription: Subscription = self._bus.subscribe(GROUP, topics)
        self._consumer = Consumer(
            name=GROUP, engine=engine, bus=self._bus, topics=topics, handle=handle, clock=StillClock()
        )
        self._pending: Sequence[ConsumedRecord] = ()

    async def join(self) -> None:
        await self._subscription.start()

    async def read(self, limit: int) -> list[Got]:
        """What the consumer's loop does first: learn where new partitions are to be read, and fetch."""
        self._pending = ()
        await self._consumer._adopt(self._subscription, self._subscription.assigned())
        self._pending = await self._subscription.fetch(limit=limit, wait_seconds=0)
        return [Got(Place(*one.partition), one.offset, to_sent(one.key, one.value or b"")) for one in self._pending]

    async def take_in(self) -> None:
        """What it does next; what was read and could not be taken in is thrown away."""
        pending, self._pending = self._pending, ()
        try:
            await self._consumer._take_in(self._subscription, pending)
        except Exception:
            self._consumer._expected.clear()
            raise

    async def seek(self, place: Place, offset: int) -> None:
        await self._subscription.seek(Partition(*place), offset)

    async def retry(self, key: str) -> int:
        return await self._consumer.retry_dead_letters(key=key, by="operator", reason="mended")

    async def part(self, how: str, database: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Say goodbye, vanish without a word, or be ended by the server; returns when the server knows."""
        connection: asyncpg.Connection[asyncpg.Record] = self._subscription._connection  # type: ignore[attr-defined]
        pid = connection.get_server_pid()
        if how == "leaves":
            await self._subscription.close()
        elif how == "vanishes":
            connection.terminate()
        else:
            await database.execute("SELECT pg_terminate_backend($1)", pid)
        # Nothing tells when a server's process has gone.
        while await database.fetchval("SELECT true FROM pg_stat_activity WHERE pid = $1", pid):  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    async def close(self) -> None:
        await self._subscription.close()
