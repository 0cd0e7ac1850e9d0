"""Past years by upload: all or nothing, harmless when sent twice, every fault by line and field, at full size."""

import asyncio
import json
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from tests.integration.slo.conftest import Claims, Slos
from tests.support.slo import GOOD_SCORES, TEACHER, rostered

LINE: dict[str, Any] = {
    "external_id": "slo-1",
    "employee_number": "100001",
    "school_year": "2019-20",
    "interval": "year",
    "subject": "Theatre Arts",
    "learning_goal": "Students voice a character.",
    "quality_scores": GOOD_SCORES,
    "submitted_on": "2019-09-14",
    "approved_on": "2019-09-21",
    "reviewer_employee_number": "100002",
    "attainment_percent": "89.9",
    "scored_on": "2020-05-14",
}
APPROVED = LINE | {"external_id": "slo-2", "attainment_percent": None, "scored_on": None}
RETURNED = APPROVED | {"external_id": "slo-3", "approved_on": None, "quality_scores": dict.fromkeys(GOOD_SCORES, 1)}


async def load(
    slos: Slos, *lines: dict[str, Any], as_: Claims | None = None, kind: str = "application/x-ndjson"
) -> Any:
    body = "".join(json.dumps(line) + "\n" for line in lines)
    return await slos.call("POST", "/slos/bulk", as_ or slos.hr, content=body.encode(), headers={"Content-Type": kind})


def faults(answer: httpx.Response) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


async def count(slos: Slos) -> int:
    return int((await slos.query("SELECT count(*) AS n FROM slo"))[0].n)


class TestLoading:
    async def test_each_line_is_published_in_the_state_that_it_ended_in(self, slos: Slos) -> None:
        answer = await load(slos, LINE, APPROVED, RETURNED)
        assert (answer.status_code, answer.json()) == (200, {"lines": 3, "created": 3, "unchanged": 0})
        said = [(event["type"], event["version"], event["score"]) for event in await slos.recorded()]
        assert said == [("scored", 1, 4), ("approved", 1, None)]
        listed = (await slos.call("GET", f"/educators/{TEACHER}/slos", slos.teacher)).json()
        assert {one["external_id"]: one["state"] for one in listed} == {
            "slo-1": "scored",
            "slo-2": "approved",
            "slo-3": "returned",
        }
        scored = next(one for one in listed if one["state"] == "scored")
        assert scored["score"]["attainment_percent"] == "89.9"
        assert scored["approved_on"] == "2019-09-21"
        kept = (await slos.call("GET", f"/slos/{scored['slo_id']}", slos.teacher)).json()
        assert kept["reviews"][0]["scores"] == GOOD_SCORES
        assert [one["cause"] for one in kept["versions"]] == ["load"]
        # Only the day of a past approval is known, and no moment is made up for it.
        assert [event["approved_at"] for event in await slos.recorded()] == [None, None]
        assert scored["approved_at"] is None

    async def test_sending_it_twice_changes_nothing(self, slos: Slos) -> None:
        await load(slos, LINE, APPROVED)
        again = await load(slos, LINE, APPROVED, RETURNED)
        assert again.json() == {"lines": 3, "created": 1, "unchanged": 2}
        assert len(await slos.recorded()) == 2

    async def test_the_same_upload_twice_at_once_is_loaded_once(self, slos: Slos) -> None:
        answers = await asyncio.gather(load(slos, LINE, APPROVED), load(slos, LINE, APPROVED))
        assert sorted(answer.json()["created"] for answer in answers) == [0, 2]
        assert len(await slos.recorded()) == 2

    async def test_a_line_may_stand_twice_in_one_upload(self, slos: Slos) -> None:
        assert (await load(slos, LINE, LINE)).json() == {"lines": 2, "created": 1, "unchanged": 1}

    async def test_a_loaded_slo_goes_on_like_any_other(self, slos: Slos) -> None:
        await load(slos, APPROVED)
        (one,) = (await slos.call("GET", f"/educators/{TEACHER}/slos", slos.teacher)).json()
        scored = await slos.step(f"/slos/{one['slo_id']}/score", {"students": 10, "students_met": 9})
        assert (scored.status_code, scored.json()["score"]["rating"], scored.json()["version"]) == (200, 5, 2)
        again = await load(slos, APPROVED)
        assert again.json() == {"lines": 1, "created": 0, "unchanged": 1}


class TestRefusal:
    @pytest.mark.parametrize("change", [{"subject": "Dance"}, {"attainment_percent": "90.0"}])
    async def test_an_external_id_with_other_content_is_refused(self, slos: Slos, change: dict[str, Any]) -> None:
        await load(slos, LINE)
        answer = await load(slos, APPROVED, LINE | change)
        assert (answer.status_code, answer.json()["code"]) == (409, "external-id-taken")
        assert faults(answer) == ["/lines/2/external_id"]
        assert await count(slos) == 1

    async def test_unknown_people_are_named_by_line_and_field_and_nothing_is_loaded(self, slos: Slos) -> None:
        answer = await load(slos, LINE, APPROVED | {"employee_number": "9", "reviewer_employee_number": "8"})
        assert (answer.status_code, answer.json()["code"]) == (409, "person-not-on-roster")
        assert faults(answer) == ["/lines/2/employee_number", "/lines/2/reviewer_employee_number"]
        assert "line 2: the roster has no employee number 9" in answer.json()["detail"]
        assert await count(slos) == 0

    async def test_a_number_of_two_people_names_nobody(self, slos: Slos) -> None:
        await slos.bring(rostered(UUID(int=50), "100001"))
        answer = await load(slos, LINE)
        assert faults(answer) == ["/lines/1/employee_number"]
        assert "more than one" in answer.text

    async def test_nobody_has_reviewed_an_slo_of_their_own(self, slos: Slos) -> None:
        answer = await load(slos, LINE, APPROVED | {"reviewer_employee_number": "100001 "})
        assert (answer.status_code, faults(answer)) == (422, ["/lines/2/reviewer_employee_number"])
        assert await count(slos) == 0

    async def test_nobody_loads_an_slo_of_their_own(self, slos: Slos) -> None:
        own = slos.hr | {"educator_id": str(TEACHER)}
        answer = await load(slos, LINE, as_=own)
        assert (answer.status_code, faults(answer)) == (422, ["/lines/1/employee_number"])
        assert await count(slos) == 0

    async def test_all_faults_of_all_lines_are_named_at_once(self, slos: Slos) -> None:
        answer = await load(
            slos, LINE, APPROVED | {"interval": "spring"}, RETURNED | {"school_year": "2020", "submitted_on": "x"}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "slo-lines-malformed")
        assert faults(answer) == ["/lines/2/interval", "/lines/3/school_year", "/lines/3/submitted_on"]
        impossible = await load(slos, LINE | {"scored_on": "2019-09-01"}, RETURNED | {"approved_on": "2019-09-30"})
        assert faults(impossible) == ["/lines/1/scored_on"] + [
            f"/lines/2/quality_scores/{code}" for code in GOOD_SCORES
        ]
        assert await count(slos) == 0

    @pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
    async def test_another_media_type_is_refused(self, slos: Slos, kind: str) -> None:
        answer = await load(slos, LINE, kind=kind)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")

    async def test_only_hr_and_administrators_load(self, slos: Slos) -> None:
        for as_ in (slos.teacher, slos.reviewer):
            assert (await load(slos, LINE, as_=as_)).status_code == 403
        assert (await load(slos, LINE, as_={"roles": ["admin"], "sub": "admin"})).status_code == 200


async def test_a_network_s_year_is_loaded_at_once(slos: Slos) -> None:
    people = [(uuid5(TEACHER, str(n)), f"2{n:05d}") for n in range(1500)]
    for at in range(0, len(people), 500):
        await slos.bring(*(rostered(educator, number) for educator, number in people[at : at + 500]))
    lines = [
        (LINE if n % 10 else RETURNED)
        | {
            "external_id": f"slo-{n:05d}",
            "employee_number": people[n % 1500][1],
            "school_year": f"{2018 + n // 1500}-{19 + n // 1500}",
        }
        for n in range(3000)
    ]
    answer = await load(slos, *lines)
    assert answer.json() == {"lines": 3000, "created": 3000, "unchanged": 0}
    events = await slos.recorded()
    assert len(events) == 2700
    assert {date.fromisoformat(event["approved_on"]) for event in events} == {date(2019, 9, 21)}
    assert (await load(slos, *lines)).json() == {"lines": 3000, "created": 0, "unchanged": 3000}
