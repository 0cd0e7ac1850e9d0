"""The general ledger: what each step posts, the months that are closed, and where corrections land."""

import csv
import io
import json
import runpy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.compensation import bootstrap
from tests.support.compensation import APPROVER, PAYROLL, WRITER, Compensation
from tests.support.factories.events import CAMPUS, awarded, educator_id, revoked, rostered
from tests.support.paying import advance, pay
from tests.support.payouts import approved_recovery

ANA, BEN = educator_id(1), educator_id(2)
ELSEWHERE = educator_id(77)
KEEP_THE_BOOKS = Path(bootstrap.MIGRATIONS) / "versions/2026_11_29_keep_the_books.py"

POST_PAID = """
INSERT INTO payment_entry
SELECT line_id, 'paid', '{debit}', 'payroll_clearing', amount_cents, '{month}', posted_at FROM payment_entry
"""
REOPENED_BY_WHO_CLOSED_IT = """
INSERT INTO accounting_period_step
SELECT month, 2, taken_by, taken_at, NULL, NULL, taken_by, 'because' FROM accounting_period_step
"""


async def balances(compensation: Compensation, month: str | None = None) -> dict[str, int]:
    """Each account's debits less its credits in dollars, those at nought left out."""
    path = "/trial-balance?plan_year=2020-21" if month is None else f"/accounting-periods/{month}"
    answer = await compensation.call("GET", path, as_=PAYROLL)
    assert answer.status_code == 200, answer.text
    balance = answer.json() if month is None else answer.json()["trial_balance"]
    assert balance["debit"] == balance["credit"]
    nets: dict[str, float] = {}
    for row in balance["rows"]:
        net = float(row["debit"]["amount"]) - float(row["credit"]["amount"])
        nets[row["account"]] = nets.get(row["account"], 0) + net
    return {account: int(net) for account, net in nets.items() if net}


async def month(compensation: Compensation, name: str, step: str, as_: dict[str, Any]) -> Any:
    body = {"reason": "a late invoice"} if step == "reopening" else None
    return await compensation.call("POST", f"/accounting-periods/{name}/{step}", as_=as_, json=body)


@pytest.fixture
async def earned(compensation: Compensation) -> Compensation:
    """Ana has earned 200, Ben 400, on 1 March 2021."""
    await compensation.publish()
    await compensation.take_in(rostered(ANA), awarded(ANA, 1))
    await compensation.take_in(rostered(BEN), awarded(BEN, 1), awarded(BEN, 2, credential="mc-differentiation"))
    return compensation


async def test_every_step_moves_its_amount_from_one_account_to_another(earned: Compensation) -> None:
    assert await balances(earned) == {"bonus_expense": 600, "accrued_bonus": -600}
    batch = await pay(earned, up_to="approved")
    assert await balances(earned) == {"bonus_expense": 600, "bonus_payable": -600}
    await advance(earned, batch, "withdrawn")
    assert await balances(earned) == {"bonus_expense": 600, "accrued_bonus": -600}
    await advance(earned, await pay(earned, up_to="prepared"), "withdrawn")
    await pay(earned, rejects=lambda line: line["educator_id"] == str(ANA))
    assert await balances(earned) == {"bonus_expense": 600, "accrued_bonus": -200, "payroll_clearing": -400}
    # Ana gets hers, and Ben was paid what he has not earned after all: it is taken back.
    await earned.take_in(revoked(BEN, 1))
    await approved_recovery(earned, BEN, on_2021_11_01="200.00")
    assert await balances(earned) == {"bonus_expense": 400, "payroll_clearing": -400}
    batch = await pay(earned, up_to="sealed")
    assert await balances(earned) == {
        "bonus_expense": 400,
        "bonus_payable": -200,
        "due_from_educators": 200,
        "payroll_clearing": -400,
    }
    await advance(earned, batch, "acknowledged", rejects=lambda line: line["educator_id"] == str(BEN))
    assert await balances(earned) == {"bonus_expense": 400, "accrued_bonus": 200, "payroll_clearing": -600}
    await pay(earned)
    assert await balances(earned) == {"bonus_expense": 400, "payroll_clearing": -400}


class TestMonths:
    async def test_a_correction_lands_in_the_month_it_is_made_in_and_a_closed_one_stays(
        self, earned: Compensation
    ) -> None:
        # 1 April by Greenwich, 31 March in Texas.
        earned.clock.moment = datetime(2021, 4, 1, 3, tzinfo=UTC)
        await earned.take_in(revoked(BEN, 2, credential="mc-differentiation"))
        early = await month(earned, "2021-03", "closing", WRITER)
        assert (early.status_code, early.json()["code"]) == (409, "accounting-period-not-over")
        earned.clock.moment = datetime(2021, 4, 2, tzinfo=UTC)
        closed = (await month(earned, "2021-03", "closing", WRITER)).json()
        assert (closed["state"], closed["closed_by"]) == ("closed", WRITER["sub"])
        await earned.take_in(revoked(ANA, 1), awarded(BEN, 2, version=3, credential="mc-differentiation"))
        assert await balances(earned, "2021-03") == {"bonus_expense": 400, "accrued_bonus": -400}
        assert await balances(earned, "2021-04") == {}
        april = (await earned.call("GET", "/accounting-periods/2021-04", as_=WRITER)).json()
        assert {row["account"]: row["debit"]["amount"] for row in april["trial_balance"]["rows"]} == {
            "bonus_expense": "200.00",
            "accrued_bonus": "200.00",
        }
        again = await earned.call("GET", "/accounting-periods/2021-03", as_=WRITER)
        assert again.json() == closed

    async def test_what_payroll_took_lands_in_the_month_of_the_pay_date_or_the_first_open_one_after_it(
        self, earned: Compensation
    ) -> None:
        batch = await pay(earned, up_to="sealed", pay_date="2021-03-15")
        earned.clock.moment = datetime(2021, 5, 3, tzinfo=UTC)
        for name in ("2021-03", "2021-04"):
            assert (await month(earned, name, "closing", WRITER)).status_code == 200
        await advance(earned, batch, "acknowledged", rejects=lambda line: line["educator_id"] == str(ANA))
        assert await balances(earned, "2021-03") == {"bonus_expense": 600, "bonus_payable": -600}
        assert await balances(earned, "2021-05") == {
            "bonus_payable": 600,
            "payroll_clearing": -400,
            "accrued_bonus": -200,
        }
        paid = await pay(earned, pay_date="2021-06-15")
        [june] = await earned.rows(
            "SELECT DISTINCT posted_period FROM payment_entry p JOIN payout_line n ON n.id = p.line_id"
            f" WHERE p.kind = 'paid' AND batch_id = '{paid['id']}'"
        )
        assert june["posted_period"] == "2021-06"

    async def test_another_person_than_who_closed_it_reopens_it_with_a_reason(self, earned: Compensation) -> None:
        unclosed = await month(earned, "2021-03", "reopening", APPROVER)
        assert (unclosed.status_code, unclosed.json()["code"]) == (409, "accounting-period-not-closed")
        earned.clock.moment = datetime(2021, 4, 2, tzinfo=UTC)
        await month(earned, "2021-03", "closing", WRITER)
        again = await month(earned, "2021-03", "closing", APPROVER)
        assert (again.status_code, again.json()["code"]) == (409, "accounting-period-closed")
        same = await month(earned, "2021-03", "reopening", WRITER)
        assert (same.status_code, same.json()["code"]) == (403, "closer-cannot-reopen")
        reopened = (await month(earned, "2021-03", "reopening", APPROVER)).json()
        assert reopened["state"] == "open"
        assert [(step["step"], step["by"], step["reason"]) for step in reopened["history"]] == [
            ("closed", WRITER["sub"], None),
            ("reopened", APPROVER["sub"], "a late invoice"),
        ]
        listed = (await earned.call("GET", "/accounting-periods", as_=PAYROLL)).json()
        assert listed == [{"month": "2021-03", "state": "open", "closed_by": None}]

    async def test_the_database_itself_refuses_what_would_change_a_closed_month(self, earned: Compensation) -> None:
        await pay(earned, up_to="approved")
        earned.clock.moment = datetime(2021, 4, 2, tzinfo=UTC)
        await month(earned, "2021-03", "closing", WRITER)
        for statement in (
            POST_PAID.format(debit="bonus_payable", month="2021-03"),
            POST_PAID.format(debit="bonus_expense", month="2021-04"),
            REOPENED_BY_WHO_CLOSED_IT,
            "UPDATE payment_entry SET amount_cents = 1",
            "DELETE FROM payment_entry",
            "UPDATE accounting_period_step SET totals = '[]'",
            "TRUNCATE accounting_period_step",
            "TRUNCATE payment_entry",
        ):
            with pytest.raises(DBAPIError):
                await earned.rows(statement)
        async with earned.engine.begin() as connection:
            await connection.execute(text(POST_PAID.format(debit="bonus_payable", month="2021-04")))


async def test_an_accrual_stays_with_the_campus_where_it_was_earned(earned: Compensation) -> None:
    """Else a closed month would change when somebody moves; the payout goes where they are then."""
    await earned.take_in(rostered(ANA, version=2, campus_id=ELSEWHERE))
    await earned.take_in(awarded(ANA, 2, credential="mc-differentiation"))
    await pay(earned)
    answer = await earned.call("GET", "/general-ledger?plan_year=2020-21", as_=WRITER)
    legs = [leg for leg in map(json.loads, answer.content.splitlines()) if leg["educator_id"] == str(ANA)]
    assert [(leg["kind"], leg["account"], leg["debit"], leg["credit"], leg["campus_id"]) for leg in legs] == [
        ("accrued", "bonus_expense", "200.00", "0.00", str(CAMPUS)),
        ("accrued", "accrued_bonus", "0.00", "200.00", str(CAMPUS)),
        ("accrued", "bonus_expense", "200.00", "0.00", str(ELSEWHERE)),
        ("accrued", "accrued_bonus", "0.00", "200.00", str(ELSEWHERE)),
        ("approved", "accrued_bonus", "400.00", "0.00", str(ELSEWHERE)),
        ("approved", "bonus_payable", "0.00", "400.00", str(ELSEWHERE)),
        ("paid", "bonus_payable", "400.00", "0.00", str(ELSEWHERE)),
        ("paid", "payroll_clearing", "0.00", "400.00", str(ELSEWHERE)),
    ]
    query = "/general-ledger?plan_year=2020-21&posted_period=2021-11"
    answer = await earned.call("GET", query, as_=WRITER, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {(row["kind"], row["posted_period"]) for row in rows} == {("paid", "2021-11")}
    assert len(rows) == 4


async def test_steps_from_before_the_journal_are_posted_as_they_would_have_been(earned: Compensation) -> None:
    await advance(earned, await pay(earned, up_to="approved"), "withdrawn")
    await advance(earned, await pay(earned, up_to="prepared"), "withdrawn")
    await pay(earned, rejects=lambda line: line["educator_id"] == str(ANA))
    await earned.take_in(revoked(BEN, 1))
    await approved_recovery(earned, BEN, on_2021_11_01="200.00")
    await pay(earned)
    journal = "SELECT line_id, kind, debit, credit, amount_cents, posted_period FROM payment_entry ORDER BY 1, 2"
    posted = await earned.rows(journal)
    migration = runpy.run_path(str(KEEP_THE_BOOKS))
    async with earned.engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("DELETE FROM payment_entry"))
        await connection.execute(text(migration["STEPS_BEFORE"].format(transfers=migration["TRANSFERS"])))
        again = [dict(row) for row in (await connection.execute(text(journal))).mappings()]
    assert {row["kind"] for row in posted} == {"approved", "released", "paid", "claimed", "recovered"}
    assert again == posted
