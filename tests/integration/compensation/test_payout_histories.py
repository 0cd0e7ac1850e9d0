"""Payout batches over any history of work, withdrawals and rejections: every cent is paid once."""

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from tests.support.books import cents
from tests.support.compensation import APPROVER, PAYROLL, WRITER, Compensation
from tests.support.factories.events import awarded, educator_id, grown, observed, revoked, rostered

EDUCATORS = [educator_id(number) for number in range(5)]
REQUEST = {"plan_year": "2020-21", "pay_date": "2021-11-15"}


@dataclass
class Payroll:
    """A payroll that pulls, pays and remembers the bytes; and an office that prepares and withdraws."""

    compensation: Compensation
    rng: random.Random
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    pulled: dict[str, bytes] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    versions: dict[tuple[int, int], int] = field(default_factory=dict)
    rejects: float = 0.3

    async def step(self) -> None:
        await self.rng.choice(
            (self.work, self.work, self.prepare, self.approve, self.seal, self.withdraw, self.answer)
        )()

    async def work(self) -> None:
        """An award comes or goes, in versions that follow one another."""
        who, what = self.rng.randrange(len(EDUCATORS)), self.rng.randrange(4)
        version = self.versions[who, what] = self.versions.get((who, what), 0) + 1
        happen = awarded if version % 2 else revoked
        await self.compensation.take_in(happen(EDUCATORS[who], what, version=version, credential=f"mc-{what}"))

    async def prepare(self) -> None:
        answer = await self.compensation.call("POST", "/payout-batches", as_=WRITER, json=REQUEST)
        if answer.status_code == 201:
            self.batches[answer.json()["id"]] = answer.json()
        else:
            assert answer.json()["code"] == "nothing-to-pay"

    async def approve(self) -> None:
        await self._take("approval", "prepared", APPROVER)

    async def seal(self) -> None:
        await self._take("seal", "approved", WRITER)

    async def withdraw(self) -> None:
        if self.rng.random() < 0.3:
            await self._take("withdrawal", "approved", WRITER, {"reason": "wrong pay date"})

    async def _take(self, step: str, state: str, who: dict[str, Any], body: dict[str, Any] | None = None) -> None:
        batch = self._any(state)
        if batch is not None:
            answer = await self.compensation.call("POST", f"/payout-batches/{batch['id']}/{step}", as_=who, json=body)
            assert answer.status_code == 200, answer.text
            self.batches[batch["id"]] = answer.json()

    async def answer(self) -> None:
        """Pull, pay all lines but a few, and say so."""
        batch = self._any("sealed")
        if batch is None:
            return
        content = await self.pull(batch)
        lines = [json.loads(line) for line in content.splitlines()]
        rejected = [line for line in lines if self.rng.random() < self.rejects]
        for line in lines:
            if line not in rejected:
                self.paid[line["educator_id"]] = self.paid.get(line["educator_id"], 0) + cents(line["amount"])
        answered = await acknowledge(self.compensation, batch, rejected)
        assert answered.status_code == 200, answered.text
        self.batches[batch["id"]] = answered.json()

    async def pull(self, batch: dict[str, Any]) -> bytes:
        answer = await self.compensation.call("GET", f"/payout-batches/{batch['id']}/lines", as_=PAYROLL)
        assert answer.status_code == 200, answer.text
        assert self.pulled.setdefault(batch["id"], answer.content) == answer.content, "sealed bytes have changed"
        return answer.content

    def _any(self, state: str) -> dict[str, Any] | None:
        found = [batch for batch in self.batches.values() if batch["state"] == state]
        return self.rng.choice(found) if found else None

    async def check(self) -> None:
        """Paid, under way and open together are the ledger; no entry is in two batches that stand."""
        for batch in list(self.batches.values()):
            if batch["state"] in ("sealed", "acknowledged"):
                await self.pull(batch)
        sums = await self.compensation.rows(
            """
            SELECT (SELECT coalesce(sum(amount_cents), 0) FROM ledger_entry)::bigint AS ledger,
                   (SELECT coalesce(sum(amount_cents), 0) FROM payout_line WHERE state = 'accepted')::bigint AS paid,
                   (SELECT coalesce(sum(l.amount_cents), 0) FROM payout_line l JOIN payout_batch b ON b.id = l.batch_id
                    WHERE l.state = 'open' AND b.state <> 'withdrawn')::bigint AS under_way,
                   (SELECT coalesce(sum(e.amount_cents), 0) FROM ledger_entry e WHERE NOT EXISTS (
                      SELECT 1 FROM payout_entry p WHERE p.ledger_entry_id = e.id AND p.released_at IS NULL))::bigint
                     AS open
            """
        )
        [found] = sums
        assert found["paid"] + found["under_way"] + found["open"] == found["ledger"], found
        assert found["paid"] == sum(self.paid.values())
        assert not await self.compensation.rows(
            "SELECT ledger_entry_id FROM payout_entry WHERE released_at IS NULL GROUP BY 1 HAVING count(*) > 1"
        )

    async def finish(self) -> None:
        """Pay all that is left, so that what was paid is what was earned."""
        self.rejects = 0.0
        for batch in list(self.batches.values()):
            await self._finish(batch)
        await self.prepare()
        for batch in list(self.batches.values()):
            await self._finish(batch)

    async def _finish(self, batch: dict[str, Any]) -> None:
        while self.batches[batch["id"]]["state"] not in ("acknowledged", "withdrawn"):
            await {"prepared": self.approve, "approved": self.seal, "sealed": self.answer}[
                self.batches[batch["id"]]["state"]
            ]()


async def reconciled(compensation: Compensation) -> None:
    answer = await compensation.call("GET", "/reconciliation?plan_year=2020-21", as_=WRITER)
    assert [check for check in answer.json()["checks"] if not check["holds"]] == []


async def acknowledge(
    compensation: Compensation, batch: dict[str, Any], rejected: list[dict[str, Any]]
) -> httpx.Response:
    body = {name: batch[name] for name in ("line_count", "control_total", "content_hash")} | {
        "rejected": [{"line_id": line["line_id"], "reason": "no such account"} for line in rejected]
    }
    return await compensation.call("POST", f"/payout-batches/{batch['id']}/acknowledgements", as_=PAYROLL, json=body)


@pytest.mark.parametrize("seed", range(3))
async def test_any_history_pays_every_cent_once(compensation: Compensation, seed: int) -> None:
    await compensation.publish()
    for educator in EDUCATORS:
        await compensation.take_in(
            rostered(educator), observed(educator, 1), observed(educator, 2), grown(educator, "72.5")
        )
    payroll = Payroll(compensation, random.Random(seed))
    for _ in range(60):
        await payroll.step()
        await payroll.check()
    await reconciled(compensation)
    await payroll.finish()
    await payroll.check()
    await reconciled(compensation)
    earned = {
        str(row["educator_id"]): row["total_cents"]
        for row in await compensation.rows("SELECT educator_id, total_cents FROM bonus_total")
    }
    assert {educator: total for educator, total in payroll.paid.items() if total} == earned
    assert len([batch for batch in payroll.batches.values() if batch["state"] == "acknowledged"]) > 1


async def test_many_acknowledgements_at_once_are_taken_once(compensation: Compensation) -> None:
    await compensation.publish()
    await compensation.take_in(rostered(EDUCATORS[0]), awarded(EDUCATORS[0], 1))
    payroll = Payroll(compensation, random.Random(0))
    for step in (payroll.prepare, payroll.approve, payroll.seal):
        await step()
    [batch] = payroll.batches.values()
    answers = await asyncio.gather(*(acknowledge(compensation, batch, []) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payout_batch SET state = 'sealed'",
        "UPDATE payout_batch SET content = '', content_hash = ''",
        "DELETE FROM payout_batch",
        "UPDATE payout_line SET amount_cents = amount_cents + 1",
        "UPDATE payout_line SET state = 'open'",
        "DELETE FROM payout_line",
        "UPDATE payout_entry SET ledger_entry_id = line_id",
        "DELETE FROM payout_entry",
        "TRUNCATE payout_entry",
    ],
)
async def test_the_database_itself_refuses_to_change_what_was_paid(compensation: Compensation, statement: str) -> None:
    await compensation.publish()
    await compensation.take_in(rostered(EDUCATORS[0]), awarded(EDUCATORS[0], 1))
    payroll = Payroll(compensation, random.Random(0))
    for step in (payroll.prepare, payroll.approve, payroll.seal, payroll.answer):
        await step()
    with pytest.raises(DBAPIError):
        await compensation.rows(statement)
    await payroll.check()
