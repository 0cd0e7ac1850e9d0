"""Who may take which step of a batch, what is on hold, whom it pays, and what of all this is on the record."""

from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from services.compensation.api import refusals
from tests.support.compensation import APPROVER, PAYROLL, PLAN, RELEASER, WRITER, Compensation
from tests.support.factories.events import CAMPUS, DISTRICT, awarded, educator_id, revoked, rostered
from tests.support.payouts import (
    SEEN,
    YEAR,
    acknowledge,
    given,
    hold,
    line_documents,
    prepared,
    refused,
    sealed,
    step,
)

ANA, BEN, EVA = educator_id(1), educator_id(2), educator_id(3)
OTHER_DISTRICT, OTHER_CAMPUS = UUID(int=0xD2), UUID(int=0xC2)


@pytest.fixture
async def earned(compensation: Compensation) -> Compensation:
    """Ana and Ben have earned 200 each in one district, Eva 400 in another; the stipend counts for retirement."""
    await compensation.publish(PLAN.replace(b"    pay: per_award\n", b"    pay: per_award\n    retirement: true\n"))
    await compensation.take_in(rostered(ANA), awarded(ANA, 1), rostered(BEN), awarded(BEN, 1))
    elsewhere = rostered(EVA, district_id=OTHER_DISTRICT, campus_id=OTHER_CAMPUS)
    await compensation.take_in(elsewhere, awarded(EVA, 1), awarded(EVA, 2, credential="mc-differentiation"))
    return compensation


async def test_three_people_and_every_refused_step_is_on_the_record(earned: Compensation) -> None:
    batch = await prepared(earned)
    refused(await step(earned, batch, "approval", WRITER, SEEN), 403, "preparer-cannot-approve")
    given(await step(earned, batch, "approval", APPROVER, SEEN))
    for who in (WRITER, APPROVER):
        refused(await step(earned, batch, "seal", who), 403, "releaser-not-separate")
    with pytest.raises(DBAPIError):
        await earned.rows("UPDATE payout_batch SET state = 'sealed', sealed_by = approved_by RETURNING id")
    batch = given(await step(earned, batch, "seal", RELEASER))
    changed = {"control_total": {"amount": "800.01", "currency": "USD"}}
    refused(await acknowledge(earned, batch, **changed), 409, "acknowledgement-does-not-match")
    given(await acknowledge(earned, batch))
    again = await acknowledge(earned, batch)
    refused(again, 409, "payout-step-out-of-order")
    assert "is acknowledged: nothing can follow" in again.json()["detail"]

    path = f"/payout-batches/{batch['id']}/refusals"
    record = given(await earned.call("GET", path, as_=WRITER))
    assert [(one["operation"], one["tried_by"], one["code"]) for one in record] == [
        ("approve_payout_batch", "hr-writer", "preparer-cannot-approve"),
        ("seal_payout_batch", "hr-writer", "releaser-not-separate"),
        ("seal_payout_batch", "hr-approver", "releaser-not-separate"),
        ("acknowledge_payout_batch", "client:payroll", "acknowledgement-does-not-match"),
        ("acknowledge_payout_batch", "client:payroll", "payout-step-out-of-order"),
    ]
    assert "another person has to approve it" in record[0]["detail"]
    assert (await earned.call("GET", path, as_=PAYROLL)).status_code == 403
    with pytest.raises(DBAPIError):
        await earned.rows("DELETE FROM refused_step RETURNING id")


async def test_who_approves_estimates_says_so_and_those_of_a_closed_year_are_none(earned: Compensation) -> None:
    batch = await prepared(earned)
    assert batch["is_estimate"] is True
    for unseen in ({}, {"accepts_estimates": False}):
        problem = refused(await step(earned, batch, "approval", APPROVER, unseen), 409, "estimates-not-accepted")
        assert "close the year and prepare again" in problem["detail"]
    with pytest.raises(DBAPIError):
        await earned.rows("UPDATE payout_batch SET is_estimate = false RETURNING id")
    given(await step(earned, batch, "approval", APPROVER, SEEN))
    given(await step(earned, batch, "withdrawal", WRITER, {"reason": "the year is about to close"}))
    given(await earned.call("POST", "/common-facts/2020-21/settlements", as_=WRITER, json={"final": True}), 202)
    await earned.recalculate()
    batch = await prepared(earned)
    assert batch["is_estimate"] is False
    given(await step(earned, batch, "approval", APPROVER, {}))


async def test_a_refusal_is_answered_though_it_cannot_be_recorded(
    earned: Compensation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable(*_: object, **__: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(refusals.service, "record_refusal", unreachable)
    refused(await step(earned, await prepared(earned), "approval", WRITER, SEEN), 403, "preparer-cannot-approve")


async def test_nothing_is_paid_that_is_not_owed_by_now(earned: Compensation) -> None:
    batch = await prepared(earned)
    given(await step(earned, batch, "approval", APPROVER, SEEN))
    await earned.take_in(revoked(EVA, 1))
    problem = refused(await step(earned, batch, "seal", RELEASER), 409, "lines-not-owed")
    [line] = [line for line in await _answered(earned, batch) if line["educator_id"] == str(EVA)]
    assert problem["errors"] == [{"pointer": f"/lines/{line['number']}", "detail": "pays more than is owed by now"}]
    given(await step(earned, batch, "withdrawal", WRITER, {"reason": "an award was revoked"}))
    assert (await sealed(earned))["control_total"]["amount"] == "600.00"


async def test_nothing_is_paid_before_everybody_is_decided_by_what_stands(earned: Compensation) -> None:
    batch = await prepared(earned)
    await earned.announce(PLAN.replace(b'"200.00"', b'"100.00"'))
    refused(await step(earned, batch, "approval", APPROVER, SEEN), 409, "recalculation-under-way")
    body = {**YEAR, "pay_date": "2021-11-15"}
    refused(await earned.call("POST", "/payout-batches", as_=WRITER, json=body), 409, "recalculation-under-way")
    await earned.recalculate()
    refused(await step(earned, batch, "approval", APPROVER, SEEN), 409, "lines-not-owed")
    given(await step(earned, batch, "withdrawal", WRITER, {"reason": "the plan pays less"}))
    assert (await prepared(earned))["control_total"]["amount"] == "400.00"


async def test_a_hold_keeps_everything_of_an_educator_back_until_it_is_lifted(earned: Compensation) -> None:
    first = await hold(earned, ANA)
    batch = await prepared(earned)
    assert batch["held"] == {"educators": 1, "amount": {"amount": "200.00", "currency": "USD"}}
    assert batch["control_total"]["amount"] == "600.00"
    given(await step(earned, batch, "approval", APPROVER, SEEN))
    later = await hold(earned, EVA)
    problem = refused(await step(earned, batch, "seal", RELEASER), 409, "lines-on-hold")
    number = next(line["number"] for line in await _answered(earned, batch) if line["educator_id"] == str(EVA))
    assert problem["errors"][0]["pointer"] == f"/lines/{number}"
    given(await step(earned, batch, "withdrawal", WRITER, {"reason": "somebody is on hold"}))
    again = await prepared(earned)
    assert (again["held"]["educators"], again["control_total"]["amount"]) == (2, "200.00")

    path = f"/payment-holds/{later['id']}/lift"
    lift = {"reason": "the inquiry was answered"}
    lifted = given(await earned.call("POST", path, as_=APPROVER, json=lift))
    assert (lifted["lifted_by"], lifted["lift_reason"]) == ("hr-approver", "the inquiry was answered")
    refused(await earned.call("POST", path, as_=APPROVER, json=lift), 409, "payment-hold-lifted")
    open_ones = given(await earned.call("GET", "/payment-holds", as_=WRITER, params=YEAR | {"state": "open"}))
    assert [one["id"] for one in open_ones] == [first["id"]]
    assert (await sealed(earned))["control_total"]["amount"] == "400.00"
    nobody = {"educator_id": str(UUID(int=9)), **YEAR, "reason": "never rostered"}
    refused(await earned.call("POST", "/payment-holds", as_=WRITER, json=nobody), 422, "educator-not-rostered")
    with pytest.raises(DBAPIError):
        await earned.rows("UPDATE payment_hold SET reason = 'another', lifted_by = 'me' RETURNING id")


async def _answered(compensation: Compensation, batch: dict[str, object]) -> list[dict[str, object]]:
    path = f"/payout-batches/{batch['id']}/acknowledgements"
    found: list[dict[str, object]] = given(await compensation.call("GET", path, as_=WRITER))
    return found


async def test_a_batch_of_one_district_with_account_codes_and_what_retirement_depends_on(earned: Compensation) -> None:
    path = "/account-codes/2020-21"
    empty = await earned.call("GET", path, as_=WRITER)
    assert (empty.json()["number"], empty.headers["ETag"]) == (0, '"v0"')
    general, campus = "199-11-6117-00-999-1-11", "199-11-6117-001-1-11"
    rows = [
        {"district_id": str(OTHER_DISTRICT), "account_code": general},
        {"campus_id": str(CAMPUS), "component": "micro-credential-stipend", "account_code": campus},
        {"campus_id": str(CAMPUS), "account_code": "199-11-6117-00-001-1-99"},
    ]
    table = {"json": {"rows": rows}, "headers": {"If-Match": '"v0"'}}
    kept = await earned.call("PUT", path, as_=WRITER, **table)
    assert (given(kept)["number"], kept.headers["ETag"]) == (1, '"v1"')
    refused(await earned.call("PUT", path, as_=WRITER, **table), 412, "stale-version")
    for wrong in ("199-11-6117-1", "199-1A-6117-00-001-1-11"):
        unfit = {"json": {"rows": [{"account_code": wrong}]}, "headers": {"If-Match": '"v1"'}}
        refused(await earned.call("PUT", path, as_=WRITER, **unfit), 422, "malformed-request")

    other = await sealed(earned, district_id=str(OTHER_DISTRICT))
    assert other["districts"] == [
        {"district_id": str(OTHER_DISTRICT), "line_count": 1, "control_total": other["control_total"]}
    ]
    [line] = await line_documents(earned, other)
    assert (line["educator_id"], line["account_code"]) == (str(EVA), general)
    given(await earned.call("PUT", path, as_=WRITER, json={"rows": []}, headers={"If-Match": '"v1"'}))
    given(await earned.call("PUT", path, as_=WRITER, json={"rows": rows[1:]}, headers={"If-Match": '"v2"'}))
    whole = await sealed(earned)
    assert [(total["district_id"], total["line_count"]) for total in whole["districts"]] == [(str(DISTRICT), 2)]
    assert whole["lines_without_account_code"] == 0
    [plan] = await earned.rows("SELECT content_hash FROM plan_version")
    for line in await line_documents(earned, whole):
        assert line["account_code"] == campus
        assert line["retirement"] is True
        assert line["plan_content_hash"] == plan["content_hash"]
        assert (line["paid_in_year"], line["minute_reference"]) == ("2021-22", "illustrative, no minutes")
    taken = (await _answered(earned, whole))[0]
    accepted = [{"line_id": taken["line_id"], "paid_on": "2021-11-16", "payroll_reference": "CHK-1"}]
    refused(
        await acknowledge(earned, whole, accepted=accepted, rejected=[{"line_id": taken["line_id"], "reason": "both"}]),
        422,
        "malformed-request",
    )
    given(await acknowledge(earned, whole, accepted=accepted))
    first, second = await _answered(earned, whole)
    assert (first["state"], first["paid_on"], first["payroll_reference"]) == ("accepted", "2021-11-16", "CHK-1")
    assert (second["state"], second["paid_on"]) == ("accepted", None)
