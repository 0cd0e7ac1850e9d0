"""The fault schedule in short: every kind of fault once, and whether the checks would see what they are for.

`make faults FAULTS=1000` runs the long one.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.services import SERVICES
from tests.faults.schedule.checker import CHECKS, check
from tests.faults.schedule.course import Course
from tests.faults.schedule.doors import Answer
from tests.faults.schedule.evidence import Evidence, Record, Recorded, gather
from tests.faults.schedule.faults import KINDS
from tests.faults.schedule.promises import Promises
from tests.faults.schedule.running import NO_SMALL_DISK, is_disk_small, running_course
from tests.support.numbers import whole_number
from tests.support.summary import say_at_the_end

Harm = Callable[[Evidence], Evidence]
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


def row(table: str, position: int = 0, *, service: str = "compensation", **values: Any) -> Harm:
    """The evidence with one row of a table otherwise."""

    def changed(evidence: Evidence) -> Evidence:
        rows = [dict(row) for row in evidence.rows[service][table]]
        rows[position] |= {name: value(rows[position][name]) for name, value in values.items()}
        return with_rows(evidence, service, table, rows)

    return changed


def without(table: str, *, service: str = "compensation") -> Harm:
    """The evidence without the first row of a table."""
    return lambda evidence: with_rows(evidence, service, table, list(evidence.rows[service][table])[1:])


def empty(table: str, *, service: str) -> Harm:
    """The evidence without any row of a table."""
    return lambda evidence: with_rows(evidence, service, table, [])


def twice(table: str, **values: Any) -> Harm:
    """The evidence with the first row of a table once more, as another one."""

    def changed(evidence: Evidence) -> Evidence:
        rows = list(evidence.rows["compensation"][table])
        return with_rows(evidence, "compensation", table, [*rows, dict(rows[0]) | values])

    return changed


def with_rows(evidence: Evidence, service: str, table: str, rows: list[Any]) -> Evidence:
    tables = dict(evidence.rows[service]) | {table: rows}
    return replace(evidence, rows=dict(evidence.rows) | {service: tables})


def without_event(kind: str, *, service: str) -> Harm:
    """The evidence without the newest event of a kind, as if the outbox had never been written."""

    def changed(evidence: Evidence) -> Evidence:
        lost = newest(kind, evidence.outbox[service])
        left = [event for event in evidence.outbox[service] if event != lost]
        return replace(evidence, outbox=dict(evidence.outbox) | {service: left})

    return changed


def never_told(kind: str, *, service: str) -> Harm:
    """The evidence without the newest event of a kind, its record and its effect: nobody ever heard of it."""

    def changed(evidence: Evidence) -> Evidence:
        lost = newest(kind, evidence.outbox[service])
        records = [record for record in evidence.records[f"{service}.events"] if record.event_id != lost.id]
        facts = [row for row in evidence.rows["compensation"]["fact"] if str(row["event_id"]) != lost.id]
        with_facts = with_rows(evidence, "compensation", "fact", facts)
        return with_records(without_event(kind, service=service)(with_facts), service, records)

    return changed


def newest(kind: str, events: Sequence[Recorded]) -> Recorded:
    """Of a kind; where there is one, an event that still stands for its aggregate."""
    last = {event.place: event for event in events}
    return max(
        (event for event in events if event.type.endswith(f".{kind}.v1")),
        key=lambda event: (last[event.place] is event, event.position),
    )


def event(kind: str, *, service: str, **data: Any) -> Harm:
    """The evidence with other data in the newest event of a kind that does not say so anyway."""

    def changed(evidence: Evidence) -> Evidence:
        old = newest(kind, [one for one in evidence.outbox[service] if dict(one.data) | data != one.data])
        new = old._replace(data=dict(old.data) | data)
        events = [new if event is old else event for event in evidence.outbox[service]]
        return replace(evidence, outbox=dict(evidence.outbox) | {service: events})

    return changed


def with_records(evidence: Evidence, service: str, records: list[Record]) -> Evidence:
    return replace(evidence, records=dict(evidence.records) | {f"{service}.events": records})


def without_a_record(evidence: Evidence) -> Evidence:
    lost = evidence.records["slo.events"][0]
    return with_records(evidence, "slo", [record for record in evidence.records["slo.events"] if record != lost])


def with_a_stranger(evidence: Evidence) -> Evidence:
    return with_records(evidence, "slo", [*evidence.records["slo.events"], Record("a stranger", "its key", 0)])


def under_another_key(evidence: Evidence) -> Evidence:
    first, *others = evidence.records["slo.events"]
    return with_records(evidence, "slo", [first._replace(key="another"), *others])


def in_another_partition(evidence: Evidence) -> Evidence:
    """A record once more, where its key does not belong."""
    records = list(evidence.records["slo.events"])
    return with_records(evidence, "slo", [*records, records[0]._replace(partition=records[0].partition + 1)])


def turned_round(evidence: Evidence) -> Evidence:
    """The two newest events of one aggregate in the other order, wherever the broker has them."""
    events = evidence.outbox["compensation"]
    newer = next(event for event in reversed(events) if event.place[1] == "statement" and event.version > 1)
    [*_, older] = [event for event in events if event.place == newer.place and event.version < newer.version]
    assert older.position > evidence.ordered_after.get("compensation", 0), "nothing came after the broker was filled"
    swapped = {older.id: newer.id, newer.id: older.id}
    records = [
        record._replace(event_id=swapped.get(record.event_id, record.event_id))
        for record in evidence.records["compensation.events"]
    ]
    return with_records(evidence, "compensation", records)


def with_a_gap(evidence: Evidence) -> Evidence:
    return replace(evidence, outbox=dict(evidence.outbox) | {"slo": list(evidence.outbox["slo"])[1:]})


def otherwise(answer: Answer) -> Answer:
    """Other bytes under a tag that is right for them."""
    body = answer.body.replace(b"0", b"1", 1)
    return Answer(answer.status, body, dict(answer.headers) | {"etag": f'"{hashlib.sha256(body).hexdigest()}"'})


def refused(answer: Answer) -> Answer:
    return replace(answer, status=404)


def statement_as(change: Callable[[Answer], Answer]) -> Harm:
    """The evidence with another answer for one statement."""

    def changed(evidence: Evidence) -> Evidence:
        answers = dict(evidence.doors.statements)
        place = next(iter(answers))
        doors = replace(evidence.doors, statements=answers | {place: change(answers[place])})
        return replace(evidence, doors=doors)

    return changed


def lines_as(change: Callable[[Answer], Answer]) -> Harm:
    """The evidence with another answer for the lines of one batch."""

    def changed(evidence: Evidence) -> Evidence:
        answers = dict(evidence.doors.lines)
        place = next(iter(answers))
        return replace(evidence, doors=replace(evidence.doors, lines=answers | {place: change(answers[place])}))

    return changed


def totals_as(change: Callable[[list[Any]], list[Any]]) -> Harm:
    """The evidence with another walk over the totals."""
    return lambda evidence: replace(
        evidence, doors=replace(evidence.doors, totals=change([dict(total) for total in evidence.doors.totals]))
    )


def kept_and_served_otherwise(evidence: Evidence) -> Evidence:
    """Other bytes of a batch, and all of the product agrees on them: only payroll remembers the ones of before."""
    [identity, *_] = evidence.doors.lines
    rows = [dict(row) for row in evidence.rows["compensation"]["payout_batch"]]
    [batch] = [row for row in rows if str(row["id"]) == identity]
    batch["content"] = bytes(batch["content"]).replace(b"USD", b"EUR", 1)
    batch["content_hash"] = hashlib.sha256(batch["content"]).hexdigest()
    answer = Answer(200, batch["content"], {"etag": f'"{batch["content_hash"]}"'})
    doors = replace(evidence.doors, lines=dict(evidence.doors.lines) | {identity: answer})
    return replace(with_rows(evidence, "compensation", "payout_batch", rows), doors=doors)


def with_a_dead_letter(service: str) -> Harm:
    letter = {"key": "a key", "reason": "a reason", "state": "waiting"}
    return lambda evidence: with_rows(evidence, service, "dead_letter", [letter])


def one_more(number: Any) -> Any:
    return number + 1


def another(_: Any) -> str:
    return "another"


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
        pytest.param(PROMISES, row("payout_batch", state=another), id="a batch in another state"),
        pytest.param(PROMISES, row("payout_line", state=lambda _: "rejected"), id="a line that nobody rejected"),
        pytest.param(PROMISES, empty("slo_version", service="slo"), id="SLO scores that are gone"),
        pytest.param(PROMISES, row("slo", service="slo", state=another), id="an SLO in another state"),
        pytest.param(PROMISES, empty("slo_review", service="slo"), id="reviews that are gone"),
        pytest.param(PROMISES, empty("called_off", service="evaluation"), id="visits that are on again"),
        pytest.param(PROMISES, empty("rated", service="evaluation"), id="ratings that are gone"),
        pytest.param(PROMISES, without("roster_import", service="evaluation"), id="an import that is gone"),
        pytest.param(
            PROMISES,
            without_event("observation.finalized", service="evaluation"),
            id="an observation without its event",
        ),
        pytest.param(
            PROMISES, without_event("observation.amended", service="evaluation"), id="an amendment without its event"
        ),
        pytest.param(PROMISES, without_event("growth.scored", service="evaluation"), id="growth without its event"),
        pytest.param(
            PROMISES, without_event("educator.rostered", service="evaluation"), id="nobody told of an educator"
        ),
        pytest.param(PROMISES, without_event("slo.approved", service="slo"), id="an approval without its event"),
        pytest.param(PROMISES, without_event("slo.scored", service="slo"), id="an SLO score without its event"),
        pytest.param(PROMISES, without_event("award.earned", service="credentials"), id="an award without its event"),
        pytest.param(PROMISES, without_event("award.revoked", service="credentials"), id="a revocation without event"),
        pytest.param(PROMISES, without_event("plan.published", service="compensation"), id="a plan without its event"),
        pytest.param(
            PROMISES, event("observation.finalized", service="evaluation", scores=[]), id="an event with other levels"
        ),
        pytest.param(
            PROMISES,
            event("slo.scored", service="slo", attainment_percent="33.4"),
            id="an event with another percentage",
        ),
        pytest.param(
            PROMISES,
            event("award.earned", service="credentials", credential="x"),
            id="an event with another credential",
        ),
        pytest.param(PROMISES, empty("attribute", service="compensation"), id="attributes that are gone"),
        pytest.param(
            PROMISES, without_event("attribute.recorded", service="compensation"), id="an attribute without its event"
        ),
        pytest.param(PROMISES, empty("placement", service="compensation"), id="placements that are gone"),
        pytest.param(PROMISES, row("placement", rung=another), id="a placement on another rung"),
        pytest.param(
            PROMISES, without_event("placement.recorded", service="compensation"), id="a placement without its event"
        ),
        pytest.param(PROMISES, row("common_facts", -1, campuses=lambda _: "{}"), id="campuses that nothing is kept of"),
        pytest.param(
            PROMISES, without_event("common_facts.changed", service="compensation"), id="campuses without their event"
        ),
        pytest.param(LEDGER, row("ledger_entry", amount_cents=one_more), id="a cent more in the ledger"),
        pytest.param(LEDGER, row("bonus_total", total_cents=one_more), id="a cent more in a total"),
        pytest.param(LEDGER, row("bonus_total", rung=another), id="another rung"),
        pytest.param(LEDGER, without("last_statement"), id="no statement"),
        pytest.param(LEDGER, statement_as(otherwise), id="a statement that is served otherwise than it stands"),
        pytest.param(LEDGER, statement_as(refused), id="a statement that is not served"),
        pytest.param(LEDGER, totals_as(lambda totals: totals[1:]), id="a total that no page has"),
        pytest.param(LEDGER, totals_as(lambda totals: [*totals, totals[0]]), id="a total on two pages"),
        pytest.param(
            LEDGER, totals_as(lambda totals: [totals[0] | {"rung": "x"}, *totals[1:]]), id="a total served otherwise"
        ),
        pytest.param(FACTS, without("fact"), id="a fact that took no effect"),
        pytest.param(FACTS, twice("fact", sequence=10_000), id="a fact that took effect twice"),
        *(
            pytest.param(FACTS, harm(kind, service=service), id=f"{kind}: {harm.__name__}")
            for kind, service in (
                ("educator.rostered", "evaluation"),
                ("observation.finalized", "evaluation"),
                ("growth.scored", "evaluation"),
                ("summative.rated", "evaluation"),
                ("slo.scored", "slo"),
                ("award.earned", "credentials"),
                ("attribute.recorded", "compensation"),
            )
            for harm in (without_event, never_told)
        ),
        *(
            pytest.param(FACTS, with_a_dead_letter(service), id=f"{service}: an event that was set aside")
            for service in ("slo", "credentials", "compensation")
        ),
        pytest.param(FACTS, row("fact", kind=another), id="an event that took effect as another"),
        pytest.param(
            FACTS, event("statement.recalculated", service="compensation", applied=[]), id="facts that no one reported"
        ),
        pytest.param(FACTS, without("educator", service="slo"), id="an educator whom a service does not know"),
        pytest.param(LIVE, twice("payout_entry", released_at=None), id="an entry in two lines"),
        pytest.param(LIVE, row("payout_entry", released_at=lambda old: None if old else "now"), id="released, or not"),
        pytest.param(LIVE, without("payout_line"), id="entries of a line that is gone"),
        pytest.param(OPEN, row("payout_line", amount_cents=one_more), id="a line that pays a cent more"),
        pytest.param(OPEN, row("payment_entry", amount_cents=one_more), id="a journal that posts a cent more"),
        pytest.param(
            BYTES, row("payout_batch", content=lambda old: bytes(old).replace(b"USD", b"EUR", 1)), id="other bytes"
        ),
        pytest.param(BYTES, kept_and_served_otherwise, id="bytes that only payroll remembers"),
        pytest.param(BYTES, without("payout_batch"), id="a batch that is gone, with its bytes"),
        pytest.param(BYTES, lines_as(otherwise), id="lines that are served otherwise than they are kept"),
        pytest.param(BYTES, lines_as(refused), id="lines that are not served"),
        pytest.param(BYTES, row("payout_batch", control_total_cents=one_more), id="another control total"),
        pytest.param(CLOSED, twice("payout_line", id="another"), id="a line that came later"),
        pytest.param(BROKER, without_a_record, id="an event that is not on the broker"),
        pytest.param(BROKER, with_a_stranger, id="an event that was never recorded"),
        pytest.param(BROKER, under_another_key, id="a record under another key"),
        pytest.param(BROKER, in_another_partition, id="one key in two partitions"),
        pytest.param(BROKER, turned_round, id="two records of a key in the other order"),
        pytest.param(BROKER, with_a_gap, id="a version that is left out"),
        pytest.param(HASHES, row("statement", hash=lambda _: "0" * 64), id="another hash"),
        pytest.param(HASHES, without_event("statement.recalculated", service="compensation"), id="no event of one"),
        pytest.param(HASHES, row("ledger_entry", amount_cents=one_more), id="an entry that its event does not have"),
        pytest.param(HASHES, row("statement", total_cents=one_more), id="a sum that its event does not have"),
        pytest.param(HASHES, without("statement"), id="a statement that is left out"),
    ],
)
async def test_each_check_sees_what_it_is_for(course: Course, name: str, harm: Harm, lived: Evidence) -> None:
    promises: Promises = course.district.promises
    assert check(lived, promises)[name] == []
    found = check(harm(lived), promises)[name]
    assert found
    assert not [what for what in found if what.startswith("this could not be checked")]


def test_a_check_that_breaks_down_has_not_passed(course: Course, lived: Evidence) -> None:
    broken = replace(lived, rows=dict(lived.rows) | {"compensation": {}})
    assert check(broken, course.district.promises)[LIVE] == [
        "this could not be checked to its end: KeyError('payout_line')"
    ]


@pytest.fixture(scope="module")
async def lived(course: Course) -> Evidence:
    urls = {service: course.world.database(service) for service in SERVICES}
    world = course.world
    return await gather(urls, world.broker.bootstrap, course.district.pull, ordered_after=world.ordered_after)
