"""Payout batches over any history of work, withdrawals and rejections: every cent is paid once."""

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from shared.kernel.money import format_cents
from tests.support.books import cents
from tests.support.compensation import APPROVER, PAYROLL, RELEASER, WRITER, Compensation
from tests.support.factories.events import awarded, educator_id, grown, observed, revoked, rostered
from tests.support.payouts import (
    CONSERVED,
    MORE_THAN_OWED,
    REQUEST,
    SEEN,
    acknowledge,
    given,
    hold,
    open_recovery,
    overpayments,
    recovery_step,
)

EDUCATORS = [educator_id(number) for number in range(5)]
PAY_DATES = ("2021-11-15", "2022-01-15")
WAITING = """
SELECT coalesce((SELECT sum(amount_cents) FROM open_item WHERE educator_id = '{0}'), 0)::bigint AS open,
       coalesce((SELECT sum(l.amount_cents) FROM payout_line l JOIN payout_batch b ON b.id = l.batch_id
                 WHERE l.educator_id = '{0}' AND b.state = 'prepared' AND l.kind = 'bonus'), 0)::bigint AS prepared
"""


@dataclass
class Payroll:
    """A payroll that pulls, pays and remembers the bytes; and an office that prepares and withdraws."""

    compensation: Compensation
    rng: random.Random
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    pulled: dict[str, bytes] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    versions: dict[tuple[int, int], int] = field(default_factory=dict)
    recoveries: dict[str, dict[str, Any]] = field(default_factory=dict)
    holds: list[dict[str, Any]] = field(default_factory=list)
    rejects: float = 0.3

    async def step(self) -> None:
        await self.rng.choice(
            (
                *(self.work, self.work, self.prepare, self.approve, self.seal, self.seal, self.withdraw),
                *(self.answer, self.answer),
                *(self.recover, self.recover, self.stop, self.hold_or_lift),
            )
        )()

    async def work(self) -> None:
        """An award comes or goes, in versions that follow one another."""
        who, what = self.rng.randrange(len(EDUCATORS)), self.rng.randrange(4)
        version = self.versions[who, what] = self.versions.get((who, what), 0) + 1
        happen = awarded if version % 2 else revoked
        await self.compensation.take_in(happen(EDUCATORS[who], what, version=version, credential=f"mc-{what}"))

    async def lose(self) -> None:
        """Two awards that were paid are revoked."""
        standing = [key for key, version in self.versions.items() if version % 2]
        for who, what in self.rng.sample(standing, 2):
            version = self.versions[who, what] = self.versions[who, what] + 1
            await self.compensation.take_in(revoked(EDUCATORS[who], what, version=version, credential=f"mc-{what}"))

    async def prepare(self) -> None:
        """By a pay date that some instalments are due on and others are not."""
        pay_date = self.rng.choice(PAY_DATES)
        answer = await self.compensation.call(
            "POST", "/payout-batches", as_=WRITER, json=REQUEST | {"pay_date": pay_date}
        )
        if answer.status_code == 201:
            self.batches[answer.json()["id"]] = answer.json()
        else:
            assert answer.json()["code"] == "nothing-to-pay"

    async def approve(self) -> None:
        await self._take("approval", "prepared", APPROVER, SEEN)

    async def seal(self) -> None:
        await self._take("seal", "approved", RELEASER)

    async def recover(self) -> None:
        """Approve what was proposed, or open a recovery in two instalments for somebody who was overpaid."""
        proposed = [one for one in self.recoveries.values() if one["state"] == "proposed"]
        if proposed:
            approved = given(await recovery_step(self.compensation, self.rng.choice(proposed), "approval", APPROVER))
            self.recoveries[approved["id"]] = approved
            return
        found = await overpayments(self.compensation)
        if found:
            one = self.rng.choice(found)
            owed = cents(one["overpaid"]["amount"])
            first = self.rng.randrange(1, owed)
            due = {"on_2021_11_15": format_cents(first), "on_2022_01_15": format_cents(owed - first)}
            answer = await open_recovery(self.compensation, one["educator_id"], **due)
            if one["under_way"]["amount"] != "0.00" or answer.status_code != 201:
                assert answer.json()["code"] == "payment-under-way"
            else:
                self.recoveries[answer.json()["id"]] = answer.json()

    async def stop(self) -> None:
        going = [one for one in self.recoveries.values() if one["state"] != "stopped"]
        if going and self.rng.random() < 0.4:
            one = self.rng.choice(going)
            stopped = given(await recovery_step(self.compensation, one, "stop", WRITER, {"reason": "another way"}))
            self.recoveries[stopped["id"]] = stopped

    async def hold_or_lift(self) -> None:
        if self.holds:
            await self.lift(self.holds.pop())
        elif self.rng.random() < 0.5:
            self.holds.append(await hold(self.compensation, self.rng.choice(EDUCATORS)))

    async def lift(self, placed: dict[str, Any]) -> None:
        path = f"/payment-holds/{placed['id']}/lift"
        given(await self.compensation.call("POST", path, as_=WRITER, json={"reason": "it is clear now"}))

    async def withdraw(self) -> None:
        if self.rng.random() < 0.3:
            await self._take("withdrawal", "approved", WRITER, {"reason": "wrong pay date"})

    async def _take(self, step: str, state: str, who: dict[str, Any], body: dict[str, Any] | None = None) -> None:
        batch = self._any(state)
        if batch is not None:
            answer = await self.compensation.call("POST", f"/payout-batches/{batch['id']}/{step}", as_=who, json=body)
            if answer.status_code == 409:
                code = answer.json()["code"]
                assert code == "lines-not-owed" or (code == "lines-on-hold" and self.holds)
                if code == "lines-not-owed":
                    await self._take("withdrawal", state, WRITER, {"reason": "it would pay too much"})
                return
            self.batches[batch["id"]] = given(answer)

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
        reasons = [{"line_id": line["line_id"], "reason": "no such account"} for line in rejected]
        self.batches[batch["id"]] = given(await acknowledge(self.compensation, batch, rejected=reasons))

    async def pull(self, batch: dict[str, Any]) -> bytes:
        answer = await self.compensation.call("GET", f"/payout-batches/{batch['id']}/lines", as_=PAYROLL)
        assert answer.status_code == 200, answer.text
        assert self.pulled.setdefault(batch["id"], answer.content) == answer.content, "sealed bytes have changed"
        return answer.content

    def _any(self, state: str) -> dict[str, Any] | None:
        found = [batch for batch in self.batches.values() if batch["state"] == state]
        return self.rng.choice(found) if found else None

    async def check(self) -> None:
        """Each cent of the ledger is in one place, none is in two, and what was accepted is what was paid."""
        assert await self.compensation.rows(CONSERVED) == []
        assert await self.compensation.rows(MORE_THAN_OWED) == []
        [accepted] = await self.compensation.rows(
            "SELECT coalesce(sum(amount_cents), 0)::bigint AS paid FROM payout_line WHERE state = 'accepted'"
        )
        assert accepted["paid"] == sum(self.paid.values())

    async def check_what_is_told(self) -> None:
        """Each educator's status says of every cent that is in no approved batch where it is, and why it is there."""
        for educator in EDUCATORS:
            asked = {"plan_year": "2020-21"}
            path = f"/educators/{educator}/statement/status"
            told = given(await self.compensation.call("GET", path, as_=WRITER, params=asked))
            [row] = await self.compensation.rows(WAITING.format(educator))
            assert cents(told["waiting"]["amount"]) == row["open"] + row["prepared"]
            assert cents(told["held"]["amount"]) == (max(row["open"], 0) if told["holds"] else 0)
            for one in told["recoveries"]:
                overpaid = cents(one["overpaid"]["amount"])
                assert sum(cents(cause["amount"]["amount"]) for cause in one["why"]) == -overpaid
                carried = [part for part in one["instalments"] if part["state"] == "carried"]
                parts = [cents(one[name]["amount"]) for name in ("taken", "under_way", "left")]
                assert sum(parts) + sum(cents(part["amount"]["amount"]) for part in carried) == overpaid

    async def finish(self) -> None:
        """Lift, pay and take back all that is left, so that what was paid is what was earned."""
        self.rejects = 0.0
        while self.holds:
            await self.lift(self.holds.pop())
        for _ in range(5):
            for batch in list(self.batches.values()):
                await self._finish(batch)
            for _ in range(2 * len(EDUCATORS)):
                await self.recover()
            await self.prepare()

    async def _finish(self, batch: dict[str, Any]) -> None:
        while self.batches[batch["id"]]["state"] not in ("acknowledged", "withdrawn"):
            await {"prepared": self.approve, "approved": self.seal, "sealed": self.answer}[
                self.batches[batch["id"]]["state"]
            ]()


async def reconciled(compensation: Compensation) -> None:
    answer = await compensation.call("GET", "/reconciliation?plan_year=2020-21", as_=WRITER)
    assert [check for check in answer.json()["checks"] if not check["holds"]] == []


@pytest.mark.parametrize("seed", range(3))
async def test_any_history_pays_every_cent_once(compensation: Compensation, seed: int) -> None:
    await compensation.publish()
    for educator in EDUCATORS:
        await compensation.take_in(
            rostered(educator), observed(educator, 1), observed(educator, 2), grown(educator, "72.5")
        )
    payroll = Payroll(compensation, random.Random(seed))
    for _ in range(80):
        await payroll.step()
        await payroll.check()
    await reconciled(compensation)
    await payroll.finish()
    await payroll.lose()
    for _ in range(25):
        await payroll.step()
        await payroll.check_what_is_told()
    await payroll.finish()
    await payroll.check()
    await reconciled(compensation)
    left = "SELECT component FROM open_item GROUP BY educator_id, component HAVING sum(amount_cents) <> 0"
    assert await compensation.rows(left) == []
    for batch in payroll.batches.values():
        if batch["state"] == "acknowledged":
            await payroll.pull(batch)
    earned = {
        str(row["educator_id"]): row["total_cents"]
        for row in await compensation.rows("SELECT educator_id, total_cents FROM bonus_total")
    }
    assert {one: total for one, total in payroll.paid.items() if total} == {one: t for one, t in earned.items() if t}
    assert payroll.recoveries
    assert len([batch for batch in payroll.batches.values() if batch["state"] == "acknowledged"]) > 1


async def test_many_acknowledgements_at_once_are_taken_once(compensation: Compensation) -> None:
    await compensation.publish()
    await compensation.take_in(rostered(EDUCATORS[0]), awarded(EDUCATORS[0], 1))
    payroll = Payroll(compensation, random.Random(0))
    for step in (payroll.prepare, payroll.approve, payroll.seal):
        await step()
    [batch] = payroll.batches.values()
    answers = await asyncio.gather(*(acknowledge(compensation, batch) for _ in range(5)))
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
