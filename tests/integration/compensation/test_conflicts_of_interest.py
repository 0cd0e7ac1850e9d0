"""Somebody of HR who is an educator as well decides nothing that their own pay rests on: another person does."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.support.compensation import APPROVER, WRITER, Compensation
from tests.support.factories.events import awarded, educator_id, revoked, rostered
from tests.support.payouts import YEAR, given, hold, open_recovery, paid, refused

ANA, BEN = educator_id(1), educator_id(2)
ANA_OF_HR = {"roles": ["hr", "educator"], "sub": "hr-ana", "educator_id": str(ANA)}
WHY = {"reason": "found to be right"}
CODE = "conflict-of-interest"


@pytest.fixture
async def earned(compensation: Compensation) -> Compensation:
    await compensation.publish()
    await compensation.take_in(rostered(ANA), awarded(ANA, 1), rostered(BEN), awarded(BEN, 1))
    return compensation


async def own(compensation: Compensation, path: str, body: Any = None) -> dict[str, Any]:
    """The problem of a step that Ana is refused, of which a log tells, and that leaves nothing."""
    with capture_logs() as logs:
        problem = refused(await compensation.call("POST", path, as_=ANA_OF_HR, json=body), 403, CODE)
    assert [one["detail"] for one in logs if one["event"] == "refused"] == [problem["detail"]]
    assert "another person of HR" in problem["detail"]
    return problem


def days_absent(*educators: Any) -> list[dict[str, Any]]:
    absent = {"school_year": "2020-21", "attribute": "absence_days", "item": "sick", "value": "2"}
    return [{"educator_id": str(educator), **absent} for educator in educators]


async def test_attributes_with_oneself_among_them_are_refused_whole_and_the_line_is_named(earned: Compensation) -> None:
    problem = await own(earned, "/attributes", days_absent(BEN, BEN, ANA))
    assert [one["pointer"] for one in problem["errors"]] == ["/2/educator_id"]
    assert await earned.rows("SELECT id FROM attribute") == []
    given(await earned.call("POST", "/attributes", as_=ANA_OF_HR, json=days_absent(BEN)))
    given(await earned.call("POST", "/attributes", as_=WRITER, json=days_absent(ANA)))


async def test_holds_are_placed_and_lifted_by_another(earned: Compensation) -> None:
    body = {"educator_id": str(ANA), **YEAR, "reason": "an investigation"}
    await own(earned, "/payment-holds", body)
    assert await earned.rows("SELECT id FROM payment_hold") == []
    lift = f"/payment-holds/{(await hold(earned, ANA))['id']}/lift"
    await own(earned, lift, WHY)
    given(await earned.call("POST", lift, as_=APPROVER, json=WHY))


async def test_a_recovery_is_opened_approved_and_stopped_by_others(earned: Compensation) -> None:
    await paid(earned)
    await earned.take_in(revoked(ANA, 1))
    due = {"educator_id": str(ANA), **YEAR, "instalments": [{"due_on": "2021-12-01", "amount": "200.00"}]}
    await own(earned, "/recoveries", due)
    opened = given(await open_recovery(earned, ANA, on_2021_12_01="200.00"), 201)
    for door, body in (("approval", None), ("stop", WHY)):
        await own(earned, f"/recoveries/{opened['id']}/{door}", body)
    given(await earned.call("POST", f"/recoveries/{opened['id']}/approval", as_=APPROVER))
    record = given(await earned.call("GET", f"/recoveries/{opened['id']}/refusals", as_=WRITER))
    assert [(one["tried_by"], one["code"]) for one in record] == [("hr-ana", CODE)] * 2


async def test_an_inquiry_is_opened_in_person_and_assigned_and_answered_by_another(earned: Compensation) -> None:
    asked = {
        **YEAR,
        "sequence": 1,
        "component": None,
        "category": "calculation",
        "text": "This is not what I expected.",
    }
    opened = given(await earned.call("POST", f"/educators/{ANA}/inquiries", as_=ANA_OF_HR, json=asked), 201)
    path = f"/inquiries/{opened['id']}"
    await own(earned, f"{path}/assignment", {"owner": "hr-friend"})
    await own(earned, f"{path}/answer", {"outcome": "upheld", **WHY})
    given(await earned.call("POST", f"{path}/assignment", as_=WRITER, json={"owner": "hr-approver"}))
    given(await earned.call("POST", f"{path}/answer", as_=APPROVER, json={"outcome": "upheld", **WHY}))


async def test_what_is_brought_along_of_oneself_is_recorded_by_another(earned: Compensation) -> None:
    """The kind that no statement has to bear out; what is confirmed is in `test_placements`."""
    brought = {
        "educator_id": str(ANA),
        "ladder": "none",
        "school_year": "2020-21",
        "rung": "one",
        "kind": "brought_along",
    }
    problem = await own(earned, "/placements", [brought])
    assert [one["pointer"] for one in problem["errors"]] == ["/0/educator_id"]
