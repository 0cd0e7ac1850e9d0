"""A database that was rebuilt from the log pays nobody until its payouts are back, and are what payroll was given."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner, Result

from deploy import operations
from deploy.postgres_files import program
from deploy.workspace import Workspace
from services.compensation.bootstrap import PAYOUT_TABLES
from services.compensation.models import metadata
from services.compensation.service.rebuild import rebuild
from shared.events.registry import Event
from tests.integration.compensation.test_rebuild import log_of
from tests.support.compensation import APPROVER, RELEASER, WRITER, Compensation, running_compensation
from tests.support.factories.events import awarded, educator_id, revoked, rostered
from tests.support.paying import pay
from tests.support.payouts import (
    REQUEST,
    SEEN,
    YEAR,
    acknowledge,
    approved_recovery,
    given,
    open_recovery,
    refused,
    step,
)

ANA, BEN, CLEO = map(educator_id, (1, 2, 3))
BACK = {
    "statement",
    "ledger_entry",
    "bonus_total",
    "educator_account",
    "fact",
    "plan_version",
    "common_facts",
    "attribute",
    "placement",
    "recalculation",
}
"""What the log brings back."""
ELSEWHERE = {"consumer_offset", "dead_letter", "idempotency_key", "outbox", "recalculation_range", "settlement_request"}
"""What is of one database alone: how far it has read and published, what it answered and was asked to do."""
NO_MONEY = {
    "what_if",
    "what_if_progress",
    "what_if_row",
    "evaluator_snapshot",
    "evaluator_snapshot_file",
    "plan_step",
    "plan_comment",
}
"""What no payment rests on."""
CODE = "payouts-suspended"
Command = Callable[..., Result]


async def a_paid_year(compensation: Compensation) -> list[Event]:
    """Payroll was given two batches: one that it answered, with a line that it did not take, and one that takes back an
    instalment; a third is approved. The events of the other services."""
    first: list[Event] = [rostered(ANA), awarded(ANA, 1), rostered(BEN), awarded(BEN, 1)]
    second: list[Event] = [revoked(BEN, 1), rostered(CLEO), awarded(CLEO, 1)]
    third: list[Event] = [awarded(CLEO, 2, credential="mc-differentiation")]
    await compensation.publish()
    await compensation.take_in(*first)
    await pay(compensation, pay_date="2021-03-15", rejects=lambda line: line["educator_id"] == str(ANA))
    compensation.clock.moment = datetime(2021, 4, 5, tzinfo=UTC)
    given(await compensation.call("POST", "/accounting-periods/2021-03/closing", as_=WRITER))
    await compensation.take_in(*second)
    await approved_recovery(compensation, BEN, on_2021_11_01="150.00", on_2022_11_01="50.00")
    await pay(compensation, up_to="sealed")
    await compensation.take_in(*third)
    await pay(compensation, up_to="approved")
    return [*first, *second, *third]


@asynccontextmanager
async def rebuilt(lived: Compensation, events: list[Event], database: str) -> AsyncIterator[Compensation]:
    async with running_compensation(database) as empty:
        empty.clock.moment = lived.clock.moment
        async with empty.engine.begin() as connection:
            await rebuild(connection, empty.clock, await log_of(lived, events))
        await empty.recalculate()
        yield empty


def restore(backup: str, into: str) -> None:
    """As the operator is told to."""
    tables = [word for table in PAYOUT_TABLES for word in ("-t", table)]
    dump = [program("pg_dump"), "--data-only", "--disable-triggers", *tables, backup]
    dumped = subprocess.run(dump, check=True, capture_output=True)
    subprocess.run(
        [program("psql"), "-q", "-v", "ON_ERROR_STOP=1", into], input=dumped.stdout, check=True, capture_output=True
    )


@pytest.fixture
def ops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`rung ops` on a database."""
    monkeypatch.setattr(operations, "_WORKSPACE", Workspace(tmp_path, "embedded"))

    def run(database: str, *words: str) -> Result:
        env = {"COLUMNS": "300", "RUNG_COMPENSATION_DATABASE_URL": database, "RUNG_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
        return CliRunner(env=env).invoke(operations.app, words)

    return run


async def resume(ops: Command, database: str, *payroll_has: str) -> Result:
    said = [word for one in payroll_has for word in ("--payroll-has", one)]
    return await asyncio.to_thread(ops, database, "resume-payouts", *said, "--reason", "payroll's list of batches")


async def test_nothing_is_paid_from_a_rebuilt_database_until_it_has_what_payroll_was_given(
    make_database: Callable[[], str], ops: Command
) -> None:
    old, new = make_database(), make_database()
    async with running_compensation(old) as lived:
        events = await a_paid_year(lived)
        async with rebuilt(lived, events, new) as compensation:
            problem = refused(await compensation.call("POST", "/payout-batches", as_=WRITER, json=REQUEST), 409, CODE)
            assert "rebuilt from the log" in problem["detail"]
            assert "rung ops resume-payouts" in problem["detail"]
            answer = await resume(ops, new, "2020-21=2:650.00")
            assert "2020-21: here are 0 batches of 0.00, and payroll has 2 batches of 650.00" in answer.stderr

            restore(old, new)
            answer = await asyncio.to_thread(ops, new, "reconcile", "2020-21")
            assert "payouts-suspended: since 2021-04-05, the database was rebuilt from the log" in answer.stdout
            assert "does not tie out: payouts-suspended\n" in answer.stderr
            for wrong in (["2020-21=3:650.00"], ["2020-21=2:650.01"], ["2021-22=2:650.00"]):
                answer = await resume(ops, new, *wrong)
                assert (answer.exit_code, "payouts stay suspended" in answer.stderr) == (1, True), answer.output
            assert (await resume(ops, new, "2020-21=2")).exit_code == 2

            answer = await resume(ops, new, "2020-21=2:650.00")
            assert (answer.exit_code, "payouts go on" in answer.stdout) == (0, True), answer.output
            problem = refused(
                await compensation.call("POST", "/payout-batches", as_=WRITER, json=REQUEST), 409, "nothing-to-pay"
            )
            [ended] = await compensation.rows("SELECT resume_reason, payroll_has::text FROM payout_suspension")
            assert ended == {
                "resume_reason": "payroll's list of batches",
                "payroll_has": '{"2020-21": {"cents": 65000, "batches": 2}}',
            }
            assert "there is nothing to resume" in (await resume(ops, new, "2020-21=2:650.00")).stderr


async def test_while_payouts_are_suspended_payroll_answers_and_nothing_else_is_decided(
    compensation: Compensation, database: str, ops: Command
) -> None:
    await a_paid_year(compensation)
    sealed, approved = [
        (await compensation.call("GET", f"/payout-batches/{row['id']}", as_=WRITER)).json()
        for row in await compensation.rows(
            "SELECT id FROM payout_batch WHERE state <> 'acknowledged' ORDER BY state DESC"
        )
    ]
    [recovery] = await compensation.rows("SELECT id FROM recovery")
    answer = await asyncio.to_thread(ops, database, "suspend-payouts", "--reason", "it is a backup of last night")
    assert answer.exit_code == 0, answer.output
    for path, who, body in (
        ("/payout-batches", WRITER, REQUEST),
        (f"/payout-batches/{approved['id']}/approval", APPROVER, SEEN),
        (f"/payout-batches/{approved['id']}/seal", RELEASER, None),
        (f"/payout-batches/{approved['id']}/withdrawal", WRITER, {"reason": "wrong pay date"}),
        (f"/recoveries/{recovery['id']}/approval", WRITER, None),
        (f"/recoveries/{recovery['id']}/stop", WRITER, {"reason": "wrong pay date"}),
        ("/accounting-periods/2021-04/closing", WRITER, None),
        ("/common-facts/2020-21/reopening", WRITER, {"reason": "late evidence"}),
    ):
        problem = refused(await compensation.call("POST", path, as_=who, json=body), 409, CODE)
        assert "a backup of last night" in problem["detail"], path
    refused(await open_recovery(compensation, ANA, on_2021_12_01="100.00"), 409, CODE)
    report = given(await compensation.call("GET", "/reconciliation", as_=WRITER, params=YEAR))
    assert [check["code"] for check in report["checks"] if not check["holds"]] == ["payouts-suspended"]
    given(await acknowledge(compensation, sealed))

    async with compensation.engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("UPDATE payout_batch SET content = content || 'x'"))
    answer = await resume(ops, database, "2020-21=2:650.00")
    assert "2020-21 does not tie out: batches-hashed" in answer.stderr
    for statement in (
        "UPDATE payout_suspension SET reason = 'none'",
        "DELETE FROM payout_suspension",
        "TRUNCATE payout_suspension",
        "UPDATE payout_suspension SET resumed_at = now()",
    ):
        with pytest.raises(DBAPIError, match=r"changes in no other way|append-only|ck_payout_suspension"):
            async with compensation.engine.begin() as connection:
                await connection.execute(text(statement))
    refused(await step(compensation, approved, "seal", RELEASER), 409, CODE)


def test_every_table_comes_back_from_somewhere() -> None:
    """A new one is in the log, or the operator is told to restore it, or it is said here why not."""
    told = [BACK, set(PAYOUT_TABLES), ELSEWHERE, NO_MONEY]
    assert set().union(*told) == set(metadata.tables)
    assert sum(map(len, told)) == len(metadata.tables)
