"""Payout batches against their model: facts, payroll and two people of the office, on a real database."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from hypothesis import strategies as st

from deploy.publishing import approve_and_publish
from tests.models.bench import Bench, Outbox, held
from tests.models.compensation import BOOKS, CALLERS, Consumer, compensation_bench
from tests.models.conftest import Run
from tests.models.doors import Answer, Caller, Granted, KeyedCall, KeyedDoorMachine
from tests.models.machine import AT, Tally, first, pick, step
from tests.models.pay import AwardFact, Facts, difference
from tests.models.payout_batch import Batch, Count, Payouts
from tests.models.payout_recovery import Recovery
from tests.models.plan_document import LEADING_CREDENTIAL, plan_document
from tests.models.words import money
from tests.support.factories.events import CAMPUS, DISTRICT, awarded, educator_id, revoked, rostered

EDUCATORS = sorted(educator_id(number) for number in range(3))
YEAR, STIPEND = 2020, 20_000
Fact = tuple[UUID, int | None, int]
"""An educator, the number of an award or None for the roster, by how much its version is newer."""

FACT = st.tuples(
    st.sampled_from(EDUCATORS), st.sampled_from([None, 0, 1, 2, 3, 4]), st.sampled_from([1, 1, 1, 1, 2, 0, -1])
)
OFFICE = st.sampled_from(["hr", "other hr", "third hr"] * 5 + list(CALLERS))
PAYROLL = st.sampled_from(["payroll"] * 9 + list(CALLERS))
READERS = st.sampled_from(["payroll"] * 3 + list(CALLERS))
WRONG = st.sampled_from([None] * 4 + ["lines", "cents", "hash", "stranger"])
BAD_REASON, PAY_DATE, LATER, TOO_EARLY = "no", date(2021, 11, 15), date(2022, 1, 15), date(2020, 6, 30)
SUMS = """
SELECT (SELECT coalesce(sum(amount_cents), 0)::bigint FROM ledger_entry) AS ledger,
       (SELECT coalesce(sum(amount_cents), 0)::bigint FROM open_item) AS open,
       (SELECT count(*) FROM open_item) AS entries,
       (SELECT coalesce(sum(l.amount_cents), 0)::bigint FROM payout_line l JOIN payout_batch b ON b.id = l.batch_id
        WHERE l.state <> 'rejected' AND b.state <> 'withdrawn') AS in_batches,
       (SELECT coalesce(sum(i.amount_cents), 0)::bigint FROM recovery_instalment i JOIN recovery r ON r.id = recovery_id
        WHERE r.state <> 'stopped' AND NOT EXISTS
          (SELECT FROM payout_instalment p WHERE p.instalment_id = i.id AND p.released_at IS NULL)) AS to_take_back,
       (SELECT json_object_agg(id, state) FROM payout_batch) AS states
"""
TAKEN = """
SELECT l.id::text AS line, coalesce(e.cents, 0) - coalesce(i.cents, 0) AS cents, coalesce(e.n, 0) + coalesce(i.n, 0)
FROM payout_line l
LEFT JOIN (SELECT line_id, sum(amount_cents)::bigint AS cents, count(*) AS n
           FROM payout_entry JOIN ledger_entry ON id = ledger_entry_id GROUP BY line_id) e ON e.line_id = l.id
LEFT JOIN (SELECT line_id, sum(amount_cents)::bigint AS cents, count(*) AS n
           FROM payout_instalment JOIN recovery_instalment ON id = instalment_id GROUP BY line_id) i ON i.line_id = l.id
"""
# The view reads rosters as well, which takes as long as all else of a step: at the end it has to come to the same.
ACCOUNTS = """
SELECT account, sum(cents)::bigint AS cents FROM (
  SELECT account, p.amount_cents * sign AS cents
  FROM payment_entry p, LATERAL (VALUES (p.debit, -1), (p.credit, 1)) AS leg(account, sign)
  UNION ALL SELECT 'accrued_bonus', amount_cents FROM ledger_entry
  UNION ALL SELECT 'bonus_expense', -amount_cents FROM ledger_entry
) legs GROUP BY account HAVING sum(cents) <> 0
"""
GENERAL_LEDGER = """
SELECT account, sum(credit_cents - debit_cents)::bigint AS cents FROM general_ledger
GROUP BY account HAVING sum(credit_cents) <> sum(debit_cents)
"""
FOLLOWING = {"prepared": "approved", "approved": "sealed"}
MET = {
    "insufficient-scope",
    "malformed-request",
    "nothing-to-pay",
    "payout-batch-unknown",
    "payout-step-out-of-order",
    "preparer-cannot-approve",
    "releaser-not-separate",
    "lines-on-hold",
    "lines-not-owed",
    "payment-hold-lifted",
    "nothing-overpaid",
    "payment-under-way",
    "instalments-do-not-match",
    "recovery-step-out-of-order",
    "opener-cannot-approve",
    "estimates-not-accepted",
    "acknowledgement-does-not-match",
    "payout-line-unknown",
    "idempotency-key-reused",
    "lines are rejected",
    "takes back",
    "is taken up again",
    "cancels out",
}


@dataclass(frozen=True)
class Office:
    """The service with the small plan published."""

    bench: Bench
    consumer: Consumer
    plan_hash: str


@asynccontextmanager
async def office(database: str) -> AsyncIterator[Office]:
    async with compensation_bench(database) as opened:
        doors, document = opened.doors, plan_document(year=YEAR, stipend=money(STIPEND))
        written = await doors.call("POST", "/plans", CALLERS["hr"], body=document, headers={"idempotency-key": "1"})
        version = f"/plans/{written.json()['id']}"
        published = await approve_and_publish(
            lambda door, body: doors.call(
                "POST", f"{version}/{door}", CALLERS["admin"], body=body, headers={"idempotency-key": "1"}
            ),
            opened.clock.now(),
        )
        assert published.status == 200, published.body
        consumer = Consumer(opened)
        while await consumer.recalculate() is not None:
            pass
        yield Office(opened, consumer, published.json()["content_hash"])


class PayoutMachine(KeyedDoorMachine):
    def __init__(self, opened: Office, loop: asyncio.AbstractEventLoop, tally: Tally) -> None:
        self.bench, self.consumer, self.doors = opened.bench, opened.consumer, opened.bench.doors
        self.plan_hash = opened.plan_hash
        super().__init__(loop, tally)

    async def begin(self) -> None:
        await super().begin()
        await self.bench.empty(*BOOKS)
        self.outbox = Outbox(self.bench.database)
        self.model = Payouts("2020-21", self.plan_hash, self.bench.clock.now())
        self.facts = {educator: Facts() for educator in EDUCATORS}
        self.published: list[tuple[UUID, int, dict[str, int]]] = []

    async def look(self) -> None:
        """What was posted and what stands of each batch is what the model says; each cent is in one place."""
        published, self.published = self.published, []
        assert [as_posted(event) for _, _, event in await self.outbox.fresh()] == published
        [sums] = await self.bench.database.fetch(SUMS)
        assert orjson.loads(sums["states"] or "{}") == {batch.batch_id: batch.state for batch in self.model.batches}
        waiting = [one.cents for one in self.model.waiting()]
        assert (sums["open"], sums["entries"]) == (sum(waiting), len(waiting))
        assert sums["open"] + sums["in_batches"] - sums["to_take_back"] == sums["ledger"]
        accounts = self.model.accounts()
        assert {row["account"]: row["cents"] for row in await self.bench.database.fetch(ACCOUNTS)} == accounts
        assert sum(accounts.values()) == 0
        self.tick()

    def tick(self) -> None:
        """Batches come in the order of the moments that they were prepared at."""
        self.bench.clock.advance(seconds=1)
        self.model.now = self.bench.clock.now()

    async def end(self) -> None:
        """No entry is in two live lines, every line pays its entries, and what was frozen is what is served."""
        legs = await self.bench.database.fetch(GENERAL_LEDGER)
        assert {row["account"]: row["cents"] for row in legs} == self.model.accounts()
        rows = await self.bench.database.fetch(TAKEN)
        lines = [line for batch in self.model.batches for line in batch.lines]
        assert {tuple(row) for row in rows} == {(line.line_id, line.cents, len(line.entries)) for line in lines}
        answers = await self.bench.database.fetch("SELECT id::text, state, state_reason FROM payout_line")
        assert {tuple(row) for row in answers} == {(line.line_id, line.state, line.reason) for line in lines}
        assert not await self.bench.database.fetch(
            "SELECT FROM payout_entry WHERE released_at IS NULL GROUP BY ledger_entry_id HAVING count(*) > 1"
        )
        for recovery in self.model.recoveries:
            answer = await self.doors.call("GET", f"/recoveries/{recovery.recovery_id}", CALLERS["hr"])
            assert answer.json() == recovery.view("2020-21")
        for batch in self.model.batches:
            await self.pull_one(batch, CALLERS["hr"], None)

    @first(comes_to=st.sampled_from(["approved", *["sealed"] * 3, "overpaid", "recovering"]))
    async def begin_with_two_batches(self, comes_to: str) -> None:
        for educator in EDUCATORS[:2]:
            await self.roster_one(educator, 1)
            await self.award_one(educator, 0, 1)
        await self.prepare_one(CALLERS["hr"], "2020-21", PAY_DATE)
        for who, state in (("admin", "approved"), ("third hr", "sealed"))[: 1 + (comes_to != "approved")]:
            await self.advance_one(CALLERS[who], self.batch(0), state)
        if comes_to in ("overpaid", "recovering"):
            await self.acknowledge_one(self.batch(0), CALLERS["payroll"], None, set())
        await self.award_one(EDUCATORS[0], 0, 2)
        if comes_to == "recovering":
            await self.recover_one(CALLERS["hr"], EDUCATORS[0], [(PAY_DATE, self.model.overpaid(EDUCATORS[0]))])
            await self.step_recovery_one(CALLERS["admin"], self.model.recoveries[-1], "approved")
        self.tick()
        await self.prepare_one(CALLERS["hr"], "2020-21", PAY_DATE)

    @step(what=FACT)
    async def fact(self, what: Fact) -> None:
        await self.fact_one(*what)

    async def fact_one(self, educator: UUID, number: int | None, newer: int) -> None:
        """The roster's word on an educator, or an award that comes, goes and comes again; perhaps late, or twice."""
        facts = self.facts[educator]
        if number is None:
            await self.roster_one(educator, max(1, facts.roster + newer))
        else:
            known = facts.awards[number].version if number in facts.awards else 0
            await self.award_one(educator, number, max(1, known + newer))

    async def award_one(self, educator: UUID, number: int, version: int) -> None:
        happen, credential = awarded if version % 2 else revoked, LEADING_CREDENTIAL if number >= 3 else "mc-reading"
        fact = AwardFact(version, YEAR, is_leading=number >= 3, is_earned=bool(version % 2))
        await self.consumer.take_in(happen(educator, number, version=version, credential=credential))
        self.post(educator, lambda facts: facts.take_award(number, fact))

    async def roster_one(self, educator: UUID, version: int) -> None:
        number = f"10000{version}"
        await self.consumer.take_in(rostered(educator, version=version, employee_number=number))
        self.post(educator, lambda facts: facts.take_roster(version, number))

    def post(self, educator: UUID, take: Callable[[Facts], bool]) -> None:
        """What the model posts where a fact is news; nothing while the roster has not brought the educator."""
        facts = self.facts[educator]
        before = facts.components(YEAR, STIPEND) if facts.roster else {}
        if take(facts) and facts.roster:
            after = facts.components(YEAR, STIPEND)
            posted = difference(before, after)
            place = {"employee_number": facts.number, "district_id": str(DISTRICT), "campus_id": str(CAMPUS)}
            self.model.post(educator, posted, place)
            self.published.append((educator, sum(after.values()), posted))

    @step(
        who=OFFICE,
        plan_year=st.sampled_from(["2020-21"] * 8 + ["2021-22"]),
        pay_date=st.sampled_from([PAY_DATE, LATER] * 4 + [TOO_EARLY]),
        after=st.lists(FACT, max_size=2),
    )
    async def prepare(self, who: str, plan_year: str, pay_date: date, after: list[Fact]) -> None:
        """A batch, after some more facts."""
        for what in after:
            await self.fact_one(*what)
        await self.prepare_one(CALLERS[who], plan_year, pay_date)

    async def prepare_one(self, caller: Caller, plan_year: str, pay_date: date) -> None:
        def prepared(answer: Answer) -> Granted:
            return self.model.prepare(caller, plan_year, pay_date, answer.json())

        body = {"plan_year": plan_year, "pay_date": pay_date.isoformat()}
        unfit = "malformed-request" if pay_date == TOO_EARLY else None
        await self.once(KeyedCall(caller, "prepare", "/payout-batches", body, self.new_key(), prepared, unfit=unfit))

    async def once(self, call: KeyedCall) -> Granted | None:
        """A batch that was just prepared has got its lines' ids from the product."""
        said = await super().once(call)
        if said is not None and call.operation == "prepare":
            batch = self.model.batches[-1]
            rows = await self.bench.database.fetch(
                "SELECT id::text FROM payout_line WHERE batch_id = $1 ORDER BY number", batch.batch_id
            )
            for line, row in zip(batch.lines, rows, strict=True):
                line.line_id = row["id"]
            self.count_what_is_special(batch)
        return said

    def count_what_is_special(self, batch: Batch) -> None:
        if any(line.cents < 0 for line in batch.lines):
            self.came_to("takes back")
        if any(entry.is_open for entry in self.model.entries):
            self.came_to("cancels out")

    @step(
        at=AT,
        who=OFFICE,
        state=st.sampled_from([None, None, "approved", "sealed"]),
        has_seen=st.sampled_from([True] * 5 + [False]),
    )
    async def advance(self, at: int, who: str, state: str | None, has_seen: bool) -> None:
        """Approve or seal; without `state`, whichever is next."""
        batch = self.batch(at, "prepared", "approved")
        following = state or FOLLOWING.get(batch.state, "approved")
        await self.advance_one(CALLERS[who], batch, following, has_seen=has_seen)

    async def advance_one(self, caller: Caller, batch: Batch, state: str, *, has_seen: bool = True) -> None:
        door = {"approved": "approval", "sealed": "seal"}[state]
        body = {"accepts_estimates": has_seen} if state == "approved" else b""
        await self.keyed(caller, batch, door, body, lambda: self.model.step(caller, batch, state, has_seen=has_seen))

    @step(who=OFFICE, which=st.sampled_from(EDUCATORS), first=st.integers(1, 30_000), wrong=st.integers(0, 5))
    async def recover(self, who: str, which: UUID, first: int, wrong: int) -> None:
        """In one deduction or in two instalments, of which the second is due later; sometimes of a cent too much."""
        educator = next((one for one in EDUCATORS if self.model.overpaid(one)), which)
        owed = self.model.overpaid(educator) + (wrong == 0) or 100
        due = [(PAY_DATE, min(first, owed)), (LATER, owed - min(first, owed))]
        await self.recover_one(CALLERS[who], educator, [(day, cents) for day, cents in due if cents])

    async def recover_one(self, caller: Caller, educator: UUID, due: list[tuple[date, int]]) -> None:
        body = {
            "educator_id": str(educator),
            "plan_year": "2020-21",
            "instalments": [{"due_on": day.isoformat(), "amount": money(cents)} for day, cents in due],
        }
        is_again = any(part.is_open for one in self.model.recoveries for part in one.parts)
        said = await self.once(
            KeyedCall(
                caller,
                "recover",
                "/recoveries",
                body,
                self.new_key(),
                lambda answer: self.model.recover(caller, educator, due, answer.json()),
            )
        )
        if said is not None and is_again:
            self.came_to("is taken up again")

    @step(at=AT, who=OFFICE, is_own=st.booleans(), state=st.sampled_from(["approved", "stopped"]))
    async def step_of_recovery(self, at: int, who: str, is_own: bool, state: str) -> None:
        """By somebody, or by who opened it."""
        if not self.model.recoveries:
            return
        recovery = pick(self.model.recoveries, at, lambda one: one.state == "proposed")
        opener = next(caller for caller in CALLERS.values() if caller.subject == recovery.opened[0])
        await self.step_recovery_one(opener if is_own else CALLERS[who], recovery, state)

    async def step_recovery_one(self, caller: Caller, recovery: Recovery, state: str) -> None:
        door, body = {"approved": ("approval", b""), "stopped": ("stop", {"reason": "another way"})}[state]
        path = f"/recoveries/{recovery.recovery_id}/{door}"

        def taken(_: Answer) -> Granted:
            return self.model.step_of_recovery(caller, recovery, state, "another way")

        await self.once(KeyedCall(caller, f"recovery {door}", path, body, self.new_key(), taken))

    @step(at=AT, who=OFFICE, educator=st.sampled_from(EDUCATORS), lifts=st.booleans())
    async def hold_or_lift(self, at: int, who: str, educator: UUID, lifts: bool) -> None:
        """Somebody who is in a batch that can still be stopped, if there is one."""
        unsealed = self.batch(at, "prepared", "approved")
        if unsealed.state in FOLLOWING:
            educator = unsealed.lines[0].educator
        caller = CALLERS[who]
        if lifts and self.model.holds:
            hold = pick(self.model.holds, at, lambda one: one.lifted is None)
            path, body = f"/payment-holds/{hold.hold_id}/lift", {"reason": "it is clear now"}
            call = KeyedCall(caller, "lift", path, body, self.new_key(), lambda _: self.model.lift(caller, hold))
        else:
            body = {"educator_id": str(educator), "plan_year": "2020-21", "reason": "an investigation"}

            def placed(answer: Answer) -> Granted:
                is_known = bool(self.facts[educator].roster or self.facts[educator].awards)
                return self.model.hold(caller, educator, is_known, answer.json())

            call = KeyedCall(caller, "hold", "/payment-holds", body, self.new_key(), placed)
        await self.once(call)

    @step(at=AT, who=OFFICE, reason=st.sampled_from([BAD_REASON, *["wrong pay date"] * 4]))
    async def withdraw(self, at: int, who: str, reason: str) -> None:
        batch, caller, body = self.batch(at, "approved"), CALLERS[who], {"reason": reason}
        await self.keyed(caller, batch, "withdrawal", body, lambda: self.model.withdraw(caller, batch, reason))

    @step(at=AT, who=PAYROLL, wrong=WRONG, rejects=st.sets(st.integers(0, 5), max_size=3))
    async def acknowledge(self, at: int, who: str, wrong: str | None, rejects: set[int]) -> None:
        await self.acknowledge_one(self.batch(at, "sealed"), CALLERS[who], wrong, rejects)

    async def acknowledge_one(self, batch: Batch, caller: Caller, wrong: str | None, rejects: set[int]) -> None:
        rejected = {line.line_id: "no such account" for line in batch.lines if line.number in rejects}
        if wrong == "stranger":
            rejected |= {str(UUID(int=9)): "never seen"}
        count = Count(
            lines=len(batch.lines) + (wrong == "lines"),
            cents=batch.cents + (wrong == "cents"),
            content_hash="0" * 64 if wrong == "hash" else batch.content_hash,
            rejected=rejected,
        )
        body = {
            "line_count": count.lines,
            "control_total": {"amount": money(count.cents), "currency": "USD"},
            "content_hash": count.content_hash,
            "rejected": [{"line_id": line_id, "reason": reason} for line_id, reason in rejected.items()],
        }
        said = await self.keyed(
            caller, batch, "acknowledgements", body, lambda: self.model.acknowledge(caller, batch, count)
        )
        if said is not None and rejected:
            self.came_to("lines are rejected")

    @step(at=AT, who=READERS, door=st.sampled_from(["pull", "pull", "batch", "lines", "list"]), knows=st.booleans())
    async def read(self, at: int, who: str, door: str, knows: bool) -> None:
        batch, caller = self.batch(at, "sealed", "acknowledged"), CALLERS[who]
        if door == "pull":
            await self.pull_one(batch, caller, batch.tag if knows else None)
            return
        path = f"/payout-batches/{batch.batch_id}"
        doors: dict[str, tuple[str, Callable[[], Granted]]] = {
            "batch": (path, lambda: self.model.read(caller, batch)),
            "lines": (f"{path}/acknowledgements", lambda: self.model.lines(caller, batch)),
            "list": ("/payout-batches", lambda: self.model.all(caller)),
        }
        path, shown = doors[door]
        self.agree(await self.doors.call("GET", path, caller), shown)

    async def pull_one(self, batch: Batch, caller: Caller, known: str | None) -> None:
        """The bytes are the same whenever they are pulled: those that the hash is of."""
        headers = {} if known is None else {"if-none-match": known}
        answer = await self.doors.call("GET", f"/payout-batches/{batch.batch_id}/lines", caller, headers=headers)
        content = b"[" + b",".join(answer.body.splitlines()) + b"]" if answer.status == 200 else answer.body
        said = self.agree(Answer(answer.status, answer.headers, content), lambda: self.model.pull(caller, batch, known))
        if said is not None and said.status == 200:
            assert hashlib.sha256(answer.body).hexdigest() == batch.content_hash

    def batch(self, at: int, *fit: str) -> Batch:
        return pick(self.model.batches, at, lambda batch: batch.state in fit)

    async def keyed(
        self, caller: Caller, batch: Batch, door: str, body: Any, model: Callable[[], Granted]
    ) -> Granted | None:
        path, unfit = f"/payout-batches/{batch.batch_id}/{door}", None
        if body == {"reason": BAD_REASON}:
            unfit = "malformed-request"
        return await self.once(KeyedCall(caller, door, path, body, self.new_key(), lambda _: model(), unfit=unfit))


def as_posted(event: dict[str, Any]) -> tuple[UUID, int, dict[str, int]]:
    entries = {entry["component"]: entry["amount_cents"] for entry in event["entries"]}
    return UUID(event["educator_id"]), event["total_cents"], entries


def test_payout_batches_agree_with_their_model(run: Run, loop: asyncio.AbstractEventLoop, database: str) -> None:
    with held(loop, office(database)) as opened:
        run("payout batch", partial(PayoutMachine, opened), MET)
