"""Payout batches: sealed once, approved by another person, acknowledged once, no entry in two of them."""

import asyncio
import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import DBAPIError

from services.compensation.repository import payouts
from tests.support.compensation import APPROVER, PAYROLL, PLAN, RELEASER, WRITER, Compensation
from tests.support.factories.events import awarded, educator_id, revoked, rostered
from tests.support.payouts import (
    REQUEST,
    SEEN,
    acknowledge,
    approved_recovery,
    line_documents,
    lines,
    paid,
    prepared,
    sealed,
    step,
)

ANA, BEN = educator_id(1), educator_id(2)


@pytest.fixture
async def earned(compensation: Compensation) -> Compensation:
    """Ana has earned 200, Ben 400."""
    await compensation.publish()
    await compensation.take_in(rostered(ANA), awarded(ANA, 1))
    await compensation.take_in(rostered(BEN), awarded(BEN, 1), awarded(BEN, 2, credential="mc-differentiation"))
    return compensation


class TestLife:
    async def test_a_batch_pays_what_the_ledger_holds_and_its_hash_is_of_the_pulled_bytes(
        self, earned: Compensation
    ) -> None:
        batch = await sealed(earned)
        content = await lines(earned, batch)
        assert hashlib.sha256(content).hexdigest() == batch["content_hash"]
        pulled = {row["educator_id"]: row["amount"] for row in map(json.loads, content.splitlines())}
        assert pulled == {str(ANA): "200.00", str(BEN): "400.00"}
        assert batch["control_total"] == {"amount": "600.00", "currency": "USD"}
        assert (await acknowledge(earned, batch)).json()["state"] == "acknowledged"

    async def test_who_prepared_it_cannot_approve_it(self, earned: Compensation) -> None:
        batch = await prepared(earned)
        refused = await step(earned, batch, "approval", WRITER, SEEN)
        assert (refused.status_code, refused.json()["code"]) == (403, "preparer-cannot-approve")
        with pytest.raises(DBAPIError):
            await earned.rows("UPDATE payout_batch SET approved_by = prepared_by")

    @pytest.mark.parametrize(
        ("steps", "status"),
        [
            (["seal"], 409),
            (["approval", "approval"], 409),
            (["approval", "seal", "seal"], 409),
            (["approval", "seal", "withdrawal"], 409),
            (["approval", "seal"], 200),
        ],
    )
    async def test_steps_are_taken_in_order_and_once(self, earned: Compensation, steps: list[str], status: int) -> None:
        batch = await prepared(earned)
        body = {"withdrawal": {"reason": "wrong pay date"}, "approval": SEEN}
        answer = None
        for name in steps:
            who = RELEASER if name == "seal" else APPROVER
            answer = await earned.call("POST", f"/payout-batches/{batch['id']}/{name}", as_=who, json=body.get(name))
        assert answer is not None
        assert answer.status_code == status

    async def test_payroll_does_not_see_a_batch_before_it_is_sealed(self, earned: Compensation) -> None:
        batch = await prepared(earned)
        path = f"/payout-batches/{batch['id']}"
        for door in (path, f"{path}/lines"):
            assert (await earned.call("GET", door, as_=PAYROLL)).status_code == 404
        assert (await earned.call("GET", "/payout-batches", as_=PAYROLL)).json() == []

    async def test_the_same_key_prepares_once(self, earned: Compensation) -> None:
        headers = {"Idempotency-Key": '"once"'}
        first = await earned.call("POST", "/payout-batches", as_=WRITER, json=REQUEST, headers=dict(headers))
        again = await earned.call("POST", "/payout-batches", as_=WRITER, json=REQUEST, headers=dict(headers))
        assert first.content == again.content
        assert again.headers["Idempotency-Replayed"] == "true"
        assert len(await earned.rows("SELECT id FROM payout_batch")) == 1

    async def test_payroll_books_a_component_under_the_earning_code_of_the_plan(self, earned: Compensation) -> None:
        await earned.publish(PLAN.replace(b"    pay: per_award\n", b"    pay: per_award\n    earning_code: MC20\n"))
        batch = await sealed(earned)
        booked = {
            (row["component"], row["earning_code"])
            for row in map(json.loads, (await lines(earned, batch)).splitlines())
        }
        assert booked == {("micro-credential-stipend", "MC20")}

    @pytest.mark.parametrize("day", [0, "2020-06-30", "2021-02-30", "soon"])
    async def test_a_pay_date_is_a_date_and_not_before_the_year(self, earned: Compensation, day: object) -> None:
        answer = await earned.call("POST", "/payout-batches", as_=WRITER, json=REQUEST | {"pay_date": day})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/pay_date")
        assert await earned.rows("SELECT id FROM payout_batch") == []


class TestNobodyIsPaidTwice:
    async def test_what_is_in_a_batch_is_in_no_other(self, earned: Compensation) -> None:
        await sealed(earned)
        again = await earned.call("POST", "/payout-batches", as_=WRITER, json=REQUEST)
        assert (again.status_code, again.json()["code"]) == (409, "nothing-to-pay")

    async def test_a_later_change_is_a_new_line_in_a_later_batch(self, earned: Compensation) -> None:
        first = await sealed(earned)
        before = await lines(earned, first)
        await earned.take_in(awarded(ANA, 2, credential="mc-differentiation"))
        second = await sealed(earned)
        assert await lines(earned, first) == before
        [line] = await line_documents(earned, second)
        assert (line["educator_id"], line["amount"], line["kind"]) == (str(ANA), "200.00", "bonus")

    async def test_what_was_overpaid_is_taken_back_by_a_recovery_alone(self, earned: Compensation) -> None:
        await paid(earned)
        await earned.take_in(revoked(ANA, 1))
        again = await earned.call("POST", "/payout-batches", as_=WRITER, json=REQUEST)
        assert again.json()["code"] == "nothing-to-pay"
        await approved_recovery(earned, ANA, on_2021_11_15="200.00")
        [line] = await line_documents(earned, await sealed(earned))
        assert (line["educator_id"], line["amount"], line["kind"]) == (str(ANA), "-200.00", "recovery")

    async def test_preparing_at_the_same_moment_makes_one_batch(self, earned: Compensation) -> None:
        answers = await asyncio.gather(
            *(
                earned.call(
                    "POST", "/payout-batches", as_=WRITER, json=REQUEST, headers={"Idempotency-Key": f'"{uuid4()}"'}
                )
                for _ in range(4)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]

    async def test_a_withdrawn_batch_gives_its_entries_back(self, earned: Compensation) -> None:
        batch = await prepared(earned)
        path = f"/payout-batches/{batch['id']}/withdrawal"
        answer = await earned.call("POST", path, as_=WRITER, json={"reason": "wrong pay date"})
        assert answer.json()["state"] == "withdrawn"
        shown = await earned.call("GET", f"/payout-batches/{batch['id']}/acknowledgements", as_=WRITER)
        assert {(row["state"], row["reason"]) for row in shown.json()} == {("withdrawn", "wrong pay date")}
        again = await prepared(earned)
        assert again["control_total"] == batch["control_total"]

    async def test_the_database_refuses_an_entry_in_two_batches(self, earned: Compensation) -> None:
        await prepared(earned)
        with pytest.raises(DBAPIError):
            await earned.rows(
                "INSERT INTO payout_entry (line_id, ledger_entry_id)"
                " SELECT (SELECT id FROM payout_line WHERE id <> p.line_id LIMIT 1), p.ledger_entry_id"
                " FROM payout_entry p LIMIT 1"
            )


class TestAcknowledgement:
    @pytest.mark.parametrize(
        "changes",
        [
            {"line_count": 3},
            {"control_total": {"amount": "600.01", "currency": "USD"}},
            {"content_hash": "0" * 64},
        ],
    )
    async def test_one_that_counted_something_else_is_refused_and_changes_nothing(
        self, earned: Compensation, changes: dict[str, Any]
    ) -> None:
        batch = await sealed(earned)
        refused = await acknowledge(earned, batch, **changes)
        assert (refused.status_code, refused.json()["code"]) == (409, "acknowledgement-does-not-match")
        assert (await earned.rows("SELECT state FROM payout_batch")) == [{"state": "sealed"}]

    async def test_it_is_taken_once(self, earned: Compensation) -> None:
        batch = await sealed(earned)
        assert (await acknowledge(earned, batch)).status_code == 200
        assert (await acknowledge(earned, batch)).status_code == 409

    async def test_a_rejected_line_goes_into_a_later_batch(self, earned: Compensation) -> None:
        batch = await sealed(earned)
        line = json.loads((await lines(earned, batch)).splitlines()[0])
        rejected = [{"line_id": line["line_id"], "reason": "no such employee number"}]
        assert (await acknowledge(earned, batch, rejected=rejected)).status_code == 200
        states = await earned.call("GET", f"/payout-batches/{batch['id']}/acknowledgements", as_=PAYROLL)
        assert sorted(row["state"] for row in states.json()) == ["accepted", "rejected"]
        later = await sealed(earned)
        assert later["control_total"]["amount"] == line["amount"]

    async def test_a_line_of_another_batch_is_refused(self, earned: Compensation) -> None:
        batch = await sealed(earned)
        rejected = [{"line_id": str(UUID(int=1)), "reason": "never seen"}]
        assert (await acknowledge(earned, batch, rejected=rejected)).status_code == 422

    async def test_as_many_rejected_lines_as_the_document_says_fit_into_one_answer(self, earned: Compensation) -> None:
        batch = await sealed(earned)
        rejected = [{"line_id": str(UUID(int=n)), "reason": "no such employee number here"} for n in range(100_000)]
        refused = await acknowledge(earned, batch, rejected=rejected)
        assert (refused.status_code, refused.json()["code"]) == (422, "payout-line-unknown")

    async def test_a_line_that_is_rejected_twice_is_refused_and_changes_nothing(self, earned: Compensation) -> None:
        batch = await sealed(earned)
        line_id = json.loads((await lines(earned, batch)).splitlines()[0])["line_id"]
        rejected = [{"line_id": line_id, "reason": reason} for reason in ("no such account", "account closed")]
        refused = await acknowledge(earned, batch, rejected=rejected)
        [error] = refused.json()["errors"]
        assert (refused.status_code, error["pointer"]) == (422, "/rejected")
        assert f"line {line_id} is rejected twice" in error["detail"]
        assert await earned.rows("SELECT state FROM payout_batch") == [{"state": "sealed"}]

    async def test_any_number_of_lines_can_be_answered_and_released(self, earned: Compensation) -> None:
        """PostgreSQL takes 32,767 single arguments; a state's batch has more lines."""
        batch = await sealed(earned)
        many = {UUID(int=number): "no such account" for number in range(40_000)}
        async with earned.engine.begin() as connection:
            await payouts.answer_lines(connection, UUID(batch["id"]), rejected=many, at=earned.clock.now())
        assert await earned.rows("SELECT DISTINCT state FROM payout_line") == [{"state": "accepted"}]


class TestPull:
    async def test_the_same_bytes_at_every_pull_and_304_for_who_has_them(self, earned: Compensation) -> None:
        batch = await sealed(earned)
        first = await lines(earned, batch)
        await earned.take_in(awarded(ANA, 9, credential="mc-leading-teams"))
        assert await lines(earned, batch) == first
        answer = await earned.call(
            "GET",
            f"/payout-batches/{batch['id']}/lines",
            as_=PAYROLL,
            headers={"If-None-Match": f'"{batch["content_hash"]}"'},
        )
        assert answer.status_code == 304
        [row] = await earned.rows("SELECT first_pulled_at FROM payout_batch")
        assert row["first_pulled_at"] is not None
