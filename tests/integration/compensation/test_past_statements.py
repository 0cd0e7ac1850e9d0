"""Statements of the past come back byte for byte, a status says how far the standing one is, and both are explained."""

import json
from datetime import timedelta
from random import Random
from typing import Any

import httpx

from services.compensation.domain import moment_text
from tests.integration.compensation.test_payouts import acknowledge, sealed
from tests.support.compensation import PAYROLL, PLAN, SHARED_PLAN, WRITER, Compensation
from tests.support.factories.events import CAMPUS, a_year_of, awarded, educator_id, rostered
from tests.support.factories.events import revoked as taken_back

ANA, BEN = educator_id(1), educator_id(2)
OWN = {"roles": ["educator"], "sub": "ana", "educator_id": str(ANA)}
PRINCIPAL = {"roles": ["principal"], "sub": "principal", "campus_ids": [str(CAMPUS)]}
STRANGER = {"roles": ["educator"], "sub": "ben", "educator_id": str(BEN)}


async def read(compensation: Compensation, part: str, *, as_: Any = OWN, **params: Any) -> httpx.Response:
    request: dict[str, Any] = {"params": {"plan_year": "2020-21", **params.pop("params", {})}, **params}
    return await compensation.call("GET", f"/educators/{ANA}/{part}", as_=as_, **request)


async def test_what_was_served_at_any_moment_is_served_again_for_that_moment(compensation: Compensation) -> None:
    """Random histories, in random order, with a second plan version half way."""
    rng = Random(5)
    before = compensation.clock.now()
    await compensation.publish()
    events = [*a_year_of(ANA), *(awarded(ANA, number, credential=f"mc-{number}") for number in range(3, 9))]
    events += [taken_back(ANA, 4, credential="mc-4")]
    events = [events[0], *rng.sample(events[1:], len(events) - 1)]
    served = []
    for number, event in enumerate(events):
        await compensation.take_in(event)
        if number == len(events) // 2:
            await compensation.publish(PLAN.replace(b'"200.00"', b'"250.00"'))
        answer = await read(compensation, "statement")
        ledger = (await read(compensation, "ledger")).content
        ladder = (await read(compensation, "ladder")).content
        served.append((compensation.clock.now(), answer, ledger, ladder))
        compensation.clock.advance(minutes=rng.choice([0, 1, 600]))
    assert len({answer.content for _, answer, _, _ in served}) > 8
    for moment, answer, ledger, ladder in served:
        at = {"as_of": moment_text(moment)}
        again = await read(compensation, "statement", params=at)
        assert (again.content, again.headers["etag"]) == (answer.content, answer.headers["etag"])
        assert (await read(compensation, "ledger", params=at)).content == ledger
        assert (await read(compensation, "ladder", params=at)).content == ladder
        by_number = {"sequence": answer.headers["rung-statement-sequence"]}
        assert (await read(compensation, "statement", params=by_number)).content == answer.content
    early = await read(compensation, "statement", params={"as_of": moment_text(before - timedelta(days=1))})
    assert (early.status_code, early.json()["code"]) == (404, "statement-absent")
    assert "there was none before" in early.json()["detail"]
    unborn = await read(compensation, "statement", params={"sequence": 99})
    assert (unborn.status_code, unborn.json()["code"]) == (404, "statement-absent")


async def test_a_moment_beyond_the_calendar_and_two_choices_at_once_are_refused(compensation: Compensation) -> None:
    await compensation.publish()
    await compensation.take_in(rostered(ANA))
    for params in (
        {"as_of": "0001-01-01T00:00:00+14:00"},
        {"as_of": "9999-12-31T23:59:59-14:00"},
        {"as_of": "2021-01-01T00:00:00"},
        {"sequence": 2**31},
        {"as_of": "2021-01-01T00:00:00Z", "sequence": 1},
    ):
        assert (await read(compensation, "statement", params=params)).status_code == 422, params


async def status(compensation: Compensation) -> dict[str, Any]:
    answer = await read(compensation, "statement/status")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    header = (await read(compensation, "statement")).headers["rung-statement-status"]
    assert header == body["status"]
    return body


async def test_the_status_follows_the_money_to_the_last_acknowledged_cent(compensation: Compensation) -> None:
    await compensation.publish()
    await compensation.take_in(rostered(ANA), awarded(ANA, 1))
    tag = (await read(compensation, "statement")).headers["etag"]
    first = await status(compensation)
    assert (first["status"], first["earned"]["amount"], first["waiting"]["amount"]) == ("estimate", "200.00", "200.00")
    batch = await sealed(compensation)
    approved = await status(compensation)
    assert (approved["approved"]["amount"], approved["waiting"]["amount"]) == ("200.00", "0.00")
    assert (await acknowledge(compensation, batch)).status_code == 200
    paid = await status(compensation)
    assert (paid["status"], paid["paid"]["amount"]) == ("paid", "200.00")
    unchanged = await read(compensation, "statement", headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.headers["rung-statement-status"]) == (304, "paid")
    # Taken back after it was paid: more was paid than is earned, and payroll has confirmed it of nothing.
    await compensation.take_in(taken_back(ANA, 1))
    after = await status(compensation)
    assert (after["status"], after["waiting"]["amount"]) == ("estimate", "-200.00")


async def test_a_year_that_is_settled_for_good_is_final(compensation: Compensation) -> None:
    await compensation.take_in(rostered(ANA))
    await compensation.publish(SHARED_PLAN)
    assert (await status(compensation))["status"] == "estimate"
    await compensation.call("POST", "/common-facts/2020-21/settlements", as_=WRITER, json={"final": True})
    await compensation.recalculate()
    assert (await status(compensation))["status"] == "final"


async def test_any_statement_is_explained_by_its_own_facts_and_its_own_plan(compensation: Compensation) -> None:
    await compensation.publish()
    for event in a_year_of(ANA):
        await compensation.take_in(event)
    await compensation.publish(PLAN.replace(b'"200.00"', b'"250.00"'))
    versions = (await read(compensation, "statement/versions")).json()
    for version in versions:
        answer = await read(compensation, "statement/explanation", params={"sequence": version["sequence"]})
        assert answer.status_code == 200, answer.text
        explained = answer.json()
        assert explained["statement_hash"] == version["hash"]
        assert explained["why"]["amount"] == version["total"]
    last = json.loads((await read(compensation, "statement/explanation", as_=PRINCIPAL)).content)
    assert {part["component"] for part in last["still_earnable"]} >= {"micro-credential-stipend"}
    tag = answer.headers["etag"]
    again = await read(compensation, "statement/explanation", headers={"If-None-Match": tag})
    assert again.status_code == 304


async def test_what_rests_on_all_educators_is_explained_with_the_settlement_of_its_time(
    compensation: Compensation,
) -> None:
    await compensation.take_in(rostered(ANA))
    await compensation.publish(SHARED_PLAN)
    campuses = {"campuses": {str(CAMPUS): {"need": "1.37"}}}
    await compensation.call("PUT", "/common-facts/2020-21/campuses", as_=WRITER, json=campuses)
    await compensation.recalculate()
    for version in (await read(compensation, "statement/versions")).json():
        answer = await read(compensation, "statement/explanation", params={"sequence": version["sequence"]})
        assert answer.json()["why"]["amount"] == version["total"]


async def test_the_page_is_for_the_same_people_and_is_the_same_bytes_each_time(compensation: Compensation) -> None:
    await compensation.publish()
    await compensation.take_in(*a_year_of(ANA))
    html = await read(compensation, "statement/page")
    assert html.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in html.headers["content-security-policy"]
    for text in ("Bonus statement 2020-21", "Estimate", str(ANA)[:8], "If something is wrong"):
        assert text in html.text
    assert "<script" not in html.text
    assert "http" not in html.text.replace("https://", "http://").partition("<body>")[0]
    by_accept = await read(compensation, "statement/page", headers={"Accept": "application/pdf"})
    compensation.clock.advance(hours=1)
    by_name = await read(compensation, "statement/page", params={"format": "pdf"})
    assert by_accept.content == by_name.content
    assert by_name.content.startswith(b"%PDF-")
    # What is paid and which deadlines have passed is of a day, and the page names it.
    assert "This page is as of 2021-03-01." in html.text
    compensation.clock.advance(days=1)
    assert "This page is as of 2021-03-02." in (await read(compensation, "statement/page")).text
    past = await read(compensation, "statement/page", params={"sequence": 1})
    assert "As it stood" in past.text
    for part in ("page", "explanation", "status"):
        for who, expected in ((PRINCIPAL, 200), (PAYROLL, 200), (STRANGER, 403)):
            assert (await read(compensation, f"statement/{part}", as_=who)).status_code == expected, (part, who)
