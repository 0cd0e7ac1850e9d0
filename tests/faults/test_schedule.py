"""The fault schedule in short: every kind of fault once, and whether the checks would see what they are for.

`make faults FAULTS=1000` runs the long one.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.services import SERVICES
from tests.faults.schedule.checker import CHECKS, check
from tests.faults.schedule.course import Course
from tests.faults.schedule.evidence import Evidence, gather
from tests.faults.schedule.faults import KINDS
from tests.faults.schedule.promises import Promises
from tests.faults.schedule.running import NO_SMALL_DISK, is_disk_small, running_course
from tests.support.numbers import whole_number
from tests.support.summary import say_at_the_end

pytestmark = pytest.mark.kafka
_FAULTS = whole_number("FAULTS", len(KINDS))
_SEED = whole_number("SEED", 1)


@pytest.fixture(scope="module")
async def course(request: pytest.FixtureRequest, servers_folder: Path, kafka_jars: Path) -> AsyncIterator[Course]:
    async with running_course(servers_folder / "faults", seed=_SEED, count=_FAULTS) as course:
        if not is_disk_small(course.world):
            say_at_the_end(request.config, NO_SMALL_DISK, is_loud=True)
        await course.run()
        yield course


async def test_nothing_is_lost_and_nobody_is_paid_twice(course: Course) -> None:
    found = {what for one in course.rounds for whats in one.found.values() for what in whats}
    assert not course.troubles
    assert not found
    assert course.held
    assert not [one.trouble for one in course.happenings if one.trouble]
    assert course.inflicted == _FAULTS
    counted = course.district.promises.counted()
    assert counted["awards"] > 30
    assert all(counted.values()), counted


def row(
    table: str, position: int = 0, *, service: str = "compensation", **values: Any
) -> Callable[[Evidence], Evidence]:
    """The evidence with one row of a table otherwise."""

    def changed(evidence: Evidence) -> Evidence:
        rows = [dict(row) for row in evidence.rows[service][table]]
        rows[position] |= {name: value(rows[position][name]) for name, value in values.items()}
        return with_rows(evidence, service, table, rows)

    return changed


def without(table: str, *, service: str = "compensation") -> Callable[[Evidence], Evidence]:
    """The evidence without the first row of a table."""
    return lambda evidence: with_rows(evidence, service, table, list(evidence.rows[service][table])[1:])


def empty(table: str, *, service: str) -> Callable[[Evidence], Evidence]:
    """The evidence without any row of a table."""
    return lambda evidence: with_rows(evidence, service, table, [])


def twice(table: str, **values: Any) -> Callable[[Evidence], Evidence]:
    """The evidence with the first row of a table once more, as another one."""

    def changed(evidence: Evidence) -> Evidence:
        rows = list(evidence.rows["compensation"][table])
        return with_rows(evidence, "compensation", table, [*rows, dict(rows[0]) | values])

    return changed


def with_rows(evidence: Evidence, service: str, table: str, rows: list[Any]) -> Evidence:
    tables = dict(evidence.rows[service]) | {table: rows}
    return replace(evidence, rows=dict(evidence.rows) | {service: tables})


def without_a_record(evidence: Evidence) -> Evidence:
    lost = evidence.records["slo.events"][0]
    left = [record for record in evidence.records["slo.events"] if record != lost]
    return replace(evidence, records=dict(evidence.records) | {"slo.events": left})


def with_a_stranger(evidence: Evidence) -> Evidence:
    more = [*evidence.records["slo.events"], ("a stranger", "its key")]
    return replace(evidence, records=dict(evidence.records) | {"slo.events": more})


def with_a_gap(evidence: Evidence) -> Evidence:
    return replace(evidence, outbox=dict(evidence.outbox) | {"slo": list(evidence.outbox["slo"])[1:]})


def one_more(number: Any) -> Any:
    return number + 1


PROMISES, LEDGER, FACTS, LIVE, OPEN, BYTES, CLOSED, BROKER, HASHES = CHECKS


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        pytest.param(PROMISES, without("receipt", service="credentials"), id="a webhook call that is gone"),
        pytest.param(PROMISES, without("award", service="credentials"), id="an award that is gone"),
        pytest.param(
            PROMISES,
            row("award", service="credentials", state=lambda old: "earned" if old == "revoked" else "revoked"),
            id="an award in another state",
        ),
        pytest.param(PROMISES, empty("observation_version", service="evaluation"), id="observations that are gone"),
        pytest.param(PROMISES, row("growth", service="evaluation", percent_met=one_more), id="another growth"),
        pytest.param(PROMISES, without("educator", service="evaluation"), id="an educator who is gone"),
        pytest.param(PROMISES, row("plan_version", -1, state=lambda _: "draft"), id="a plan that is not published"),
        pytest.param(PROMISES, without("payout_batch"), id="a batch that is gone"),
        pytest.param(LEDGER, row("ledger_entry", amount_cents=one_more), id="a cent more in the ledger"),
        pytest.param(LEDGER, row("bonus_total", total_cents=one_more), id="a cent more in a total"),
        pytest.param(LEDGER, row("bonus_total", rung=lambda _: "another"), id="another rung"),
        pytest.param(FACTS, without("fact"), id="a fact that took no effect"),
        pytest.param(FACTS, twice("fact", sequence=10_000), id="a fact that took effect twice"),
        pytest.param(FACTS, without("educator", service="slo"), id="an educator whom a service does not know"),
        pytest.param(LIVE, twice("payout_entry", released_at=None), id="an entry in two lines"),
        pytest.param(OPEN, row("payout_line", amount_cents=one_more), id="a line that pays a cent more"),
        pytest.param(
            BYTES, row("payout_batch", content=lambda old: bytes(old).replace(b"USD", b"EUR", 1)), id="other bytes"
        ),
        pytest.param(BYTES, row("payout_batch", control_total_cents=one_more), id="another control total"),
        pytest.param(CLOSED, twice("payout_line", id="another"), id="a line that came later"),
        pytest.param(BROKER, without_a_record, id="an event that is not on the broker"),
        pytest.param(BROKER, with_a_stranger, id="an event that was never recorded"),
        pytest.param(BROKER, with_a_gap, id="a version that is left out"),
        pytest.param(HASHES, row("statement", hash=lambda _: "0" * 64), id="another hash"),
        pytest.param(HASHES, without("statement"), id="a statement that is left out"),
    ],
)
async def test_each_check_sees_what_it_is_for(
    course: Course, name: str, harm: Callable[[Evidence], Evidence], lived: Evidence
) -> None:
    promises: Promises = course.district.promises
    assert check(lived, promises)[name] == []
    assert check(harm(lived), promises)[name]


@pytest.fixture(scope="module")
async def lived(course: Course) -> Evidence:
    urls = {service: course.world.database(service) for service in SERVICES}
    return await gather(urls, course.world.broker.bootstrap)
