"""What nothing came of is on the record as well: documents that are no plan, batches with nothing to pay."""

from tests.support.compensation import APPROVER, PAYROLL, PLAN, WRITER, Compensation
from tests.support.factories.events import educator_id
from tests.support.payouts import REQUEST, Json, given

BEYOND_ITS_CAP = PLAN.replace(b'at_most: "5000.00"', b'at_most: "100.00"')
RECOVERY = {
    "educator_id": str(educator_id(0)),
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
