"""The outside evaluator's snapshot on a real database: what is in it, what never is, who gets it, and that it stays."""

import csv
import dataclasses
import hashlib
import io
import json
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.compensation.bootstrap import make_next_snapshot
from shared.runtime import Runtime
from tests.integration.compensation.test_rebuild import NEXT_YEAR
from tests.support.compensation import APPROVER, PAYROLL, WRITER, Compensation
from tests.support.factories.events import CAMPUS, DISTRICT, a_year_of, awarded, educator_id, rostered, scored

EVALUATOR = {"roles": ["evaluator"], "sub": "client:evaluator"}
KEY = "a key of an installation, long enough"
PEOPLE = [educator_id(number) for number in range(12)]
YEAR = "2020-21"
DOOR = "/evaluator-snapshots"
FILES = {
    "counts.csv",
    "counts.parquet",
    "data_dictionary.csv",
    "data_dictionary.json",
    "educators.csv",
    "educators.parquet",
    "manifest.json",
}


def runtime_with(compensation: Compensation, key: str | None) -> Runtime[Any]:
    """The worker's: only it has the key."""
    runtime = compensation.running.runtime
    settings = runtime.settings.model_copy(update={"pseudonym_key": SecretStr(key) if key else None})
    return dataclasses.replace(runtime, settings=settings)


async def asked(compensation: Compensation, plan_year: str = YEAR, **terms: Any) -> str:
    answer = await compensation.call(
        "POST", DOOR, as_=WRITER, json={"plan_year": plan_year, "suppress_below": 5} | terms
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def snapshot(compensation: Compensation, plan_year: str = YEAR, key: str | None = KEY, **terms: Any) -> Any:
    """Asked for and made; as the evaluator sees it."""
    snapshot_id = await asked(compensation, plan_year, **terms)
    assert await make_next_snapshot(runtime_with(compensation, key))
    return (await compensation.call("GET", f"{DOOR}/{snapshot_id}", as_=EVALUATOR)).json()


async def content(compensation: Compensation, made: Any, name: str) -> bytes:
    answer = await compensation.call("GET", f"{DOOR}/{made['id']}/files/{name}", as_=EVALUATOR)
    assert answer.status_code == 200, answer.text
    return answer.content


async def rows(compensation: Compensation, made: Any, name: str = "educators.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((await content(compensation, made, name)).decode())))


async def a_paid_year(compensation: Compensation) -> None:
    """Nine teachers with a whole year, one of them refused by payroll, two without evidence, and a substitute."""
    await compensation.publish()
    for who in PEOPLE[:9]:
        await compensation.take_in(*a_year_of(who), scored(who))
    await compensation.take_in(rostered(PEOPLE[9]), rostered(PEOPLE[10]), rostered(PEOPLE[11], role="other"))
    batch = (
        await compensation.call(
            "POST", "/payout-batches", as_=WRITER, json={"plan_year": YEAR, "pay_date": "2021-11-15"}
        )
    ).json()
    path = f"/payout-batches/{batch['id']}"
    await compensation.call("POST", f"{path}/approval", as_=APPROVER, json={"accepts_estimates": True})
    await compensation.call("POST", f"{path}/seal", as_={"roles": ["hr"], "sub": "hr-releaser"})
    pulled = await compensation.call("GET", f"{path}/lines", as_=PAYROLL)
    lines = [json.loads(line) for line in pulled.content.splitlines()]
    refused = [
        {"line_id": line["line_id"], "reason": "no account"} for line in lines if line["educator_id"] == str(PEOPLE[0])
    ]
    counted = {name: batch[name] for name in ("line_count", "control_total", "content_hash")}
    answer = await compensation.call(
        "POST", f"{path}/acknowledgements", as_=PAYROLL, json=counted | {"rejected": refused}
    )
    assert answer.status_code == 200, answer.text


async def test_it_shows_who_was_considered_eligible_and_paid_and_why_not(compensation: Compensation) -> None:
    await a_paid_year(compensation)
    await compensation.call(
        "PUT",
        f"/common-facts/{YEAR}/campuses",
        as_=WRITER,
        json={"campuses": {str(CAMPUS): {"high_need": "1"}}},
    )
    hold = {"educator_id": str(PEOPLE[0]), "plan_year": YEAR, "reason": "the account is looked for"}
    await compensation.call("POST", "/payment-holds", as_=WRITER, json=hold)
    made = await snapshot(compensation, comparison_attribute="high_need")
    assert (made["state"], made["number"], made["educators"]) == ("made", 1, 12)
    people = await rows(compensation, made)
    reasons = sorted(one["reason_codes"] for one in people if one["reason_codes"])
    effective = "gate:observed-twice;gate:effective-teaching;gate:student-growth"
    assert reasons == [effective, effective, "payment-hold", "role-not-paid"]
    [paid, *_] = [one for one in people if one["paid"] == "true"]
    assert (paid["earned_total"], paid["paid_total"]) == ("2200.00", "2200.00")
    assert (paid["observation_count"], paid["observation_mean"]) == ("2", "3.5000")
    assert (paid["growth_percent"], paid["slo_quality_mean"]) == ("72.5000", "3.2500")
    assert (paid["slo_attainment_mean"], paid["micro_credentials"]) == ("84.0000", "1")
    assert (paid["cohort"], paid["comparison_group"], paid["retained"]) == ("2015-16", "yes", "")
    [network] = [row for row in await rows(compensation, made, "counts.csv") if row["level"] == "network"]
    assert (network["considered"], network["eligible"], network["not_eligible"]) == ("12", "", "")
    manifest = json.loads(await content(compensation, made, "manifest.json"))
    assert "Fewer than 5 of 12 have no finalized observation." in manifest["known_weaknesses"]
    assert "12 of 12 have no summative rating." in manifest["known_weaknesses"]


async def test_nothing_of_the_database_leads_from_a_file_to_a_person(compensation: Compensation) -> None:
    await a_paid_year(compensation)
    made = await snapshot(compensation)
    assert {one["name"] for one in made["files"]} == FILES
    known = [str(CAMPUS), str(DISTRICT), *(str(who) for who in PEOPLE), *(str(who)[:8] for who in PEOPLE)]
    for one in made["files"]:
        found = await content(compensation, made, one["name"])
        assert hashlib.sha256(found).hexdigest() == one["sha256"]
        assert not [word for word in known if word.encode() in found or word.replace("-", "").encode() in found]
    manifest = json.loads(await content(compensation, made, "manifest.json"))
    named = {one["name"]: one["sha256"] for one in made["files"] if one["name"] != "manifest.json"}
    assert {name: one["sha256"] for name, one in manifest["files"].items()} == named


async def test_a_pseudonym_is_the_same_in_another_year_and_another_snapshot(compensation: Compensation) -> None:
    await a_paid_year(compensation)
    await compensation.publish(NEXT_YEAR)
    made = [await snapshot(compensation), await snapshot(compensation), await snapshot(compensation, "2021-22")]
    assert [(one["plan_year"], one["number"]) for one in made] == [(YEAR, 1), (YEAR, 2), ("2021-22", 1)]
    first, second, later = [{row["pseudonym"] for row in await rows(compensation, one)} for one in made]
    assert first == second == later
    other = await snapshot(compensation, key=KEY[::-1])
    assert first.isdisjoint(row["pseudonym"] for row in await rows(compensation, other))
    listed = await compensation.call("GET", DOOR, as_=EVALUATOR, params={"plan_year": YEAR})
    assert [one["number"] for one in listed.json()] == [1, 2, 3]


async def test_what_was_made_stays_whatever_happens_later(compensation: Compensation) -> None:
    await a_paid_year(compensation)
    made = await snapshot(compensation)
    before = await content(compensation, made, "educators.csv")
    await compensation.take_in(awarded(PEOPLE[9], 7))
    again = await compensation.call(
        "GET",
        f"{DOOR}/{made['id']}/files/educators.csv",
        as_=EVALUATOR,
        headers={"If-None-Match": f'"{hashlib.sha256(before).hexdigest()}"'},
    )
    assert again.status_code == 304
    for change in (
        "UPDATE evaluator_snapshot_file SET content = ''",
        "DELETE FROM evaluator_snapshot_file",
        "TRUNCATE evaluator_snapshot_file",
        f"INSERT INTO evaluator_snapshot_file VALUES ('{made['id']}', 'more.csv', '', '')",
        "UPDATE evaluator_snapshot SET educators = 1",
        "DELETE FROM evaluator_snapshot",
    ):
        with pytest.raises(DBAPIError, match=r"append-only|never changes|all of its files"):
            async with compensation.engine.begin() as connection:
                await connection.execute(text(change))


async def test_without_a_key_it_is_given_up_with_the_remedy(compensation: Compensation) -> None:
    await compensation.publish()
    for key in (None, "short"):
        made = await snapshot(compensation, key=key)
        assert made["state"] == "failed"
        assert "RUNG_PSEUDONYM_KEY" in made["failure"]
        absent = await compensation.call("GET", f"{DOOR}/{made['id']}/files/educators.csv", as_=EVALUATOR)
        assert (absent.status_code, absent.json()["code"]) == (404, "snapshot-file-unknown")
    assert not await make_next_snapshot(runtime_with(compensation, KEY))


async def test_only_hr_asks_and_only_the_evaluator_and_hr_read(compensation: Compensation) -> None:
    refused = await compensation.call("POST", DOOR, as_=WRITER, json={"plan_year": "2031-32"})
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing-to-snapshot")
    await compensation.publish()
    for role in ("educator", "principal", "payroll", "evaluator", "appraiser"):
        one = {"roles": [role], "sub": role}
        answer = await compensation.call("POST", DOOR, as_=one, json={"plan_year": YEAR})
        assert answer.status_code == 403, role
        for path in (DOOR, f"{DOOR}/{uuid4()}", f"{DOOR}/{uuid4()}/files/educators.csv"):
            seen = await compensation.call("GET", path, as_=one)
            assert (seen.status_code == 403) == (role != "evaluator"), (role, path)
    for terms in ({"suppress_below": 4}, {"suppress_below": 31}, {"comparison_attribute": "a\0b"}):
        answer = await compensation.call("POST", DOOR, as_=WRITER, json={"plan_year": YEAR} | terms)
        assert answer.status_code == 422
