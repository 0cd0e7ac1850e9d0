"""Guarantee 4: the log alone, replayed into an empty database, gives the same statements and ledger, byte for byte."""

import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from services.compensation.errors import DatabaseNotEmpty, LogDoesNotMatch
from services.compensation.policy.recalculation import Changes, decide_again
from services.compensation.service.arrivals import to_arrival
from services.compensation.service.rebuild import Log, rebuild
from shared.events.registry import EVENTS, Event
from shared.messaging.consumer import ReceivedEvent
from tests.support.compensation import PLAN, Compensation, running_compensation
from tests.support.factories.events import a_year_of, awarded, educator_id, received

NEXT_YEAR = PLAN.replace(b"2021-", b"2022-").replace(b"2020-21", b"2021-22").replace(b"2020-", b"2021-")
EVENTS_OF_ALL: list[Event] = [event for number in range(6) for event in a_year_of(educator_id(number))]


async def a_lived_year(compensation: Compensation, seed: int) -> None:
    """Events in any order and any batches, some twice, a plan version published before and a second one in between."""
    rng = random.Random(seed)
    events = [*EVENTS_OF_ALL, *rng.sample(EVENTS_OF_ALL, 12)]
    rng.shuffle(events)
    turns = [events[start : start + 7] for start in range(0, len(events), 7)]
    for number, turn in enumerate(turns):
        compensation.clock.advance(seconds=1)
        if number == len(turns) // 4:
            await compensation.publish()
        if number == len(turns) // 3:
            await compensation.publish(NEXT_YEAR)
        if number == len(turns) // 2:
            await compensation.publish(PLAN.replace(b'"200.00"', b'"150.00"'))
        await compensation.take_in(*turn)


async def log_of(compensation: Compensation, events: Sequence[Event] = EVENTS_OF_ALL) -> Log:
    """What a reader of the whole bus has: the other services' events in order of publishing, then our own."""
    log = Log()
    for event in events:
        log.add(received(event), to_arrival(received(event)))
    for row in await compensation.rows("SELECT id, type, data, recorded_at FROM outbox ORDER BY position"):
        event: Event = EVENTS[row["type"]].model_validate_json(row["data"])
        received_event = ReceivedEvent(row["id"], event, row["recorded_at"], None)
        log.add(received_event, to_arrival(received_event))
    return log


@asynccontextmanager
async def found_again(
    lived: Compensation, make_database: Callable[[], str], events: Sequence[Event]
) -> AsyncIterator[Compensation]:
    """A database that was rebuilt from the log alone, and stands where the lived one does."""
    log = await log_of(lived, events)
    async with running_compensation(make_database()) as empty:
        async with empty.engine.begin() as connection:
            await rebuild(connection, empty.clock, log)
        await empty.recalculate()
        assert await empty.state() == await lived.state()
        yield empty


@pytest.mark.parametrize("seed", range(3))
async def test_a_rebuild_comes_to_the_same_rows_whatever_the_order_was(
    make_database: Callable[[], str], seed: int
) -> None:
    async with (
        running_compensation(make_database()) as lived,
        running_compensation(make_database()) as empty,
    ):
        await a_lived_year(lived, seed)
        empty.clock.advance(days=900)
        log = await log_of(lived)
        async with empty.engine.begin() as connection:
            await rebuild(connection, empty.clock, log)
        before, after = await lived.state(), await empty.state()
        assert len(before["ledger_entry"]) > 12
        assert after == before
        await empty.recalculate()
        assert await empty.state() == before


async def test_a_rebuild_may_think_for_longer_than_others_may_be_silent(
    make_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.compensation.service.rebuild._DECISIONS_AT_ONCE", 20)
    pauses = iter([1.5])

    def decide_slowly(*accounts: Any, **given: Any) -> Changes:
        time.sleep(next(pauses, 0))
        return decide_again(*accounts, **given)

    monkeypatch.setattr("services.compensation.service.rebuild.decide_again", decide_slowly)
    async with running_compensation(make_database()) as lived:
        await a_lived_year(lived, 1)
        monkeypatch.setattr("shared.db.engine.SILENCE_SECONDS", 1)
        async with running_compensation(make_database()) as empty:
            async with empty.engine.begin() as connection:
                await rebuild(connection, empty.clock, await log_of(lived))
            assert await empty.state() == await lived.state()


async def test_what_the_lost_database_had_not_taken_in_yet_is_decided_too(make_database: Callable[[], str]) -> None:
    late = awarded(educator_id(1), 99, credential="mc-of-the-last-minute")
    async with (
        running_compensation(make_database()) as lived,
        running_compensation(make_database()) as empty,
    ):
        await a_lived_year(lived, 1)
        log = await log_of(lived)
        log.add(received(late), to_arrival(received(late)))
        async with empty.engine.begin() as connection:
            await rebuild(connection, empty.clock, log)
        await empty.take_in(late)
        await empty.recalculate()
        await lived.take_in(late)
        assert await empty.statement(educator_id(1)) == await lived.statement(educator_id(1))


async def test_a_log_that_was_filled_again_in_another_order_rebuilds_the_same(
    make_database: Callable[[], str],
) -> None:
    """A broker that lost its records has what was new meanwhile before what an operator published again."""
    async with (
        running_compensation(make_database()) as lived,
        running_compensation(make_database()) as empty,
    ):
        await a_lived_year(lived, 1)
        log = await log_of(lived)
        rng = random.Random(1)
        for educator in log.educators.values():
            rng.shuffle(educator.decisions)
            arrivals = list(educator.arrivals.items())
            rng.shuffle(arrivals)
            educator.arrivals = dict(arrivals)
        async with empty.engine.begin() as connection:
            await rebuild(connection, empty.clock, log)
        before = await lived.state()
        assert {row["plan_year"] for row in before["statement"]} == {"2020-21", "2021-22"}
        assert await empty.state() == before


async def test_the_plan_published_last_stands_whatever_the_log_s_order_and_the_clocks_say(
    make_database: Callable[[], str],
) -> None:
    """With the minutes by which it was published; the first event here is an old one and tells of none."""
    async with (
        running_compensation(make_database()) as lived,
        running_compensation(make_database()) as empty,
    ):
        await a_lived_year(lived, 1)
        log = await log_of(lived)
        earlier = lived.clock.now() - timedelta(days=90)
        log.plans = {
            version: plan._replace(recorded_at=earlier - timedelta(days=number))
            for number, (version, plan) in enumerate(log.plans.items())
        }
        first = next(iter(log.plans))
        known_once = ("minute_reference", "board_approved_on", "describes_all_pay")
        told = log.plans[first].event.model_copy(update=dict.fromkeys(known_once))
        log.plans[first] = log.plans[first]._replace(event=told)
        async with empty.engine.begin() as connection:
            await rebuild(connection, empty.clock, log)
        standing = f"SELECT id, version, {', '.join(known_once)} FROM plan_version WHERE state = 'published'"
        assert await empty.rows(standing) == await lived.rows(standing)
        assert [
            row["id"] for row in await empty.rows("SELECT id FROM plan_version WHERE minute_reference IS NULL")
        ] == [first]


async def test_what_is_delivered_again_after_a_rebuild_changes_nothing(make_database: Callable[[], str]) -> None:
    async with (
        running_compensation(make_database()) as lived,
        running_compensation(make_database()) as empty,
    ):
        await a_lived_year(lived, 1)
        async with empty.engine.begin() as connection:
            await rebuild(connection, empty.clock, await log_of(lived))
        await empty.take_in(*EVENTS_OF_ALL)
        assert await empty.state() == await lived.state()


async def test_a_log_with_a_hole_is_refused(make_database: Callable[[], str]) -> None:
    async with (
        running_compensation(make_database()) as lived,
        running_compensation(make_database()) as empty,
    ):
        await a_lived_year(lived, 1)
        log = await log_of(lived)
        of_one = log.educators[str(educator_id(1))]
        del of_one.arrivals[of_one.decisions[0].applied[-1]]
        with pytest.raises(LogDoesNotMatch):
            async with empty.engine.begin() as connection:
                await rebuild(connection, empty.clock, log)
        assert await empty.rows("SELECT educator_id FROM educator_account") == []


async def test_a_database_that_is_not_empty_is_refused(make_database: Callable[[], str]) -> None:
    async with running_compensation(make_database()) as lived:
        await a_lived_year(lived, 1)
        with pytest.raises(DatabaseNotEmpty):
            async with lived.engine.begin() as connection:
                await rebuild(connection, lived.clock, await log_of(lived))
