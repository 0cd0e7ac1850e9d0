"""The reconciliation: it holds after whatever happened, and each check names the place where something is broken."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from typer.testing import CliRunner, Result

from deploy import operations
from deploy.workspace import Workspace
from services.compensation.repository.reconciliation import CHECKS, run
from tests.support.compensation import SHARED_PLAN, WRITER, Compensation
from tests.support.factories.events import awarded, educator_id, revoked, rostered
from tests.support.paying import advance, pay
from tests.support.payouts import approved_recovery

ANA, BEN, CLEO = map(educator_id, (1, 2, 3))
BREAKS = {
    "payouts-suspended": """
        INSERT INTO payout_suspension VALUES (gen_random_uuid(), 'operator', '2021-03-02', 'from an old backup')
    """,
    "facts-numbered": "DELETE FROM fact WHERE sequence = 1",
    "facts-folded": "UPDATE fact SET version = version + 7 WHERE kind = 'award'",
    "facts-once": "UPDATE fact SET event_id = (SELECT min(event_id::text)::uuid FROM fact)",
    "statements-numbered": "DELETE FROM statement WHERE sequence = 1",
    "statements-hashed": "UPDATE statement SET body = body || ' '",
    "statements-standing": "UPDATE bonus_total SET sequence = sequence + 1",
    "ledger-totals": "UPDATE bonus_total SET total_cents = total_cents + 1",
    "ledger-components": "UPDATE ledger_entry SET component = 'other'",
    "batches-counted": "UPDATE payout_batch SET control_total_cents = control_total_cents + 1",
    "batches-hashed": "UPDATE payout_batch SET content = content || 'x'",
    "lines-pay-entries": "DELETE FROM payout_entry",
    "entries-once": """
        DROP INDEX uq_payout_entry_once;
        INSERT INTO payout_entry SELECT gen_random_uuid(), ledger_entry_id FROM payout_entry
        WHERE released_at IS NULL LIMIT 1
    """,
    "entries-released": "UPDATE payout_entry SET released_at = now() WHERE released_at IS NULL",
    "ledger-placed": "DELETE FROM payout_instalment",
    "answers-complete": "UPDATE payout_line SET state = 'open' WHERE state = 'accepted'",
    "steps-posted": "DELETE FROM payment_entry WHERE kind = 'paid'",
    "journals-balance": """
        ALTER VIEW general_ledger RENAME TO whole;
        CREATE VIEW general_ledger AS SELECT * FROM whole WHERE account <> 'bonus_payable'
    """,
    "accrued-bonus": "UPDATE payment_entry SET amount_cents = amount_cents + 1 WHERE kind = 'approved'",
    "months-hashed": "UPDATE accounting_period_step SET totals = totals || ' '",
    "months-frozen": "UPDATE ledger_entry SET posted_at = '2021-03-10' WHERE posted_at > '2021-04-01'",
}


async def differing(connection: AsyncConnection) -> dict[str, list[str]]:
    """The places where something does not tie out, by check."""
    found = [await run(connection, check, "2020-21") for check in CHECKS]
    return {one.check.code: [place["place"] for place in one.places] for one in found if not one.holds}


@pytest.fixture
async def lived(compensation: Compensation) -> Compensation:
    """A year with everything in it: lines that were paid, rejected, withdrawn, taken back; a month that was closed."""
    await compensation.publish()
    await compensation.take_in(rostered(ANA), awarded(ANA, 1), rostered(CLEO))
    await compensation.take_in(rostered(BEN), awarded(BEN, 1), awarded(BEN, 2, credential="mc-differentiation"))
    await advance(compensation, await pay(compensation, up_to="approved"), "withdrawn")
    await pay(compensation, pay_date="2021-03-15", rejects=lambda line: line["educator_id"] == str(ANA))
    compensation.clock.moment = datetime(2021, 4, 5, tzinfo=UTC)
    closed = await compensation.call("POST", "/accounting-periods/2021-03/closing", as_=WRITER)
    assert closed.status_code == 200, closed.text
    await compensation.take_in(revoked(BEN, 1))
    await approved_recovery(compensation, BEN, on_2021_11_01="200.00")
    await pay(compensation)
    await compensation.take_in(awarded(CLEO, 1))
    await pay(compensation, up_to="approved")
    return compensation


async def test_it_holds_and_says_how_much_it_compared(lived: Compensation) -> None:
    answer = await lived.call("GET", "/reconciliation?plan_year=2020-21", as_=WRITER)
    report = answer.json()
    assert report["holds"], [check for check in report["checks"] if not check["holds"]]
    checks = {check["code"]: check for check in report["checks"]}
    assert checks["ledger-totals"] | {"compares": ""} == {
        "code": "ledger-totals",
        "compares": "",
        "unit": "cents",
        "compared": 3,
        "expected": 60_000,
        "actual": 60_000,
        "holds": True,
        "differing": 0,
        "places": [],
    }
    assert {code for code, check in checks.items() if not check["compared"]} == {"pots", "payouts-suspended"}


async def test_each_check_sees_what_it_is_for_and_names_the_place(lived: Compensation) -> None:
    """Each is broken in a transaction that is rolled back, past all triggers and constraints."""
    assert BREAKS.keys() == {check.code for check in CHECKS} - {"pots"}
    for code, statements in BREAKS.items():
        async with lived.engine.connect() as connection:
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements.split(";"):
                await connection.execute(text(statement))
            found = await differing(connection)
            assert found.get(code), (code, found)
            await connection.rollback()
    async with lived.engine.connect() as connection:
        assert await differing(connection) == {}


async def test_it_names_the_educator_the_sums_and_no_more_than_twenty_places(compensation: Compensation) -> None:
    await compensation.publish()
    await compensation.take_in(*[rostered(educator_id(number)) for number in range(25)], awarded(ANA, 1))
    async with compensation.engine.begin() as connection:
        await connection.execute(text("UPDATE bonus_total SET total_cents = total_cents + 100"))
    report = (await compensation.call("GET", "/reconciliation?plan_year=2020-21", as_=WRITER)).json()
    assert report["holds"] is False
    [totals] = [check for check in report["checks"] if check["code"] == "ledger-totals"]
    assert (totals["compared"], totals["differing"], len(totals["places"])) == (25, 25, 20)
    assert (totals["expected"], totals["actual"]) == (22_500, 20_000)
    assert {"place": f"educator {ANA}", "expected": 20_100, "actual": 20_000} in totals["places"]


@pytest.mark.parametrize(
    ("within", "place"),
    [
        ("network", "component share"),
        ("campus", "component share"),
        ("{attribute: team}", "component share, team blue"),
    ],
)
async def test_a_pot_that_somebody_came_to_once_it_was_closed_is_named(
    compensation: Compensation, within: str, place: str
) -> None:
    everybody = [educator_id(number) for number in range(4)]
    await compensation.take_in(*[rostered(who) for who in everybody[:3]])
    await in_team(compensation, everybody[:2], "blue")
    await in_team(compensation, everybody[2:3], "red")
    plan = SHARED_PLAN.replace(b"    shared: equally\n", f"    shared: equally\n    within: {within}\n".encode())
    await compensation.publish(plan)
    await compensation.call("POST", "/common-facts/2020-21/settlements", as_=WRITER, json={"final": True})
    await compensation.recalculate()
    async with compensation.engine.connect() as connection:
        assert await differing(connection) == {}
    await compensation.take_in(rostered(everybody[3]))
    await in_team(compensation, everybody[3:], "blue")
    async with compensation.engine.connect() as connection:
        assert await differing(connection) == {"pots": [place]}


async def in_team(compensation: Compensation, educators: Sequence[UUID], team: str) -> None:
    kept = {"school_year": "2020-21", "attribute": "team", "item": None, "value": team}
    body = [{"educator_id": str(educator)} | kept for educator in educators]
    assert (await compensation.call("POST", "/attributes", as_=WRITER, json=body)).status_code == 200


async def test_the_command_prints_what_does_not_hold_and_fails(
    compensation: Compensation, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "_WORKSPACE", Workspace(tmp_path, "embedded"))
    runner = CliRunner(
        env={"COLUMNS": "300", "RUNG_COMPENSATION_DATABASE_URL": database, "RUNG_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    )

    async def reconcile(year: str) -> Result:
        return await asyncio.to_thread(runner.invoke, operations.app, ["reconcile", year])

    await compensation.publish()
    await compensation.take_in(rostered(ANA), awarded(ANA, 1))
    assert (await reconcile("2020-21")).exit_code == 0
    assert "write it like 2020-21" in (await reconcile("2020")).stderr
    async with compensation.engine.begin() as connection:
        await connection.execute(text("UPDATE bonus_total SET total_cents = 1"))
    answer = await reconcile("2020-21")
    assert answer.exit_code == 1
    assert f"ledger-totals: educator {ANA}: expected 1, found 20000" in answer.stdout.splitlines()
    assert "2020-21 does not tie out: statements-standing, ledger-totals" in answer.stderr
