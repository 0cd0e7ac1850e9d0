"""Compensation is killed before and after each write that it makes, one at a time; all that it was at ends the same.

The steps are not listed anywhere: each run dies some steps later than the one before, until one comes to its end alive.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from deploy.publishing import approve_and_publish
from services.compensation.service.plans import publish_plan
from shared.db.engine import create_engine
from shared.kernel.clock import SystemClock
from tests.support.backlog import SECOND_PLAN, Books, append, not_published_in_order
from tests.support.compensation import (
    APPROVER,
    OFFERED,
    PAYROLL,
    PLAN,
    RELEASER,
    SHARED_PLAN,
    WRITER,
    Compensation,
    running_compensation,
)
from tests.support.factories.events import (
    CAMPUS,
    a_year_of,
    awarded,
    educator_id,
    grown,
    rated,
    revoked,
    rostered,
    scored,
)
from tests.support.fail_points import Forge
from tests.support.ladder_plan import LADDER_PLAN
from tests.support.mortals import Claims, Deaths, Mortal, Stage
from tests.support.payouts import CONSERVED, paid
from tests.support.played_routes import routes_without_play

ANA, BEN = educator_id(1), educator_id(2)
OWN = {"roles": ["educator"], "sub": "ana", "educator_id": str(ANA)}
API = "services.compensation.main"
BATCHES = "/compensation/v1/payout-batches"
HALF_RELEASED = """
SELECT count(*) FROM (SELECT line_id, released_at FROM payout_entry
                      UNION ALL SELECT line_id, released_at FROM payout_instalment) taken
JOIN payout_line ON payout_line.id = line_id JOIN payout_batch ON payout_batch.id = batch_id
WHERE (released_at IS NOT NULL) <> (payout_batch.state = 'withdrawn' OR payout_line.state = 'rejected')
   OR (payout_line.state <> 'open') <> (payout_batch.state = 'acknowledged')
"""
"""What is released though nobody gave it back, or is not though somebody did, or was answered in part."""


@dataclass(frozen=True)
class Payouts:
    """The steps of payout batches, each taken until it is answered."""

    api: Mortal

    async def take(self, path: str, by: Claims, **request: Any) -> Any:
        return (await self.api.take("POST", f"{BATCHES}{path}", by=by, **request)).json()

    async def prepare(self) -> str:
        body = {"plan_year": "2020-21", "pay_date": "2021-11-15"}
        return str((await self.take("", WRITER, json=body))["id"])

    async def seal(self, batch: str) -> tuple[Any, list[Any]]:
        """What was sealed once it was approved, and the lines as payroll pulls them."""
        await self.take(f"/{batch}/approval", APPROVER, json={"accepts_estimates": True})
        sealed = await self.take(f"/{batch}/seal", RELEASER)
        pulled = await self.api.take("GET", f"{BATCHES}/{batch}/lines", by=PAYROLL)
        return sealed, [json.loads(line) for line in pulled.content.splitlines()]

    async def acknowledge(self, sealed: Any, *rejected: Any) -> Any:
        counted = {name: sealed[name] for name in ("line_count", "control_total", "content_hash")}
        refused = [{"line_id": line["line_id"], "reason": "account closed"} for line in rejected]
        return await self.take(f"/{sealed['id']}/acknowledgements", PAYROLL, json=counted | {"rejected": refused})


@asynccontextmanager
async def something_to_pay(database: str) -> AsyncIterator[Compensation]:
    async with running_compensation(database) as service:
        await service.publish()
        await service.take_in(rostered(ANA), awarded(ANA, 1), rostered(BEN), awarded(BEN, 1))
        yield service


async def test_the_steps_of_a_payout_batch(deaths: Deaths, database: str) -> None:
    async with something_to_pay(database):
        pass

    async def play(api: Mortal, stage: Stage) -> Any:
        payouts = Payouts(api)
        sealed, lines = await payouts.seal(await payouts.prepare())
        done = await payouts.acknowledge(sealed)
        return (
            sealed["control_total"],
            done["state"],
            len(lines),
            await stage.rows(
                "SELECT state, line_count, control_total_cents FROM payout_batch",
                "SELECT number, educator_id, component, amount_cents, state FROM payout_line ORDER BY number",
                "SELECT ledger_entry_id, released_at FROM payout_entry ORDER BY ledger_entry_id",
                "SELECT kind, debit, credit, amount_cents FROM payment_entry ORDER BY kind, amount_cents",
                "SELECT type, count(*) FROM outbox GROUP BY type ORDER BY type",
            ),
        )

    assert await deaths.everywhere(API, database, play) > 100


async def test_what_is_given_back_is_in_the_next_batch(deaths: Deaths, database: str) -> None:
    """By a batch that is withdrawn all of it, by payroll the lines that it rejects; the others are never paid again."""
    async with something_to_pay(database):
        pass

    async def play(api: Mortal, stage: Stage) -> Any:
        api.upon_death = lambda: stage.is_one_of(HALF_RELEASED, (0,))
        payouts = Payouts(api)
        withdrawn = await payouts.prepare()
        await payouts.take(f"/{withdrawn}/withdrawal", WRITER, json={"reason": "too early"})
        sealed, (rejected, *_) = await payouts.seal(await payouts.prepare())
        await payouts.acknowledge(sealed, rejected)
        await payouts.prepare()
        return await stage.rows(
            "SELECT state, line_count, control_total_cents, withdrawn_reason FROM payout_batch ORDER BY prepared_at",
            "SELECT payout_batch.state, number, educator_id, component, amount_cents, payout_line.state, state_reason"
            " FROM payout_line JOIN payout_batch ON payout_batch.id = batch_id ORDER BY prepared_at, number",
            "SELECT educator_id, count(*), count(released_at) FROM payout_entry JOIN payout_line ON id = line_id"
            " GROUP BY educator_id ORDER BY educator_id",
            HALF_RELEASED,
            "SELECT kind, debit, credit, amount_cents FROM payment_entry ORDER BY kind, amount_cents",
            "SELECT type, count(*) FROM outbox GROUP BY type ORDER BY type",
        )

    assert await deaths.everywhere(API, database, play) > 100


async def test_what_was_overpaid_is_held_taken_back_and_stopped(deaths: Deaths, database: str) -> None:
    """A hold, the account codes, and a recovery of which one instalment is taken before it is stopped."""
    async with something_to_pay(database) as service:
        await paid(service)
        await service.take_in(revoked(ANA, 1))

    async def play(api: Mortal, stage: Stage) -> Any:
        api.upon_death = lambda: stage.is_one_of(f"SELECT count(*) FROM ({CONSERVED}) lost", (0,))
        payouts, v1 = Payouts(api), "/compensation/v1"
        codes = {"rows": [{"account_code": "199-11-6117-00-001-1-11"}]}
        await api.take("PUT", f"{v1}/account-codes/2020-21", by=WRITER, json=codes, headers={"If-Match": "*"})
        of_ana = {"educator_id": str(ANA), "plan_year": "2020-21"}
        why = {"reason": "it is being looked into"}
        held = (await api.take("POST", f"{v1}/payment-holds", by=WRITER, json=of_ana | why)).json()
        await api.take("POST", f"{v1}/payment-holds/{held['id']}/lift", by=WRITER, json=why)
        due = [{"due_on": day, "amount": "100.00"} for day in ("2021-11-01", "2022-06-01")]
        opened = (await api.take("POST", f"{v1}/recoveries", by=WRITER, json=of_ana | {"instalments": due})).json()
        await api.take("POST", f"{v1}/recoveries/{opened['id']}/approval", by=APPROVER)
        sealed, _ = await payouts.seal(await payouts.prepare())
        await payouts.acknowledge(sealed)
        stopped = (await api.take("POST", f"{v1}/recoveries/{opened['id']}/stop", by=WRITER, json=why)).json()
        return (
            [stopped[name]["amount"] for name in ("total", "recovered", "under_way", "open")],
            await stage.rows(
                "SELECT educator_id, source, lifted_by FROM payment_hold",
                "SELECT number, rows FROM account_codes",
                "SELECT state, total_cents, opened_by, approved_by, stopped_by FROM recovery",
                "SELECT number, component, amount_cents, carried_to FROM recovery_instalment ORDER BY number",
                "SELECT kind, amount_cents, account_code, state FROM payout_line ORDER BY amount_cents, educator_id",
                "SELECT count(*), count(released_at) FROM payout_instalment",
                "SELECT component, amount_cents FROM open_item",
                "SELECT type, count(*) FROM outbox GROUP BY type ORDER BY type",
            ),
        )

    assert await deaths.everywhere(API, database, play) > 150


async def test_the_versions_of_a_plan(deaths: Deaths, database: str) -> None:
    """Each is written by one person, asked about, and published by another, the second in the place of the first; one
    is returned.

    While one is open to comment, somebody comments on it; it is returned then, since its time is not over yet.
    """
    async with running_compensation(database) as service:
        await service.take_in(rostered(ANA), awarded(ANA, 1))

    async def play(api: Mortal, stage: Stage) -> Any:
        async def take(version: str, door: str, body: Any) -> Any:
            return await api.take("POST", f"/compensation/v1/plans/{version}/{door}", by=APPROVER, json=body)

        async def write(document: bytes) -> str:
            return str((await api.take("POST", "/compensation/v1/plans", by=WRITER, content=document)).json()["id"])

        for document in (PLAN, SECOND_PLAN):
            version = await write(document)
            question = {"title": "Before it is published", "plan_year": "2020-21", "plan_version_id": version}
            await api.take("POST", "/compensation/v1/what-ifs", by=WRITER, json=question)
            await approve_and_publish(partial(take, version), SystemClock().now())
        returned = await write(PLAN)
        closes_at = (SystemClock().now() + timedelta(days=1)).isoformat()
        for door, body in (
            ("review", None),
            ("public-comment", {"closes_at": closes_at}),
            ("comments", {"text": "What of those who left?"}),
            ("return", {"reason": "says nothing of those who left"}),
        ):
            await take(returned, door, body)
        return await stage.rows(
            "SELECT version, content_hash, state, written_by, published_by, event_id IS NOT NULL, minute_reference"
            " FROM plan_version ORDER BY version",
            "SELECT version, number, plan_step.state, taken_by, reason FROM plan_step"
            " JOIN plan_version ON id = plan_version_id ORDER BY version, number",
            "SELECT version, text FROM plan_comment JOIN plan_version ON plan_version.id = plan_version_id",
            "SELECT version FROM recalculation JOIN plan_version ON id = plan_version_id ORDER BY version",
            "SELECT type, data::json->>'version' FROM outbox ORDER BY position",
            "SELECT version, attempts FROM what_if JOIN what_if_progress ON what_if_id = what_if.id"
            " JOIN plan_version ON plan_version.id = plan_version_id ORDER BY version",
        )

    assert await deaths.everywhere(API, database, play) > 80


async def test_what_hr_keeps_and_has_settled(deaths: Deaths, database: str) -> None:
    """Attributes are recorded with all that they come to, or not at all; campuses and settlements as well."""
    async with running_compensation(database) as service:
        await service.take_in(rostered(ANA), rostered(BEN))
        await service.publish(SHARED_PLAN)

    async def play(api: Mortal, stage: Stage) -> Any:
        away = [
            {
                "educator_id": str(who),
                "school_year": "2020-21",
                "attribute": "absence_days",
                "item": "sick",
                "value": days,
            }
            for who, days in ((ANA, "6"), (BEN, "2"))
        ]
        recorded = (await api.take("POST", "/compensation/v1/attributes", by=WRITER, json=away)).json()
        year, campuses = "/compensation/v1/common-facts/2020-21", {"campuses": {str(CAMPUS): {"need": "1.37"}}}
        await api.take("PUT", f"{year}/campuses", by=WRITER, json=campuses)
        await api.take("POST", f"{year}/settlements", by=WRITER, json={"final": False})
        snapshot = {"plan_year": "2020-21", "comparison_attribute": "need"}
        await api.take("POST", "/compensation/v1/evaluator-snapshots", by=WRITER, json=snapshot)
        budget = {"replaces": 0, "reason": "voted in June", "lines": [{"amount": "1000.00"}]}
        await api.take("PUT", "/compensation/v1/budgets/2020-21", by=WRITER, json=budget)
        return recorded, await stage.rows(
            "SELECT number, state, comparison_attribute, asked_by FROM evaluator_snapshot ORDER BY number",
            "SELECT educator_id, attribute, item, version, value FROM attribute ORDER BY educator_id",
            "SELECT number, campuses, settlement, is_final FROM common_facts ORDER BY number",
            "SELECT final, done_at IS NULL FROM settlement_request ORDER BY asked_at",
            "SELECT number, amounts, decided_by FROM budget",
            "SELECT educator_id, sequence, component, amount_cents FROM ledger_entry"
            " ORDER BY educator_id, sequence, component",
            "SELECT type, count(*) FROM outbox GROUP BY type ORDER BY type",
        )

    assert await deaths.everywhere(API, database, play) > 80


async def test_what_is_placed_on_the_ladder(deaths: Deaths, database: str) -> None:
    """A confirmation, a withdrawal and a year's end are recorded with all that they come to, or not at all."""
    async with running_compensation(database) as service:
        taught = [rated(ANA), rated(ANA, school_year="2019-20"), grown(ANA)]
        await service.take_in(rostered(ANA), awarded(ANA, 1, credential="mc-a"), *taught, rostered(BEN))
        await service.publish(LADDER_PLAN)

    async def play(api: Mortal, stage: Stage) -> Any:
        lead = {"educator_id": str(ANA), "school_year": "2020-21", "ladder": "climbing", "rung": "lead"}
        by_board = {"kind": "confirmed", "confirmed_by": "board", "minute_reference": "2021-06-14/7"}
        confirmed = await api.take("POST", "/compensation/v1/placements", by=WRITER, json=[lead | by_board])
        placed = await api.take("POST", "/compensation/v1/ladder/2020-21/placements", by=WRITER, json={})
        [kept, *_] = (await api.take("GET", f"/compensation/v1/educators/{ANA}/placements", by=WRITER)).json()
        path, why = f"/compensation/v1/placements/{kept['placement_id']}/withdrawal", {"reason": "of another"}
        withdrawn = (await api.take("POST", path, by=WRITER, json=why)).json()
        told = (confirmed.json(), placed.json(), withdrawn["version"], withdrawn["withdrawn"])
        return told, await stage.rows(
            "SELECT educator_id, kind, version, rung, withdrawn FROM placement ORDER BY educator_id, kind, version",
            "SELECT educator_id, kind, version FROM fact WHERE kind = 'placement' ORDER BY educator_id, sequence",
            "SELECT educator_id, sequence, rung, total_cents FROM statement ORDER BY educator_id, sequence",
            "SELECT type, count(*) FROM outbox GROUP BY type ORDER BY type",
        )

    assert await deaths.everywhere(API, database, play) > 80


async def test_what_an_educator_answers_and_asks(deaths: Deaths, database: str) -> None:
    """An offer is accepted with all that it comes to, and an inquiry takes each step once, or not at all."""
    async with running_compensation(database) as service:
        await service.publish(OFFERED)
        await service.take_in(rostered(ANA), awarded(ANA, 1))

    async def play(api: Mortal, stage: Stage) -> Any:
        base = "/compensation/v1"
        own = f"{base}/educators/{ANA}"
        answer = {"plan_year": "2020-21", "answer": "accepted"}
        accepted = (await api.take("POST", f"{own}/offers/stay", by=OWN, json=answer)).json()
        dispute = {"plan_year": "2020-21", "sequence": 2, "category": "other", "text": "Why so little?"}
        steps = (
            ("assignment", {"owner": "desk"}),
            ("answer", {"outcome": "denied", "reason": "All of it was counted."}),
        )
        inquiry = (await api.take("POST", f"{own}/inquiries", by=OWN, json=dispute)).json()["id"]
        for name, body in steps:
            await api.take("POST", f"{base}/inquiries/{inquiry}/{name}", by=WRITER, json=body)
        second = (await api.take("POST", f"{own}/inquiries", by=OWN, json=dispute)).json()["id"]
        await api.take("POST", f"{base}/inquiries/{second}/withdrawal", by=OWN, json={})
        return accepted["answer"], await stage.rows(
            "SELECT answer, sequence, answered_by FROM offer_answer",
            "SELECT state, outcome, owner, steps_taken FROM inquiry ORDER BY opened_at",
            "SELECT number, kind, by, detail FROM inquiry_step JOIN inquiry ON id = inquiry_id"
            " ORDER BY opened_at, number",
            "SELECT educator_id, sequence, component, amount_cents FROM ledger_entry ORDER BY sequence, component",
            "SELECT type, count(*) FROM outbox GROUP BY type ORDER BY type",
        )

    assert await deaths.everywhere(API, database, play) > 100


async def test_what_is_closed_and_reopened(deaths: Deaths, database: str) -> None:
    """A month, with its totals, and a plan year, with everybody's recalculation."""
    async with running_compensation(database) as service:
        await service.take_in(rostered(ANA), rostered(BEN))
        await service.publish(SHARED_PLAN)
        await service.call("POST", "/common-facts/2020-21/settlements", as_=WRITER, json={"final": True})
        await service.recalculate()

    async def play(api: Mortal, stage: Stage) -> Any:
        month, reason = "/compensation/v1/accounting-periods/2021-03", {"reason": "a late invoice"}
        closed = (await api.take("POST", f"{month}/closing", by=WRITER)).json()
        await api.take("POST", f"{month}/reopening", by=APPROVER, json=reason)
        await api.take("POST", "/compensation/v1/common-facts/2020-21/reopening", by=APPROVER, json=reason)
        return closed["totals_hash"], await stage.rows(
            "SELECT month, number, taken_by, totals, reason FROM accounting_period_step ORDER BY number",
            "SELECT number, is_final, reason FROM common_facts ORDER BY number",
            "SELECT type, count(*) FROM outbox GROUP BY type ORDER BY type",
        )

    assert await deaths.everywhere(API, database, play) > 40


async def test_the_worker_that_takes_in_sweeps_and_publishes(deaths_of_workers: Deaths, database: str) -> None:
    """Consumer, recalculation and relay in one process, and a plan version that is published half way.

    After it nothing comes of Ana: what she is paid by it is left to the recalculation alone.
    """
    earlier, later = a_year_of(ANA), [rostered(BEN), scored(BEN), awarded(BEN, 1)]
    async with running_compensation(database) as service:
        await service.announce()
        second = UUID(await service.approved(SECOND_PLAN))

    async def play(worker: Mortal, stage: Stage) -> Any:
        books = Books(stage.database)
        await append(stage.bus, earlier)
        await worker.until(lambda: books.has_reached(len(earlier)))
        await _publish(stage.database, second)
        await append(stage.bus, later)
        await worker.until(lambda: books.is_settled(len(earlier + later)))
        assert await not_published_in_order(stage.bus, books) == []
        offsets = "SELECT topic, sum(next_offset) FROM consumer_offset GROUP BY topic ORDER BY topic"
        return await books.outcome(), await stage.rows(offsets)

    assert await deaths_of_workers.everywhere("services.compensation.worker", database, play) > 200


async def test_the_worker_that_runs_a_what_if(deaths: Deaths, database: str) -> None:
    """A run that is cut off leaves nothing, and the whole is run again; what it came to is kept once."""
    async with something_to_pay(database):
        pass
    async with running_compensation(database) as service:
        question = {"title": "Less for each", "plan_year": "2020-21", "document": SECOND_PLAN.decode()}
        asked = await service.call("POST", "/what-ifs", as_=WRITER, json=question)
        assert asked.status_code == 202

    async def play(worker: Mortal, stage: Stage) -> Any:
        half_done = "SELECT count(*) FROM what_if_row JOIN what_if ON what_if.id = what_if_id WHERE done_at IS NULL"
        worker.upon_death = lambda: stage.is_one_of(half_done, (0,))

        async def is_done() -> object:
            return (await stage.rows("SELECT 1 FROM what_if WHERE done_at IS NOT NULL"))[0]

        await worker.until(is_done)
        return await stage.rows(
            "SELECT educator_id, total_before_cents, total_after_cents FROM what_if_row ORDER BY educator_id",
            "SELECT summary, failed_reason FROM what_if",
            "SELECT count(*) FROM statement",
            "SELECT type, count(*) FROM outbox GROUP BY type ORDER BY type",
        )

    assert await deaths.everywhere("services.compensation.worker", database, play) > 20


def test_every_route_that_changes_something_is_in_a_play(mortals: Forge) -> None:
    """The last of this file: it goes by the plays before it."""
    assert routes_without_play("compensation", mortals.done) == []


async def _publish(database: str, plan_version_id: UUID) -> None:
    """As the API does; it is not the process that dies here."""
    engine = create_engine(database)
    async with engine.begin() as connection:
        await publish_plan(connection, SystemClock(), plan_version_id, by="hr-approver")
    await engine.dispose()
