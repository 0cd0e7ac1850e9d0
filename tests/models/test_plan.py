"""Plan versions against their model: written, published, decided in chunks while facts come, on a real database."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import strategies as st

from services.compensation.service import recalculation
from shared.events.registry import Event
from tests.models.bench import Bench, Outbox, held
from tests.models.compensation import BOOKS, CALLERS, PLANS, Consumer, compensation_bench
from tests.models.conftest import Run
from tests.models.doors import Answer, Caller, Granted, KeyedCall, KeyedDoorMachine
from tests.models.machine import AT, FIT, GRANTED, Tally, first, pick, step
from tests.models.pay import AwardFact, Facts
from tests.models.plan import Plans, Version, Wanted
from tests.models.plan_document import LEADING_CREDENTIAL, plan_document
from tests.models.words import money
from tests.support.factories.events import awarded, educator_id, received, revoked, rostered

EDUCATORS = sorted(educator_id(number) for number in range(5))
CHUNK = 2
"""Educators that a recalculation decides at once here, so that a plan can be published in the middle of one."""

WRITERS = st.sampled_from(["hr"] * 4 + ["other hr"] * 2 + list(CALLERS))
OTHERS = st.sampled_from(["another"] * 12 + ["writer"] * 3 + list(CALLERS))
"""Who takes the steps that another person than the writer has to take."""

WAIVED = "Nobody is paid otherwise."
APPROVAL = {"minute_reference": "2021-03-01, item 7", "approved_on": "2021-03-01", "describes_all_pay": True}
FAULTS: dict[str, bytes] = {
    "malformed-body": b"\xff\xfe",
    "plan-unreadable": b"code: [",
    "plan-invalid": b"code: small\nplan_year: 2020-21\n",
}
MADE_IN = [2020, 2021, 2020, 2020]
"""The school year that each award is made in, by its number."""

MADE_AT = {2020: datetime(2021, 2, 1, tzinfo=UTC), 2021: datetime(2021, 10, 1, tzinfo=UTC)}
MET = {
    *FAULTS,
    "insufficient-scope",
    "plan-already-published",
    "plan-step-out-of-order",
    "plan-date-does-not-fit",
    "writer-cannot-open-comments",
    "writer-cannot-approve",
    "writer-cannot-publish",
    "all-pay-not-described",
    "comments-not-open",
    "comments-still-open",
    "idempotency-key-reused",
    "not-found",
    "plan-version-unknown",
    "nothing is due",
    "by a published version",
    "by a superseded version",
}
STATES = ("draft", "in_review", "public_comment", "board_approved")
DOORS = ("version", "list", "recalculation", "comments", "history")
Arrival = tuple[UUID, Event, Callable[[Facts], bool]]


class PlanMachine(KeyedDoorMachine):
    def __init__(self, opened: Bench, loop: asyncio.AbstractEventLoop, tally: Tally) -> None:
        self.bench, self.doors = opened, opened.doors
        super().__init__(loop, tally)

    async def begin(self) -> None:
        await super().begin()
        await self.bench.empty(*BOOKS, *PLANS)
        self.consumer = Consumer(self.bench)
        self.outbox = Outbox(self.bench.database)
        self.model = Plans(self.bench.clock.now(), chunk=CHUNK)

    async def look(self) -> None:
        """What was published, every statement in numbers and every sum of the ledger is what the model says."""
        published, self.model.published = self.model.published, []
        assert [as_told(kind, event) for kind, _, event in await self.outbox.fresh()] == published
        totals = await self.bench.database.fetch(
            "SELECT educator_id, plan_year, sequence, plan_version_id::text, total_cents FROM bonus_total"
        )
        statements = self.model.statements
        assert {tuple(row) for row in totals} == {
            (*place, one.sequence, one.version.version_id, sum(one.components.values()))
            for place, one in statements.items()
        }
        posted = await self.bench.database.fetch(
            "SELECT educator_id, plan_year, component, sum(amount_cents)::bigint AS cents FROM ledger_entry"
            " GROUP BY educator_id, plan_year, component HAVING sum(amount_cents) <> 0"
        )
        assert {tuple(row) for row in posted} == {
            (*place, code, cents)
            for place, one in statements.items()
            for code, cents in one.components.items()
            if cents
        }
        # The clock goes on between the steps, so that recalculations are asked for one after the other.
        self.bench.clock.advance(seconds=1)
        self.model.now = self.bench.clock.now()

    async def end(self) -> None:
        """When nothing is due any more, everybody stands by the version that stands."""
        while await self.recalculate_one() is not None:
            pass
        published, self.model.published = self.model.published, []
        assert [as_told(kind, event) for kind, _, event in await self.outbox.fresh()] == published
        steps = await self.bench.database.fetch(
            "SELECT plan_version_id::text, state, taken_by, reason FROM plan_step ORDER BY plan_version_id, number"
        )
        assert [tuple(row) for row in steps] == [
            (version.version_id, one["state"], one["by"], one["reason"])
            for version in sorted(self.model.versions, key=lambda version: version.version_id)
            for one in version.steps
        ]
        rostered_ones = [educator for educator, account in self.model.accounts.items() if account.facts.roster]
        rows = await self.bench.database.fetch("SELECT educator_id, plan_version_id::text FROM bonus_total")
        assert {tuple(row) for row in rows} == {
            (educator, version.version_id) for educator in rostered_ones for version in self.model.standing()
        }

    @first(is_published=st.booleans())
    async def begin_with_a_plan(self, is_published: bool) -> None:
        await self.write_one(CALLERS["hr"], Wanted("small", 2020, 20_000))
        if is_published:
            await self.publish_one(CALLERS["admin"], await self.brought_to("board_approved", FIT))
        await self.take_in([self.roster(educator, 1) for educator in EDUCATORS[:3]])

    @step(
        who=WRITERS,
        code=st.sampled_from(["small", "small", "other"]),
        year=st.sampled_from([2020, 2020, 2021]),
        stipend=st.sampled_from([20_000, 15_000, 9_999]),
        fault=st.sampled_from([None] * 8 + list(FAULTS)),
        retirement=st.booleans(),
    )
    async def write(self, who: str, code: str, year: int, stipend: int, fault: str | None, retirement: bool) -> None:
        await self.write_one(CALLERS[who], Wanted(code, year, stipend, fault, retirement))

    async def write_one(self, caller: Caller, wanted: Wanted) -> None:
        document = plan_document(
            year=wanted.year,
            stipend=money(wanted.stipend),
            code=wanted.code,
            counts_for_retirement=wanted.counts_for_retirement,
        )
        body = FAULTS[wanted.fault] if wanted.fault else orjson.dumps(document)

        def written(answer: Answer) -> Granted:
            return self.model.write(caller, wanted, answer.json())

        unfit = wanted.fault if wanted.fault == "malformed-body" else None
        await self.once(KeyedCall(caller, "write", "/plans", body, self.new_key(), written, unfit=unfit))

    @step(at=AT, who=WRITERS)
    async def review(self, at: int, who: str) -> None:
        await self.review_one(CALLERS[who], self.version(at, "draft"))

    @step(at=AT, who=OTHERS, closes_in=st.sampled_from([None, None, 3, 3, 3, 12, 0, 40_000_000]))
    async def open_comments(self, at: int, who: str, closes_in: int | None) -> None:
        """For so many seconds; or for none, when public comment is waived."""
        version = await self.brought_to("in_review", at)
        await self.open_one(self.caller(who, version), version, closes_in)

    @step(at=AT, who=st.sampled_from(list(CALLERS)))
    async def comment(self, at: int, who: str) -> None:
        version = await self.brought_to("public_comment", at, closes_in=3)
        caller, text = CALLERS[who], f"What of {len(self.calls)}?"
        await self.take_step(
            caller, version, "comments", {"text": text}, lambda said: self.model.comment(caller, version, text, said)
        )

    @step(
        at=AT,
        who=OTHERS,
        approved_on=st.sampled_from(["2021-03-01"] * 6 + ["2020-06-15", "2021-03-02"]),
        describes_all_pay=st.sampled_from([True, False, False]),
    )
    async def approve(self, at: int, who: str, approved_on: str, describes_all_pay: bool) -> None:
        approval = APPROVAL | {"approved_on": approved_on, "describes_all_pay": describes_all_pay}
        version = await self.brought_to("public_comment", at)
        await self.approve_one(self.caller(who, version), version, approval)

    @step(at=st.sampled_from([0, 0, 1, 2]), who=WRITERS)
    async def give_back(self, at: int, who: str) -> None:
        caller, version, reason = CALLERS[who], self.version(at, "draft"), "says too little"
        await self.take_step(
            caller, version, "return", {"reason": reason}, lambda _: self.model.give_back(caller, version, reason)
        )

    @step(at=AT, who=OTHERS)
    async def publish(self, at: int, who: str) -> None:
        version = await self.brought_to("board_approved", at)
        await self.publish_one(self.caller(who, version), version)

    async def brought_to(self, state: str, at: int, closes_in: int | None = None) -> Version:
        """What `version` gives; where it should be in `state` and none is, one that was brought there."""
        wanted = STATES.index(state)
        earlier = [one for one in self.model.versions if one.state in STATES[:wanted]]
        if at != FIT or not earlier or any(one.state == state for one in self.model.versions):
            return self.version(at, state)
        version = earlier[-1]
        caller = self.caller("another", version)
        steps = (
            lambda: self.review_one(caller, version),
            lambda: self.open_one(caller, version, closes_in),
            lambda: self.approve_one(caller, version, APPROVAL),
        )
        for step_ in steps[STATES.index(version.state) : wanted]:
            await step_()
        return version

    @staticmethod
    def caller(who: str, version: Version) -> Caller:
        if who in CALLERS:
            return CALLERS[who]
        office = (CALLERS["admin"], CALLERS["other hr"], CALLERS["hr"], CALLERS["third hr"])
        return next(one for one in office if (one.subject == version.writer) == (who == "writer"))

    async def review_one(self, caller: Caller, version: Version) -> None:
        await self.take_step(caller, version, "review", b"", lambda _: self.model.review(caller, version))

    async def open_one(self, caller: Caller, version: Version, closes_in: int | None) -> None:
        closes_at = None if closes_in is None else self.model.now + timedelta(seconds=closes_in)
        body = {"waived_because": WAIVED} if closes_at is None else {"closes_at": closes_at.isoformat()}
        await self.take_step(
            caller,
            version,
            "public-comment",
            body,
            lambda _: self.model.open_comments(caller, version, closes_at, WAIVED),
        )

    async def approve_one(self, caller: Caller, version: Version, approval: dict[str, Any]) -> None:
        await self.take_step(
            caller, version, "board-approval", approval, lambda _: self.model.approve(caller, version, approval)
        )

    async def publish_one(self, caller: Caller, version: Version) -> None:
        await self.take_step(caller, version, "publication", b"", lambda _: self.model.publish(caller, version))

    async def take_step(
        self, caller: Caller, version: Version, door: str, body: Any, step_: Callable[[Any], Granted]
    ) -> None:
        path = f"/plans/{version.version_id}/{door}"
        await self.once(KeyedCall(caller, door, path, body, self.new_key(), lambda answer: step_(answer.json())))

    @step(
        what=st.lists(
            st.tuples(
                st.sampled_from(EDUCATORS),
                st.sampled_from([None, 0, 1, 2, 3]),
                st.sampled_from([1, 1, 1, 1, 2, 0, -1]),
            ),
            min_size=1,
            max_size=3,
        )
    )
    async def take_facts_in(self, what: list[tuple[UUID, int | None, int]]) -> None:
        """A batch of facts of a few educators: the roster's word, or an award; perhaps late, perhaps twice."""
        arrivals = []
        for educator, number, newer in what:
            facts = self.model.accounts[educator].facts if educator in self.model.accounts else Facts()
            if number is None:
                arrivals.append(self.roster(educator, max(1, facts.roster + newer)))
            else:
                known = facts.awards[number].version if number in facts.awards else 0
                arrivals.append(self.award(educator, number, max(1, known + newer)))
        await self.take_in(arrivals)

    async def take_in(self, arrivals: list[Arrival]) -> None:
        await self.consumer.take_in(*(event for _, event, _ in arrivals))
        self.model.take_in([(educator, str(received(event).id), take) for educator, event, take in arrivals])

    @staticmethod
    def roster(educator: UUID, version: int) -> Arrival:
        event = rostered(educator, version=version, employee_number=f"10000{version}")
        return educator, event, lambda facts: facts.take_roster(version, f"10000{version}")

    @staticmethod
    def award(educator: UUID, number: int, version: int) -> Arrival:
        year, is_leading, happen = MADE_IN[number], number == 3, awarded if version % 2 else revoked
        event = happen(
            educator, number, version=version, credential=LEADING_CREDENTIAL if is_leading else "mc-questioning"
        )
        fact = AwardFact(version, year, is_leading, bool(version % 2))
        made = event.model_copy(update={"awarded_at": MADE_AT[year]})
        return educator, made, lambda facts: facts.take_award(number, fact)

    @step()
    async def recalculate(self) -> None:
        """A range of a recalculation; by a version that was superseded meanwhile, nobody is decided."""
        due = self.model.due()
        self.came_to(GRANTED)
        self.came_to("nothing is due" if due is None else f"by a {due.version.state} version")
        await self.recalculate_one()

    async def recalculate_one(self) -> int | None:
        done = await self.consumer.recalculate()
        assert done == self.model.recalculate()
        return done

    @step(at=AT, who=st.sampled_from(list(CALLERS)), door=st.sampled_from(DOORS))
    async def read(self, at: int, who: str, door: str) -> None:
        version, caller = self.version(at, "public_comment"), CALLERS[who]
        path = f"/plans/{version.version_id}"
        doors: dict[str, tuple[str, Callable[[], Granted]]] = {
            "version": (path, lambda: self.model.read(caller, version)),
            "recalculation": (f"{path}/recalculation", lambda: self.model.progress(caller, version)),
            "comments": (f"{path}/comments", lambda: self.model.comments(caller, version)),
            "history": (f"{path}/history", lambda: self.model.history(caller, version)),
            "list": ("/plans", lambda: self.model.all(caller)),
        }
        path, shown = doors[door]
        answer = await self.doors.call("GET", path, caller)
        if door == "list":
            in_order = sorted(answer.json(), key=lambda view: str(view["id"]))
            answer = Answer(answer.status, answer.headers, orjson.dumps(in_order))
        self.agree(answer, shown)

    def version(self, at: int, state: str) -> Version:
        return pick(self.model.versions, at, lambda version: version.state == state)


def as_told(kind: str, event: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What the model says of an event too."""
    if kind == "plan.published":
        return kind, event
    entries = {entry["component"]: entry["amount_cents"] for entry in event["entries"]}
    told = ("educator_id", "plan_year", "sequence", "plan_version_id", "total_cents", "applied")
    return kind, {name: event[name] for name in told} | {"entries": entries}


def test_plans_agree_with_their_model(
    run: Run, loop: asyncio.AbstractEventLoop, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalculation, "CHUNK", CHUNK)
    with held(loop, compensation_bench(database)) as opened:
        run("plan", partial(PlanMachine, opened), MET)
