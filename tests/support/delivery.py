"""A seeded run of the event path without a database: what arrives when, in which batches, and where it crashes.

Everything that real delivery may do to the recalculation happens here: duplicates, reorder within and between topics,
crashes between taking in and committing, re-reading of old places, a roster that comes last, plans published and
everybody recalculated in between.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.compensation.domain import Arrival
from services.compensation.policy.plan_book import BookedPlan
from services.compensation.policy.recalculation import decide_again, take_in
from shared.kernel.ids import derived_id
from tests.support.books import Books

Logs = dict[str, list[Arrival]]
_BEGINNING = datetime(2021, 6, 1, tzinfo=UTC)


@dataclass
class Sweep:
    """Everybody's recalculation by one plan version, as far as it has come."""

    plan: BookedPlan
    cause: UUID
    after: str = ""
    is_done: bool = False


@dataclass
class Run:
    """One run over the same logs and the same plans; the steps are the transactions of the service."""

    logs: Logs
    books: Books = field(default_factory=Books)
    standing: dict[str, BookedPlan] = field(default_factory=dict)
    sweeps: list[Sweep] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)
    _moment: datetime = _BEGINNING

    def __post_init__(self) -> None:
        self.places = dict.fromkeys(self.logs, 0)

    def now(self) -> datetime:
        self._moment += timedelta(seconds=1)
        return self._moment

    def deliver(self, arrivals: Sequence[Arrival], *, crashes: bool = False) -> None:
        """One batch: decided by the plans that stand, and thrown away where the process dies before it commits."""
        self.trace.append(f"{'lose' if crashes else 'take in'} {len(arrivals)}")
        accounts = self.books.open(arrival.educator_id for arrival in arrivals)
        plans = [plan for _, plan in sorted(self.standing.items())]
        changes = take_in(accounts, arrivals, plans, decided_at=self.now())
        if not crashes:
            self.books.commit(changes)

    def publish(self, plan: BookedPlan) -> None:
        """Make a plan version the standing one of its year and ask for everybody's recalculation."""
        self.trace.append(f"publish {plan.plan_year} {plan.plan_version_id}")
        self.standing[plan.plan_year] = plan
        self.sweeps.append(Sweep(plan, derived_id("publication", str(plan.plan_version_id))))

    def sweep(self, count: int, *, crashes: bool = False) -> None:
        """The next `count` educators of the oldest unfinished recalculation."""
        sweep = next((one for one in self.sweeps if not one.is_done), None)
        if sweep is None:
            return
        self.trace.append(f"{'lose a sweep of' if crashes else 'sweep'} {count}")
        due = [educator_id for educator_id in sorted(self.books.accounts) if educator_id > sweep.after][:count]
        if self.standing[sweep.plan.plan_year] is sweep.plan:
            accounts = self.books.open(due)
            changes = decide_again(accounts.values(), sweep.plan, cause_event_id=sweep.cause, decided_at=self.now())
            if crashes:
                return
            self.books.commit(changes)
        sweep.after = due[-1] if due else sweep.after
        sweep.is_done = len(due) < count

    def read(self, rng: random.Random) -> list[Arrival]:
        """A batch as a consumer might get it: the next records of some topics, now and then from an older place."""
        batch: list[Arrival] = []
        for topic in rng.sample(sorted(self.logs), rng.randint(1, len(self.logs))):
            if rng.random() < 0.15:
                self.places[topic] = max(0, self.places[topic] - rng.randint(1, 6))
            log, place = self.logs[topic], self.places[topic]
            taken = log[place : place + rng.choice((1, 2, 5, 20))]
            self.places[topic] = place + len(taken)
            batch += taken
        return batch

    def is_read(self) -> bool:
        return all(place == len(self.logs[topic]) for topic, place in self.places.items())


def in_order(logs: Logs, plans: Sequence[BookedPlan]) -> Books:
    """The undisturbed run: plans first, then every record once, one at a time, topic by topic."""
    run = Run(logs)
    for plan in plans:
        run.publish(plan)
        run.sweep(1)
    for log in logs.values():
        for arrival in log:
            run.deliver([arrival])
    run.books.audit()
    return run.books


def disturbed(logs: Logs, plans: Sequence[BookedPlan], rng: random.Random) -> Run:
    """The same logs and plans as a bad day delivers them."""
    run = Run(_as_sent(logs, rng))
    waiting = list(plans)
    if rng.random() < 0.5:
        run.publish(waiting.pop(0))
    while waiting or not run.is_read() or any(not sweep.is_done for sweep in run.sweeps):
        _step(run, waiting, rng)
    run.books.audit()
    return run


def _step(run: Run, waiting: list[BookedPlan], rng: random.Random) -> None:
    crashes = rng.random() < 0.15
    if waiting and rng.random() < 0.1:
        run.publish(waiting.pop(0))
    elif rng.random() < 0.3:
        run.sweep(rng.choice((1, 2, 100)), crashes=crashes)
    else:
        places = dict(run.places)
        run.deliver(run.read(rng), crashes=crashes)
        if crashes:
            run.places = places


def _as_sent(logs: Logs, rng: random.Random) -> Logs:
    """The logs as relays may have written them: the last records again, some twice, on some days in no order at all."""
    is_ordered = rng.random() < 0.5
    sent: Logs = {}
    for topic, log in logs.items():
        again = rng.randint(0, min(3, len(log)))
        sent[topic] = [*log, *(log[-again:] if is_ordered and again else rng.sample(log, again))]
        if not is_ordered:
            rng.shuffle(sent[topic])
    return sent
