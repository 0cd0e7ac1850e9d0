"""What nothing came of is on the record as well: documents that are no plan, batches with nothing to pay."""

from uuid import UUID

from tests.support.compensation import APPROVER, PAYROLL, PLAN, WRITER, Compensation
from tests.support.factories.events import educator_id, rostered
from tests.support.payouts import REQUEST, Json, given

ANA = educator_id(0)
BEYOND_ITS_CAP = PLAN.replace(b'at_most: "5000.00"', b'at_most: "100.00"')
RECOVERY = {
    "educator_id": str(ANA),
    "plan_year": "2020-21",
    "instalments": [{"due_on": "2021-11-15", "amount": "1.00"}],
}


async def test_an_amount_beyond_the_cap_and_all_else_that_nothing_came_of_is_on_the_record(
    compensation: Compensation,
) -> None:
    assert BEYOND_ITS_CAP != PLAN
    for caller, door, request in (
        (WRITER, "/plans", {"content": BEYOND_ITS_CAP}),
        (WRITER, "/plans", {"content": b""}),
        (APPROVER, "/payout-batches", {"json": REQUEST}),
        (WRITER, "/recoveries", {"json": RECOVERY}),
    ):
        assert (await compensation.call("POST", door, as_=caller, **request)).is_error
        compensation.clock.advance(seconds=1)
    version = await compensation.write()
    assert (await compensation.call("POST", f"/plans/{version}/publication", as_=APPROVER)).is_error

    found = await pages(compensation)
    assert [(one["operation"], one["tried_by"], one["code"], one["subject_id"]) for one in found] == [
        ("write_plan", "hr-writer", "plan-invalid", None),
        ("write_plan", "hr-writer", "plan-unreadable", None),
        ("prepare_payout_batch", "hr-approver", "nothing-to-pay", None),
        ("open_recovery", "hr-writer", "nothing-overpaid", None),
        ("publish_plan", "hr-approver", "plan-step-out-of-order", version),
    ]
    assert "/total_cap/at_most" in found[0]["detail"]
    assert "could never be paid: raise the cap or lower the amount" in found[0]["detail"]
    answer = await compensation.call("GET", "/refusals", as_=PAYROLL)
    assert answer.json()["code"] == "insufficient-scope"


async def test_who_closed_cannot_reopen_and_nobody_keeps_their_own_and_both_are_on_the_record(
    compensation: Compensation,
) -> None:
    await compensation.publish()
    await compensation.take_in(rostered(ANA))
    year = "/common-facts/2020-21"
    await compensation.call("POST", f"{year}/settlements", as_=WRITER, json={"final": True})
    await compensation.recalculate()
    own = {"educator_id": str(ANA), "school_year": "2020-21", "attribute": "absence_days", "item": None, "value": "0"}
    person = WRITER | {"roles": ["hr", "educator"], "educator_id": str(ANA)}
    for caller, door, body in (
        (WRITER, f"{year}/reopening", {"reason": "again"}),
        (person, "/attributes", [own]),
        (APPROVER, f"/inquiries/{UUID(int=1)}/answer", {"outcome": "dismissed", "reason": "no"}),
    ):
        assert (await compensation.call("POST", door, as_=caller, json=body)).is_error
        compensation.clock.advance(seconds=1)
    assert [(one["operation"], one["code"]) for one in await pages(compensation)] == [
        ("reopen_plan_year", "closer-cannot-reopen"),
        ("record_attributes", "conflict-of-interest"),
    ]


async def pages(compensation: Compensation) -> list[Json]:
    """All of them, two a page."""
    found: list[Json] = []
    cursor = None
    while True:
        params = {"limit": 2} if cursor is None else {"limit": 2, "cursor": cursor}
        page = given(await compensation.call("GET", "/refusals", as_=WRITER, params=params))
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found
