"""What was overpaid waits; a recovery takes it back in instalments that another person approved, each of them once."""

import pytest
from sqlalchemy.exc import DBAPIError

from tests.support.compensation import APPROVER, PLAN, WRITER, Compensation
from tests.support.factories.events import awarded, educator_id, revoked, rostered
from tests.support.payouts import (
    CONSERVED,
    MORE_THAN_OWED,
    acknowledge,
    approved_recovery,
    given,
    line_documents,
    open_recovery,
    overpayments,
    paid,
    prepared,
    recovery,
    recovery_step,
    refused,
    sealed,
    step,
)

ANA, BEN = educator_id(1), educator_id(2)
RENAMED = PLAN.replace(b"code: micro-credential-stipend", b"code: stipend-again")


@pytest.fixture
async def overpaid(compensation: Compensation) -> Compensation:
    """Ana and Ben were paid 400 each; all of Ana's was revoked since."""
    await compensation.publish()
    for educator in (ANA, BEN):
        await compensation.take_in(
            rostered(educator), awarded(educator, 1), awarded(educator, 2, credential="mc-differentiation")
        )
    await paid(compensation)
    await compensation.take_in(revoked(ANA, 1), revoked(ANA, 2, credential="mc-differentiation"))
    return compensation


async def conserved(compensation: Compensation) -> None:
    assert await compensation.rows(CONSERVED) == []
    assert await compensation.rows(MORE_THAN_OWED) == []


async def test_instalments_are_taken_when_they_are_due_and_each_of_them_once(overpaid: Compensation) -> None:
    [found] = await overpayments(overpaid)
    assert (found["educator_id"], found["overpaid"]["amount"]) == (str(ANA), "400.00")
    problem = refused(await open_recovery(overpaid, ANA, on_2021_12_01="100.00"), 409, "instalments-do-not-match")
    assert "100.00, and 400.00 was overpaid" in problem["detail"]
    opened = given(
        await open_recovery(overpaid, ANA, on_2021_12_01="150.00", on_2022_01_01="150.00", on_2022_02_01="100.00"), 201
    )
    assert await overpayments(overpaid) == []
    refused(await open_recovery(overpaid, ANA, on_2021_12_01="400.00"), 409, "nothing-overpaid")
    refused(await overpaid.call("POST", "/payout-batches", as_=WRITER, json=await _december()), 409, "nothing-to-pay")
    refused(await recovery_step(overpaid, opened, "approval", WRITER), 403, "opener-cannot-approve")
    given(await recovery_step(overpaid, opened, "approval", APPROVER))
    await conserved(overpaid)

    first = await sealed(overpaid, pay_date="2021-12-31")
    [line] = await line_documents(overpaid, first)
    assert (line["kind"], line["amount"], line["recovery_id"]) == ("recovery", "-150.00", opened["id"])
    rejected = [{"line_id": line["line_id"], "reason": "not on the payroll this month"}]
    given(await acknowledge(overpaid, first, rejected=rejected))
    await conserved(overpaid)

    withdrawn = await prepared(overpaid, pay_date="2022-01-31")
    assert withdrawn["control_total"]["amount"] == "-300.00"
    given(await step(overpaid, withdrawn, "withdrawal", WRITER, {"reason": "wrong pay date"}))
    await paid(overpaid, pay_date="2022-01-31")
    standing = await recovery(overpaid, opened)
    assert [standing[name]["amount"] for name in ("total", "recovered", "under_way", "open")] == [
        "400.00",
        "300.00",
        "0.00",
        "100.00",
    ]
    assert [part["state"] for part in standing["instalments"]] == ["recovered", "recovered", "open"]
    await conserved(overpaid)


async def _december() -> dict[str, str]:
    return {"plan_year": "2020-21", "pay_date": "2021-12-31"}


async def test_a_plan_that_would_overpay_says_so_before_it_is_published(overpaid: Compensation) -> None:
    """Ben was paid 400, and comes to half of it where each credential is 100. Ana's is overpaid as it is."""
    half = PLAN.replace(b'amount: "200.00"', b'amount: "100.00"')
    assert await notes_on_overpaying(overpaid, PLAN) == []
    [note] = await notes_on_overpaying(overpaid, half)
    assert note == (
        "$800.00 of this year is paid already or in batches. $600.00 of it would be overpaid, to 2 educators ($400.00 "
        "to 1 as it stands), and is taken back by nothing but a recovery."
    )
    given(await open_recovery(overpaid, ANA, on_2021_12_01="400.00"), 201)
    [note] = await notes_on_overpaying(overpaid, half)
    assert "$400.00 of this year" in note
    assert "$200.00 of it would be overpaid, to 1 educator ($0.00 to 0 as it stands)" in note


async def notes_on_overpaying(compensation: Compensation, document: bytes) -> list[str]:
    told = (await compensation.what_if(document=document.decode()))["summary"]["notes"]
    return [note for note in told if "overpaid" in note]


async def test_it_can_be_stopped_and_taken_up_again_and_later_work_is_paid_as_ever(overpaid: Compensation) -> None:
    first = await approved_recovery(overpaid, ANA, on_2021_12_01="100.00", on_2022_06_01="300.00")
    await paid(overpaid, pay_date="2021-12-31")
    await overpaid.take_in(awarded(ANA, 1, version=3))
    [line] = await line_documents(overpaid, await sealed(overpaid, pay_date="2022-01-31"))
    assert (line["kind"], line["amount"]) == ("bonus", "200.00")

    stop = {"reason": "a smaller deduction was agreed"}
    stopped = given(await recovery_step(overpaid, first, "stop", WRITER, stop))
    assert (stopped["state"], stopped["open"]["amount"]) == ("stopped", "300.00")
    refused(await recovery_step(overpaid, first, "stop", WRITER, stop), 409, "recovery-step-out-of-order")
    [found] = await overpayments(overpaid)
    assert (found["overpaid"]["amount"], found["under_way"]["amount"]) == ("300.00", "200.00")
    refused(await open_recovery(overpaid, ANA, on_2022_03_01="300.00"), 409, "payment-under-way")
    [batch] = await overpaid.rows("SELECT id::text FROM payout_batch WHERE state = 'sealed'")
    view = given(await overpaid.call("GET", f"/payout-batches/{batch['id']}", as_=WRITER))
    given(await acknowledge(overpaid, view))

    await overpaid.take_in(awarded(ANA, 3, credential="mc-leading-teams"))
    [found] = await overpayments(overpaid)
    assert found["overpaid"]["amount"] == "100.00", "what is earned later is set off while no recovery is open"
    second = await approved_recovery(overpaid, ANA, on_2022_03_01="60.00", on_2022_04_01="40.00")
    assert [part["state"] for part in (await recovery(overpaid, first))["instalments"]] == ["recovered", "carried"]
    await paid(overpaid, pay_date="2022-04-30")
    assert (await recovery(overpaid, second))["recovered"]["amount"] == "100.00"
    await conserved(overpaid)


async def test_a_component_under_another_code_is_no_overpayment_and_what_is_owed_is_set_off(
    compensation: Compensation,
) -> None:
    await compensation.publish()
    await compensation.take_in(rostered(ANA), awarded(ANA, 1), rostered(BEN), awarded(BEN, 1))
    await compensation.take_in(awarded(BEN, 2, credential="mc-differentiation"))
    await paid(compensation)
    await compensation.take_in(revoked(BEN, 2, credential="mc-differentiation"))
    await compensation.publish(RENAMED)
    documents = await line_documents(compensation, await sealed(compensation))
    assert {(line["educator_id"], line["amount"]) for line in documents} == {
        (str(ANA), "-200.00"),
        (str(ANA), "200.00"),
    }
    [found] = await overpayments(compensation)
    owed = {part["component"]: part["amount"]["amount"] for part in found["components"]}
    assert (found["educator_id"], found["overpaid"]["amount"]) == (str(BEN), "200.00")
    assert owed == {"micro-credential-stipend": "-400.00", "stipend-again": "200.00"}
    await approved_recovery(compensation, BEN, on_2021_12_01="50.00", on_2022_01_01="150.00")
    taken = await line_documents(compensation, await sealed(compensation, pay_date="2021-12-31"))
    assert {(line["component"], line["amount"], line["kind"]) for line in taken} == {
        ("micro-credential-stipend", "-250.00", "recovery"),
        ("stipend-again", "200.00", "bonus"),
    }
    await conserved(compensation)


async def test_the_database_itself_refuses_what_would_take_back_twice(overpaid: Compensation) -> None:
    opened = await approved_recovery(overpaid, ANA, on_2021_12_01="400.00")
    await prepared(overpaid, pay_date="2021-12-31")
    for statement in (
        "UPDATE recovery SET total_cents = 1",
        "UPDATE recovery SET state = 'proposed'",
        "UPDATE recovery SET approved_by = 'somebody else', state = 'stopped'",
        "DELETE FROM recovery_entry",
        "UPDATE recovery_instalment SET amount_cents = 1",
        "UPDATE recovery_instalment SET carried_to = recovery_id",
        "UPDATE payout_instalment SET instalment_id = line_id",
        "TRUNCATE payout_instalment",
        (
            "INSERT INTO payout_instalment (line_id, instalment_id) SELECT id, instalment_id FROM payout_line,"
            " payout_instalment WHERE kind = 'bonus'"
        ),
        f"INSERT INTO recovery_entry SELECT ledger_entry_id, '{opened['id']}' FROM payout_entry LIMIT 1",
        "INSERT INTO payout_entry SELECT line_id, r.ledger_entry_id FROM payout_entry, recovery_entry r",
        "UPDATE payout_line SET kind = 'bonus' WHERE kind = 'recovery'",
    ):
        with pytest.raises(DBAPIError):
            await overpaid.rows(f"{statement} RETURNING 1" if "TRUNCATE" not in statement else statement)
    await conserved(overpaid)
