"""The embedded log and the consumer of a group on it against their model, on a real database."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, count
from typing import TypeVar

import asyncpg
import pytest
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.engine import create_engine
from shared.events.topics import PARTITIONS
from shared.messaging import dead_letters
from shared.messaging.bus import BusUnavailable
from shared.messaging.consumer import OffsetMoved
from shared.messaging.embedded import EmbeddedBus
from tests.models.bench import held
from tests.models.bus import MOVED, STILL_POISON, UNAVAILABLE, Got, Log, Member, Place, Sent
from tests.models.conftest import Run
from tests.models.machine import AT, GRANTED, Machine, Tally, first, pick, step
from tests.models.members import GROUP, KEYS, Handler, Reader, to_record, to_sent
from tests.models.refusals import Refused, answer_of
from tests.support.messaging import StillClock, make_tables

T = TypeVar("T")
TOPICS = ("first.events", "second.events")
EMPTY = """
DELETE FROM bus_record; UPDATE bus_partition SET next_offset = 0, origin = NULL;
DELETE FROM effect; DELETE FROM consumer_offset; DELETE FROM dead_letter
"""
ALIVE_AT_MOST = 3
BATCHES = st.lists(st.sampled_from(KEYS), min_size=1, max_size=8)
MET = {UNAVAILABLE, MOVED, STILL_POISON, "set aside"}
FAULTS = {BusUnavailable: UNAVAILABLE, OffsetMoved: MOVED, ValueError: STILL_POISON}


@dataclass(frozen=True)
class Server:
    """The log's database, which is the consumer's too, and two buses that append to it."""

    url: str
    engine: AsyncEngine
    buses: tuple[EmbeddedBus, EmbeddedBus]
    database: "asyncpg.Connection[asyncpg.Record]"


@asynccontextmanager
async def server(url: str) -> AsyncIterator[Server]:
    engine, buses = create_engine(url), (EmbeddedBus(url), EmbeddedBus(url))
    await make_tables(engine)
    await buses[0].create_topics(TOPICS)
    database = await asyncpg.connect(url)
    yield Server(url, engine, buses, database)
    await database.close()
    for bus in buses:
        await bus.close()
    await engine.dispose()


class BusMachine(Machine):
    def __init__(self, opened: Server, loop: asyncio.AbstractEventLoop, tally: Tally) -> None:
        self.server, self.database = opened, opened.database
        super().__init__(loop, tally)

    async def begin(self) -> None:
        await self.database.execute(EMPTY)
        self.model = Log(TOPICS, PARTITIONS)
        self.readers: list[Reader] = []
        self.handle = Handler()
        self.numbers = count(1)

    async def look(self) -> None:
        """Where the group stands, what took effect and what was set aside is what the model says."""
        rows = await self.database.fetch("SELECT topic, partition, next_offset AS next FROM consumer_offset")
        stands = {Place(row["topic"], row["partition"]): row["next"] for row in rows if row["next"]}
        assert stands == {place: row for place, row in self.model.rows.items() if row}
        [counts] = await self.database.fetch(
            "SELECT (SELECT count(*) FROM effect), (SELECT count(*) FROM dead_letter WHERE state = 'waiting')"
        )
        assert tuple(counts) == (len(self.model.effects), len(self.model.waiting()))

    async def end(self) -> None:
        """Whoever reads last finds all of it: each record took effect once, in its key's order, or is set aside."""
        for reader in self.readers:
            await self.part_one(reader, "leaves")
        last = await self.join_one()
        while await self.read_one(last, limit=100):
            await self.take_one(last)
        effects = await self.database.fetch("SELECT key, version FROM effect ORDER BY n")
        assert [Sent(*row) for row in effects] == self.model.effects
        letters = await self.database.fetch("SELECT key, state FROM dead_letter ORDER BY id")
        assert list(map(tuple, letters)) == [(one.got.sent.key, one.state) for one in self.model.letters]
        aside = [one.got.sent for one in self.model.letters if one.state != "retried"]
        place_in_effects = {sent: at for at, sent in enumerate(self.model.effects)}
        assert sorted([*self.model.effects, *aside]) == sorted(chain(*self.model.records.values()))
        for records in self.model.records.values():
            for key in KEYS:
                order = [place_in_effects[one] for one in records if one.key == key and one in place_in_effects]
                assert order == sorted(order)

    async def close(self) -> None:
        for reader in self.readers:
            await reader.close()

    @first(limit=st.integers(1, 12), is_replaced=st.booleans())
    async def begin_with_a_member_that_has_read(self, limit: int, is_replaced: bool) -> None:
        """Who replaces it reads the same, and the one that was first does not know."""
        await self.append_all(TOPICS[0], [KEYS * 3])
        await self.read_twice(await self.join_one(), limit)
        if is_replaced:
            await self.part_one(self.readers[0], "vanishes")
            other = await self.join_one()
            await self.read_twice(other, limit)
            await self.take_one(other)

    async def read_twice(self, reader: Reader, limit: int) -> None:
        """At its second read a member knows its partitions, and where the group stands in them."""
        await self.read_one(reader, limit=1)
        await self.take_one(reader)
        await self.read_one(reader, limit)

    @step(topic=st.sampled_from(TOPICS), batches=st.lists(BATCHES, min_size=1, max_size=2))
    async def append(self, topic: str, batches: list[list[str]]) -> None:
        await self.append_all(topic, batches)

    async def append_all(self, topic: str, batches: list[list[str]]) -> None:
        """Where it is two batches at the same moment, in each partition one of them comes whole before the other."""
        sent = [[Sent(key, next(self.numbers)) for key in batch] for batch in batches]
        appends = zip(self.server.buses, sent, strict=False)
        await asyncio.gather(*(bus.append(topic, list(map(to_record, batch))) for bus, batch in appends))
        await self.learn_places()
        for place, records in (await self.log()).items():
            added = records[len(self.model.records[place]) :]
            parts = [[one for one in batch if self.model.place(topic, one) == place] for batch in sent]
            assert added in (list(chain(*parts)), list(chain(*reversed(parts))))
            self.model.records[place] += added

    async def learn_places(self) -> None:
        """Which partition a key has is the log's to choose, once for all topics."""
        rows = await self.database.fetch("SELECT DISTINCT key, partition FROM bus_record")
        self.model.partition_of = {row["key"]: row["partition"] for row in rows}
        assert len(self.model.partition_of) == len(rows)

    async def log(self) -> dict[Place, list[Sent]]:
        """All that the log holds; an offset is the number of records before it."""
        log: dict[Place, list[Sent]] = {place: [] for place in self.model.records}
        rows = await self.database.fetch('SELECT * FROM bus_record ORDER BY topic, partition, "offset"')
        for row in rows:
            records = log[Place(row["topic"], row["partition"])]
            assert row["offset"] == len(records)
            records.append(to_sent(row["key"], row["value"]))
        return log

    async def join_one(self) -> Reader:
        member = Member(f"member {len(self.readers)}")
        reader = Reader(member, self.server.url, self.server.engine, TOPICS, self.handle)
        await reader.join()
        self.readers.append(reader)
        return reader

    @step(at=AT, limit=st.sampled_from([1, 3, 10, 100]), then_takes_in=st.sampled_from([True, True, False]))
    async def read(self, at: int, limit: int, then_takes_in: bool) -> None:
        reader = self.reader(at, self.reads)
        await self.read_one(reader, limit)
        if then_takes_in:
            await self.take_one(reader)

    async def read_one(self, reader: Reader, limit: int) -> list[Got]:
        member = reader.member
        got = await self.either(reader.read(limit))
        member.pending = [] if isinstance(got, str) else got
        self.agree(got, lambda: self.model.read(member, limit))
        return member.pending

    @step(at=AT)
    async def take_in(self, at: int) -> None:
        """Late perhaps: the member may have died since it read, and another one may have read the same."""
        is_late = any(reader.member.is_dead and reader.member.pending for reader in self.readers)
        await self.take_one(self.reader(at, lambda member: bool(member.pending) and member.is_dead == is_late))

    async def take_one(self, reader: Reader) -> None:
        letters = len(self.model.letters)
        self.agree(await self.either(reader.take_in()), lambda: self.model.take_in(reader.member))
        if len(self.model.letters) > letters:
            self.came_to("set aside")

    @step(at=AT, topic=st.sampled_from(TOPICS), key=st.sampled_from(KEYS), offset=st.integers(0, 9))
    async def seek(self, at: int, topic: str, key: str, offset: int) -> None:
        """What the bus gives next is older than what was read, or skips some; the consumer has to see it."""
        reader = self.reader(at, self.reads)
        place = self.model.place(topic, Sent(key, 0))
        await reader.seek(place, offset)
        if place in reader.member.next:
            reader.member.next[place] = offset

    @step(
        at=AT, how=st.sampled_from([None, "leaves", "vanishes", "is ended"]), joins=st.sampled_from([True, True, False])
    )
    async def change_members(self, at: int, how: str | None, joins: bool) -> None:
        """One goes, or one comes, or one takes another's place; too many are never there."""
        alive = [reader for reader in self.readers if not reader.member.is_dead]
        if how is not None:
            await self.part_one(self.reader(at, self.reads), how)
        elif len(alive) == ALIVE_AT_MOST:
            await self.part_one(alive[0], "leaves")
        if joins:
            await self.join_one()

    async def part_one(self, reader: Reader, how: str) -> None:
        if not reader.member.is_dead:
            await reader.part(how, self.database)
            self.model.part(reader.member)

    @step(
        key=st.sampled_from(KEYS),
        what=st.sampled_from(["poison", "poison", "poison", "mended", "retried", "discarded"]),
        back=st.integers(0, 3),
    )
    async def trouble(self, key: str, what: str, back: int) -> None:
        """A record cannot be handled from now on; or the operator settles what waits of a key."""
        if what == "poison":
            sent = sorted(one for records in self.model.records.values() for one in records if one.key == key)
            self.poison(sent[-min(back + 1, len(sent))])
            return
        key = next((letter.got.sent.key for letter in self.model.waiting()), key)
        if what == "discarded":
            await self.discard_one(key)
            return
        if what == "mended":
            self.mend(key)
        self.agree(await self.either(self.readers[-1].retry(key)), lambda: self.model.retry(key))

    def poison(self, sent: Sent) -> None:
        self.handle.poison.add(sent)
        self.model.poison.add(sent)

    def mend(self, key: str) -> None:
        self.model.poison = {one for one in self.model.poison if one.key != key}
        self.handle.poison = set(self.model.poison)

    async def discard_one(self, key: str) -> None:
        """The newest letter of the key is given up, one that is settled already too; what is behind it waits on."""
        rows = await self.database.fetch("SELECT id FROM dead_letter WHERE key = $1 ORDER BY id DESC LIMIT 1", key)
        done = await dead_letters.discard(
            self.server.engine,
            consumer=GROUP,
            ids=[row["id"] for row in rows],
            clock=StillClock(),
            by="operator",
            reason="of no use",
        )
        of_key = [letter for letter in self.model.letters if letter.got.sent.key == key]
        assert done == sum(map(self.model.discard, of_key[-1:]))

    def reader(self, at: int, is_fit: Callable[[Member], bool]) -> Reader:
        return pick(self.readers, at, lambda reader: is_fit(reader.member))

    def reads(self, member: Member) -> bool:
        """Whether it is the one that reads, or could be."""
        holder = self.model.holder
        return member is holder or (holder is None and not member.is_dead)

    async def either(self, work: Awaitable[T]) -> T | str:
        """What it comes to, or the name of the fault that it ends in."""
        try:
            return await work
        except tuple(FAULTS) as error:
            return FAULTS[type(error)]

    def agree(self, product: object, model: Callable[[], object]) -> None:
        said = answer_of(model)
        if isinstance(said, Refused):
            assert product in said.codes, (product, said)
            self.came_to(str(product))
        else:
            assert product == said, (product, said)
            self.came_to(GRANTED)


def test_the_bus_agrees_with_its_model(
    run: Run, loop: asyncio.AbstractEventLoop, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    # A poison event is logged with all that led to it, which is a lot over many steps.
    caplog.set_level(logging.CRITICAL, "shared.messaging.consumer")
    with held(loop, server(database)) as opened:
        run("bus", partial(BusMachine, opened), MET)
