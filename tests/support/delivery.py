"""A seeded run of the event path: two readers, two recalculators and a publisher, interleaved at each of their steps.

Consumer, handler, recalculation and publication are the product's own code, over a database and a log in memory. All
that real delivery may do happens here: duplicates, reorder within and between topics, members that read the same
place, processes that are cut off before any step, rosters that come last, and plans published in the middle of it.
"""

import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from services.compensation.domain import PlanVersion
from services.compensation.errors import PlanAlreadyPublished
from services.compensation.handlers import EVENTS, TOPICS, handler
from services.compensation.policy.plan_book import PlanBook
from services.compensation.service.plans import publish_plan
from services.compensation.service.recalculation import recalculate_next
from shared.events.evaluation import EducatorRostered
from shared.events.registry import Event
from shared.events.topics import Topic
from shared.messaging.bus import Partition
from shared.messaging.consumer import Consumer
from shared.messaging.embedded import partition_of
from tests.support.factories.events import as_record
from tests.support.memory_database import Database, Pause
from tests.support.memory_log import MEMBERS, MemoryLog, MemorySubscription
from tests.support.memory_repository import on_memory

Logs = Mapping[str, Sequence[Event]]

_CUT_OFF = 0.02
_HINT = 0.1
_PARTITIONS = 2
_STEPS_AT_MOST = 100_000


@dataclass
class Process:
    """Something that goes on step by step, and begins anew where it is cut off."""

    name: str
    start: Callable[[], Coroutine[Any, Any, None]]
    stands: Pause | None = None

    def __post_init__(self) -> None:
        self._work = self.start()
        self.step()

    def step(self) -> None:
        try:
            self.stands = self._work.send(None)
        except StopIteration:
            self.stands = None

    def cut_off(self) -> None:
        self._work.close()
        self._work = self.start()
        self.step()

    def end(self) -> None:
        self._work.close()


@dataclass
class Run:
    """One run over `logs`, what is `late` of the roster, which comes when all else is done, and plans to publish."""

    logs: Logs
    late: Sequence[Event]
    approved: Sequence[PlanVersion]
    book: PlanBook
    rng: random.Random
    trace: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = Database(versions={version.id: version for version in self.approved})
        self.books, self.seen = self.database.books, self.database.seen
        self._log = MemoryLog()
        self._moment = datetime(2021, 6, 1, tzinfo=UTC)
        self._processes: list[Process] = []
        self._readers: dict[str, Consumer] = {}
        self._turns_lost = self.rng.choice((0.02, 0.1, 0.5))

    def now(self) -> datetime:
        self._moment += timedelta(seconds=1)
        return self._moment

    def go(self) -> None:
        """To the end. Raises AssertionError where it does not come to one, or ends with something undone."""
        with on_memory(chunk=self.rng.choice((1, 2, 100))):
            self._append(self.logs)
            self._processes = [
                *(Process(f"reader {number}", partial(self._read, number)) for number in range(MEMBERS)),
                *(Process(f"recalculator {number}", self._recalculate) for number in range(2)),
                Process("publisher", self._publish),
            ]
            self.rng.shuffle(self._processes)
            self._settle()
            self._append_late()
            self._settle()
            for process in self._processes:
                process.end()
        self.books.audit()

    def _append(self, logs: Logs) -> None:
        for topic, events in logs.items():
            for event in events:
                record = as_record(event)
                self._log.append(Partition(topic, partition_of(record.key) % _PARTITIONS), [record])

    def _append_late(self) -> None:
        paid = {educator_id for educator_id, _ in self.books.standing}
        for event in self.late:
            self.seen["a roster amended last" if event.key in paid else "a roster that came last"] += 1
        self._append({Topic.EVALUATION: self.late})

    def _settle(self) -> None:
        """The first that can goes on until it has to wait, or loses its turn to all others at some step.

        A process that lies still between two of its steps, while others do all that they can, is what shows a race.
        """
        for _ in range(_STEPS_AT_MOST):
            process = next((one for one in self._processes if one.stands is not None and one.stands.can()), None)
            if process is None:
                break
            if self.rng.random() < self._turns_lost:
                self._processes.remove(process)
                self._processes.append(process)
            else:
                self._step(process)
        assert not self._log.has_more(self.database), "records are left that nobody takes in"
        assert all(one.is_finished for one in self.database.recalculations), "somebody was not recalculated"
        assert len(self.database.recalculations) == len(self.approved), "a plan was not published"

    def _step(self, process: Process) -> None:
        assert process.stands is not None
        point = f"{process.name} before {process.stands.before}"
        if self.rng.random() < _HINT and process.name in self._readers:
            self._log.hints |= self._readers[process.name]._expected
        if self.rng.random() < _CUT_OFF:
            self.trace.append(f"{point}: cut off")
            self.seen[f"{process.name.split()[0]} cut off before {process.stands.before}"] += 1
            process.cut_off()
        else:
            self.trace.append(point)
            process.step()
        if self.database.fault is not None:
            raise self.database.fault

    def _read(self, number: int) -> Coroutine[Any, Any, None]:
        database: Any = self.database
        consumer = Consumer(
            name="compensation",
            engine=database,
            bus=database,
            topics=TOPICS,
            events=EVENTS,
            handle=handler(self, self.book),
            clock=self,
        )
        self._readers[f"reader {number}"] = consumer
        return consumer._read(MemorySubscription(number, self._log, self.database, self.rng))

    async def _recalculate(self) -> None:
        while True:
            await Pause("the next", self._is_something_due)
            async with self.database.begin() as connection:
                await recalculate_next(connection, self, self.book)

    def _is_something_due(self) -> bool:
        return any(not one.is_finished for one in self.database.recalculations)

    async def _publish(self) -> None:
        """Whoever publishes and gets no answer tries again."""
        for version in self.approved:
            with suppress(PlanAlreadyPublished):
                async with self.database.begin() as connection:
                    await publish_plan(connection, self, version.id, by="hr-approver")


def disturbed(logs: Logs, plans: Sequence[PlanVersion], book: PlanBook, rng: random.Random) -> Run:
    """The same logs and plans as a bad day delivers them."""
    prompt, late = _as_sent(logs, rng)
    run = Run(prompt, late, plans, book, rng)
    run.go()
    return run


def _as_sent(logs: Logs, rng: random.Random) -> tuple[Logs, Sequence[Event]]:
    """The logs as relays may have written them, and what of the roster they write only when all else is done.

    The last records come again, some twice, on some days in no order at all.
    """
    late = _late_roster(logs[Topic.EVALUATION], rng)
    is_ordered = rng.random() < 0.5
    sent: dict[str, list[Event]] = {}
    for topic, events in logs.items():
        prompt = [event for event in events if event not in late]
        again = rng.randint(0, min(3, len(prompt)))
        sent[topic] = [*prompt, *(prompt[-again:] if is_ordered and again else rng.sample(prompt, again))]
        if not is_ordered:
            rng.shuffle(sent[topic])
    return sent, late


def _late_roster(events: Sequence[Event], rng: random.Random) -> list[Event]:
    """All that the roster says of somebody, or its amendment alone, or nothing."""
    roster = [event for event in events if isinstance(event, EducatorRostered)]
    educator, first = rng.choice(roster).educator_id, rng.choice((1, 2, 99))
    return [event for event in roster if event.educator_id == educator and event.version >= first]
