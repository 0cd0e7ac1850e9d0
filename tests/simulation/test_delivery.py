"""Guarantee 3 by simulation: whatever delivery does, the end is the bytes of the undisturbed run.

`SCHEDULES=20000` runs more of them, `SCHEDULE=4711` runs the one that failed and prints its steps.
"""

import os
import random
import re
from collections.abc import Iterable, Sequence
from functools import cache
from uuid import UUID

from services.compensation.domain import PlanState, PlanVersion
from services.compensation.handlers import to_arrival
from services.compensation.policy.plan import content_hash, document_of, parse_plan
from services.compensation.policy.plan_book import BookedPlan, PlanBook
from services.compensation.policy.recalculation import decide_again
from shared.events.registry import Event
from shared.events.topics import Topic
from shared.kernel.ids import derived_id
from tests.support.books import Books
from tests.support.delivery import Logs, Run, disturbed, in_order
from tests.support.factories.events import (
    RECORDED_AT,
    awarded,
    educator_id,
    grown,
    observed,
    rated,
    received,
    revoked,
    rostered,
    scored,
)
from tests.support.policy_facts import HARMONY

ONE_SCHEDULE = os.environ.get("SCHEDULE")
SCHEDULES = [int(ONE_SCHEDULE)] if ONE_SCHEDULE else range(int(os.environ.get("SCHEDULES", "1500")))
REBUILT_EVERY = 25
SCHEDULES_A_YEAR = 25
CREDENTIALS = ("mc-questioning", "mc-differentiation", "mc-leading-teams", "mc-action-research")


def _plan(document: str, version: int) -> BookedPlan:
    plan = parse_plan(document)
    written = PlanVersion(
        id=derived_id("plan", plan.plan_year, str(version)),
        plan=plan.code,
        version=version,
        plan_year=plan.plan_year,
        content_hash=content_hash(plan),
        document=document_of(plan),
        state=PlanState.PUBLISHED,
        written_by="hr-writer",
        written_at=RECORDED_AT,
    )
    book = PlanBook()
    book.add_all([written])
    return book.get(written.id)


def _a_year_later(document: str) -> str:
    moved = re.sub(r"\b(202[01])-(?=\d\d-)", lambda found: f"{int(found[1]) + 1}-", document)
    return moved.replace("2020-21", "2021-22")


PLANS = [
    _plan(_a_year_later(HARMONY), 1),
    _plan(HARMONY, 1),
    _plan(HARMONY.replace('"200.00"', '"150.00"').replace('at_least: "2.7"', 'at_least: "2.9"'), 2),
]
"""Two versions for one year, the second with other amounts and another gate, and one for the year after."""


def _year_of(educator: UUID, rng: random.Random) -> Iterable[Event]:
    """A year in which much was corrected: new assignments, amended visits, awards taken back and given again."""
    yield rostered(educator)
    yield rostered(educator, version=2, full_time_equivalent=rng.choice(("1.00", "0.50")))
    for number in (1, 2):
        yield observed(educator, number, level=rng.randint(2, 4))
    yield observed(educator, 2, level=rng.randint(2, 4), version=2)
    yield grown(educator, rng.choice(("49.9", "72.5")))
    yield grown(educator, rng.choice(("55", "90")), version=2)
    yield rated(educator, rng.randint(2, 4))
    yield scored(educator)
    for number, credential in enumerate(rng.sample(CREDENTIALS, 2)):
        yield awarded(educator, number, credential=credential)
        if rng.random() < 0.5:
            yield revoked(educator, number, credential=credential)
            if rng.random() < 0.5:
                yield awarded(educator, number, version=3, credential=credential)


def logs_of(seed: int) -> Logs:
    """Two or three educators' years, sorted into topics as their services publish them."""
    rng = random.Random(seed)
    logs: Logs = {topic: [] for topic in (Topic.EVALUATION, Topic.SLO, Topic.CREDENTIALS)}
    educators = [educator_id(number) for number in rng.sample(range(1000), rng.randint(2, 3))]
    years = {educator: list(_year_of(educator, rng)) for educator in educators}
    while any(years.values()):
        event = years[rng.choice([educator for educator in educators if years[educator]])].pop(0)
        arrival = to_arrival(received(event))
        assert arrival is not None
        logs[event.topic].append(arrival)
    return logs


def rebuilt(books: Books, logs: Logs) -> Books:
    """Books made anew from what was published: each decision again, over the facts that it names, in its order."""
    arrivals = {arrival.event_id: arrival for log in logs.values() for arrival in log}
    plans = {plan.plan_version_id: plan for plan in PLANS}
    anew = Books()
    for event in books.published:
        accounts = anew.open([str(event.educator_id)])
        anew.commit(
            decide_again(
                accounts.values(),
                plans[event.plan_version_id],
                cause_event_id=event.cause_event_id,
                decided_at=event.decided_at,
                arrivals=[arrivals[event_id] for event_id in event.applied],
            )
        )
    return anew


@cache
def undisturbed(year: int) -> tuple[Logs, Sequence[BookedPlan], dict[str, object]]:
    logs, plans = logs_of(year), PLANS if year % 2 else PLANS[1:]
    return logs, plans, in_order(logs, plans).outcome()


def run_schedule(number: int) -> Run:
    """Raises AssertionError, BooksDoNotAgree."""
    logs, plans, expected = undisturbed(number // SCHEDULES_A_YEAR)
    run = disturbed(logs, plans, random.Random(f"delivery {number}"))
    assert run.books.outcome() == expected
    if number % REBUILT_EVERY == 0 or ONE_SCHEDULE:
        anew = rebuilt(run.books, logs)
        assert anew.statements == run.books.statements
        assert anew.entries == run.books.entries
    return run


def test_every_schedule_ends_in_the_bytes_of_the_undisturbed_run() -> None:
    """At every commit statement, components and ledger agree; at the end nothing tells how it was delivered."""
    for number in SCHEDULES:
        try:
            run = run_schedule(number)
        except Exception as fault:
            if ONE_SCHEDULE:
                raise
            again = f"SCHEDULE={number} .venv/bin/python -m pytest tests/simulation"
            raise AssertionError(f"schedule {number} fails; run it again by {again}") from fault
        if ONE_SCHEDULE:
            print(*run.trace, sep="\n")


def test_the_schedules_contain_every_kind_of_trouble() -> None:
    """A simulation that stopped disturbing would pass for ever."""
    runs = [run_schedule(number) for number in range(60)]
    steps = [step for run in runs for step in run.trace]
    for trouble in ("lose ", "lose a sweep of", "take in ", "sweep ", f"publish {PLANS[2].plan_year}"):
        assert sum(step.startswith(trouble) for step in steps) > 20, trouble
    late_rosters = [run for run in runs if run.books.facts[0].fact.kind != "roster"]
    assert len(late_rosters) > 20
    assert len({len(run.books.statements) for run in runs}) > 10
