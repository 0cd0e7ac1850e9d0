"""Closing a plan year for good, and reopening it with a reason."""

from typing import Any

from tests.integration.compensation.test_attributes import ANA, BEN, CLEO, amounts, recorded, three_teachers
from tests.integration.compensation.test_rebuild import found_again
from tests.support.compensation import APPROVER, PLAN, WRITER, Compensation
from tests.support.factories.events import awarded, rostered
from tests.support.paying import advance, pay

YEAR = "/common-facts/2020-21"


async def close(compensation: Compensation) -> None:
    asked = await compensation.call("POST", f"{YEAR}/settlements", as_=WRITER, json={"final": True})
    assert asked.status_code == 202, asked.text
    await compensation.recalculate()


async def reopen(compensation: Compensation, as_: dict[str, Any]) -> Any:
    body = {"reason": "absences came in late"}
    return await compensation.call("POST", f"{YEAR}/reopening", as_=as_, json=body)


CLOSED = "2020-21 was settled for good: no plan is published over it unless another person reopens it."


async def notes(compensation: Compensation, document: str) -> list[str]:
    found: list[str] = (await compensation.what_if(document=document))["summary"]["notes"]
    return found


async def publication(compensation: Compensation) -> Any:
    version_id = await compensation.approved(PLAN)
    return await compensation.call("POST", f"/plans/{version_id}/publication", as_=APPROVER)


async def test_a_year_whose_plan_looks_at_nobody_else_is_closed_as_well(compensation: Compensation) -> None:
    unpublished = await compensation.call("POST", f"{YEAR}/settlements", as_=WRITER, json={"final": True})
    assert (unpublished.status_code, unpublished.json()["code"]) == (409, "nothing-to-settle")
    await compensation.publish()
    await compensation.take_in(rostered(ANA), awarded(ANA, 1))
    before = await compensation.state()
    await close(compensation)
    common = (await compensation.call("GET", YEAR, as_=WRITER)).json()
    assert (common["is_final"], common["settlement"]) == (True, {})
    # Its statements rest on nothing common, and stay as they are, byte for byte.
    assert await compensation.state() == before
    refused = await publication(compensation)
    assert (refused.status_code, refused.json()["code"]) == (409, "year-closed")
    assert f"POST /compensation/v1{YEAR}/reopening with" in refused.json()["detail"]
    other = PLAN.replace(b'"200.00"', b'"150.00"').decode()
    assert [CLOSED in await notes(compensation, document) for document in (other, PLAN.decode())] == [True, False]
    await pay(compensation)
    assert (await reopen(compensation, APPROVER)).status_code == 200
    assert CLOSED not in await notes(compensation, other)
    assert (await publication(compensation)).status_code == 200


async def test_another_person_reopens_it_and_what_was_settled_is_an_estimate_until_it_is_settled_anew(
    compensation: Compensation,
) -> None:
    await three_teachers(compensation)
    unclosed = await reopen(compensation, APPROVER)
    assert (unclosed.status_code, unclosed.json()["code"]) == (409, "year-not-closed")
    await close(compensation)
    same = await reopen(compensation, WRITER)
    assert (same.status_code, same.json()["code"]) == (403, "closer-cannot-reopen")
    batch = await pay(compensation, up_to="approved")
    paying = await reopen(compensation, APPROVER)
    assert (paying.status_code, paying.json()["code"]) == (409, "year-being-paid")
    await advance(compensation, batch, "withdrawn")
    reopened = await reopen(compensation, APPROVER)
    assert (reopened.status_code, reopened.json()["is_final"]) == (200, False)
    await recorded(compensation, (BEN, "sick", "6"))
    refused = await compensation.call(
        "POST", "/payout-batches", as_=WRITER, json={"plan_year": "2020-21", "pay_date": "2021-11-15"}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "year-not-settled")
    assert f'POST /compensation/v1{YEAR}/settlements with {{"final": true}}' in refused.json()["detail"]
    await close(compensation)
    assert [(await amounts(compensation, who))["share"] for who in (ANA, BEN, CLEO)] == ["500.00", "0.00", "500.00"]
    assert (await compensation.statement(ANA))["common_facts"]["is_final"] is True
    reasons = await compensation.rows("SELECT is_final, reason FROM common_facts ORDER BY number")
    assert [tuple(row.values()) for row in reasons] == [
        (False, None),
        (True, None),
        (False, "absences came in late"),
        (True, None),
    ]


async def test_the_log_alone_brings_a_year_back_that_was_reopened(
    compensation: Compensation, make_database: Any
) -> None:
    await three_teachers(compensation)
    await close(compensation)
    await recorded(compensation, (BEN, "sick", "6"))
    await reopen(compensation, APPROVER)
    await compensation.recalculate()
    await close(compensation)
    async with found_again(compensation, make_database, [rostered(who) for who in (ANA, BEN, CLEO)]):
        pass
