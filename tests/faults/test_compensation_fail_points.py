"""Compensation is killed before and after each write that it makes, one at a time; all that it was at ends the same.

The steps are not listed anywhere: each run dies some steps later than the one before, until one comes to its end alive.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.compensation.service.plans import publish_plan
from shared.db.engine import create_engine
from shared.kernel.clock import SystemClock
from tests.support.backlog import SECOND_PLAN, Books, append, not_published_in_order
from tests.support.compensation import APPROVER, PAYROLL, PLAN, SHARED_PLAN, WRITER, running_compensation
from tests.support.factories.events import CAMPUS, a_year_of, awarded, educator_id, rostered, scored
from tests.support.fail_points import Forge
from tests.support.mortals import Claims, Deaths, Mortal, Stage
from tests.support.played_routes import routes_without_play

ANA, BEN = educator_id(1), educator_id(2)
API = "services.compensation.main"
BATCHES = "/compensation/v1/payout-batches"
HALF_RELEASED = """
SELECT count(*) FROM payout_entry JOIN payout_line ON payout_line.id = line_id
JOIN payout_batch ON payout_batch.id = batch_id
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
        await self.take(f"/{batch}/approval", APPROVER)
        sealed = await self.take(f"/{batch}/seal", WRITER)
        pulled = await self.api.take("GET", f"{BATCHES}/{batch}/lines", by=PAYROLL)
        return sealed, [json.loads(line) for line in pulled.content.splitlines()]

    async def acknowledge(self, sealed: Any, *rejected: Any) -> Any:
        counted = {name: sealed[name] for name in ("line_count", "control_total", "content_hash")}
        refused = [{"line_id": line["line_id"], "reason": "account closed"} for line in rejected]
        return await self.take(f"/{sealed['id']}/acknowledgements", PAYROLL, json=counted | {"rejected": refused})


@asynccontextmanager
async def something_to_pay(database: str) -> AsyncIterator[None]:
    async with running_compensation(database) as service:
        await service.publish()
        await service.take_in(rostered(ANA), awarded(ANA, 1), rostered(BEN), awarded(BEN, 1))
        yield


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


async def test_the_versions_of_a_plan(deaths: Deaths, database: str) -> None:
    """Each is written by one person and published by another, the second in the place of the first."""
    async with running_compensation(database) as service:
        await service.take_in(rostered(ANA), awarded(ANA, 1))

    async def play(api: Mortal, stage: Stage) -> Any:
        for document in (PLAN, SECOND_PLAN):
            version = (await api.take("POST", "/compensation/v1/plans", by=WRITER, content=document)).json()["id"]
            await api.take("POST", f"/compensation/v1/plans/{version}/publication", by=APPROVER)
        return await stage.rows(
            "SELECT version, content_hash, state, written_by, published_by, event_id IS NOT NULL FROM plan_version"
            " ORDER BY version",
            "SELECT version FROM recalculation JOIN plan_version ON id = plan_version_id ORDER BY version",
            "SELECT type, data::json->>'version' FROM outbox ORDER BY position",
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
        budget = {"replaces": 0, "reason": "voted in June", "lines": [{"amount": "1000.00"}]}
        await api.take("PUT", "/compensation/v1/budgets/2020-21", by=WRITER, json=budget)
        return recorded, await stage.rows(
            "SELECT educator_id, attribute, item, version, value FROM attribute ORDER BY educator_id",
            "SELECT number, campuses, settlement, is_final FROM common_facts ORDER BY number",
            "SELECT final, done_at IS NULL FROM settlement_request ORDER BY asked_at",
            "SELECT number, amounts, decided_by FROM budget",
            "SELECT educator_id, sequence, component, amount_cents FROM ledger_entry"
            " ORDER BY educator_id, sequence, component",
            "SELECT type, count(*) FROM outbox GROUP BY type ORDER BY type",
        )

    assert await deaths.everywhere(API, database, play) > 80


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
        written = await service.call("POST", "/plans", as_=WRITER, content=SECOND_PLAN)
        second = UUID(written.json()["id"])

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


def test_every_route_that_changes_something_is_in_a_play(mortals: Forge) -> None:
    """The last of this file: it goes by the plays before it."""
    assert routes_without_play("compensation", mortals.done) == []


async def _publish(database: str, plan_version_id: UUID) -> None:
    """As the API does; it is not the process that dies here."""
    engine = create_engine(database)
    async with engine.begin() as connection:
        await publish_plan(connection, SystemClock(), plan_version_id, by="hr-approver")
    await engine.dispose()
