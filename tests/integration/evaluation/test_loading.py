"""The doors for a season at once: all or nothing, harmless when sent again, every fault with line and field."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.evaluation import ADMIN, HR, OBSERVATIONS, RUBRIC, School, ndjson, past_line

BULK = f"{OBSERVATIONS}/bulk"
GROWTH = "/evaluation/v1/growth-scores"
HEADER = "employee_number,school_year,measure,percent_met,students"


async def load(school: School, body: bytes, as_: dict[str, Any] = HR, **headers: str) -> Any:
    return await school.call(
        "POST", BULK, as_, content=body, headers={"Content-Type": "application/x-ndjson"} | headers
    )


async def counted(school: School, table: str) -> int:
    async with school.service.runtime.engine.connect() as connection:
        return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def report(received: int, *, added: int = 0, changed: int = 0, unchanged: int = 0) -> dict[str, int]:
    return {"received": received, "added": added, "changed": changed, "unchanged": unchanged}


class TestObservations:
    async def test_lines_become_finalized_observations_with_an_event_each(self, school: School) -> None:
        lines = [past_line(1), past_line(2, employee_number="100002", observed_on="2020-06-30")]
        answer = await load(school, ndjson(*lines))
        assert (answer.status_code, answer.json()) == (200, report(2, added=2))
        first, second = await school.events("observation.finalized")
        assert (first["educator_id"], first["school_year"], first["version"]) == (
            str(school.ids["ana"]),
            "2020-21",
            1,
        )
        assert first["finalized_at"] == "2020-10-05T20:30:00Z"
        assert second["school_year"] == "2019-20"
        assert [(one["domain"], one["dimension"]) for one in first["scores"]] == [
            (RUBRIC.domain_of(one), one) for one in RUBRIC.dimensions()
        ]
        assert "seen" not in str(first)

    async def test_they_are_read_and_amended_as_any_other(self, school: School) -> None:
        await load(school, ndjson(past_line(1)))
        path = f"/evaluation/v1/educators/{school.ids['ana']}/observations"
        [one] = (await school.call("GET", path, school.as_("ana"))).json()["items"]
        assert (one["state"], one["external_id"], one["finalized_at"]) == ("finalized", "old-1", "2020-10-05T20:30:00Z")
        answer = await school.call(
            "POST",
            f"{OBSERVATIONS}/{one['observation_id']}/amendments",
            school.amy,
            json={
                "reason": "read wrongly",
                "scores": [{"dimension": "differentiation", "level": 1, "evidence": "video"}],
            },
            headers={"If-Match": '"v1"'},
        )
        assert (answer.status_code, answer.json()["version"]) == (200, 2)
        # The line that brought it may come again all the same.
        assert (await load(school, ndjson(past_line(1)))).json() == report(1, unchanged=1)

    async def test_the_same_lines_again_change_nothing_however_they_are_spelt(self, school: School) -> None:
        await load(school, ndjson(past_line(1), past_line(2)))
        turned = dict(reversed(past_line(1).items())) | {
            "finalized_at": "2020-10-05T15:30:00-05:00",
            "scores": past_line(1)["scores"][::-1],
        }
        body = json.dumps(turned, indent=None, separators=(" , ", " : ")).encode() + b"\r\n\n" + ndjson(past_line(2))
        assert (await load(school, body)).json() == report(2, unchanged=2)
        assert len(await school.events("observation.finalized")) == 2

    async def test_new_lines_beside_old_ones_are_added(self, school: School) -> None:
        await load(school, ndjson(past_line(1)))
        answer = await load(school, ndjson(past_line(1), past_line(3)))
        assert answer.json() == report(2, added=1, unchanged=1)

    async def test_other_content_under_a_known_id_is_refused_and_points_to_the_amendment(self, school: School) -> None:
        await load(school, ndjson(past_line(1)))
        answer = await load(school, ndjson(past_line(2), past_line(1, kind="walkthrough")))
        assert (answer.status_code, answer.json()["code"]) == (422, "lines-refused")
        [fault] = answer.json()["errors"]
        assert fault["pointer"] == "/2/external_id"
        assert "amendments" in fault["detail"]
        assert await counted(school, "observation") == 1

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"employee_number": "999"}, "/2/employee_number"),
            ({"appraiser_employee_number": "999"}, "/2/appraiser_employee_number"),
            ({"appraiser_employee_number": "100001"}, "/2/appraiser_employee_number"),
            ({"campus": "999"}, "/2/campus"),
            ({"rubric": "t-tess"}, "/2/rubric_version"),
            ({"rubric_version": 2}, "/2/rubric_version"),
            ({"observed_on": "2020-10-06"}, "/2/observed_on"),
            ({"observed_on": "October"}, "/2/observed_on"),
            ({"finalized_at": "2021-03-01T12:00:01Z"}, "/2/finalized_at"),
            ({"finalized_at": "2020-10-05T20:30:00"}, "/2/finalized_at"),
            ({"observed_on": "0001-01-01"}, "/2/observed_on"),
            ({"finalized_at": "0001-01-01T00:00:00+14:00"}, "/2/finalized_at"),
            ({"kind": "gala"}, "/2/kind"),
            ({"announced": "yes"}, "/2/announced"),
            ({"external_id": "old-1"}, "/2/external_id"),
            ({"external_id": ""}, "/2/external_id"),
            ({"external_id": "old\0"}, "/2/external_id"),
            ({"scores": []}, "/2/scores"),
            ({"scores": past_line()["scores"][1:]}, "/2/scores"),
            ({"scores": [{"dimension": "punctuality", "level": 3}]}, "/2/scores/0/dimension"),
            ({"scores": [*past_line()["scores"], past_line()["scores"][0]]}, "/2/scores/14/dimension"),
            ({"scores": [{"dimension": "differentiation", "level": 5}]}, "/2/scores/0/level"),
            ({"scores": [{"dimension": "differentiation", "level": 2.5}]}, "/2/scores/0/level"),
            ({"surprise": 1}, "/2/surprise"),
        ],
    )
    async def test_a_fault_is_named_by_line_and_field_and_nothing_is_loaded(
        self, school: School, changes: dict[str, Any], pointer: str
    ) -> None:
        answer = await load(school, ndjson(past_line(1), past_line(2, **changes), past_line(3)))
        assert (answer.status_code, answer.json()["code"]) == (422, "lines-refused")
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
        assert answer.json()["errors"][0]["detail"].startswith("line 2, ")
        assert await counted(school, "observation") == await counted(school, "idempotency_key") == 0
        assert await school.events("observation.finalized") == []

    async def test_every_fault_is_named_at_once(self, school: School) -> None:
        body = ndjson(past_line(1, campus="999"), b"{not json}\n", past_line(3, kind="gala", campus=""), past_line(4))
        answer = await load(school, body)
        pointers = {one["pointer"] for one in answer.json()["errors"]}
        assert pointers == {"/1/campus", "/2", "/3/kind", "/3/campus"}

    @pytest.mark.parametrize("body", [b"", b"[]\n", b"null\n", b"\xff\n", b"x" * 300_000, b'"\\ud800"\n'])
    async def test_what_is_no_line_is_refused(self, school: School, body: bytes) -> None:
        answer = await load(school, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "lines-refused")

    async def test_no_more_than_two_hundred_faults_are_listed(self, school: School) -> None:
        answer = await load(school, b"{}\n" * 1000)
        assert len(answer.json()["errors"]) == 200

    async def test_nobody_loads_what_is_about_themselves(self, school: School) -> None:
        own = HR | {"educator_id": str(school.ids["ana"])}
        of_another = past_line(2, employee_number="100002")
        answer = await load(school, ndjson(of_another, past_line(1)), own)
        assert (answer.status_code, answer.json()["code"]) == (422, "lines-refused")
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/2/employee_number"]
        assert await counted(school, "observation") == 0
        assert (await load(school, ndjson(of_another), own)).status_code == 200

    async def test_more_than_a_batch_is_one_transaction(self, school: School) -> None:
        lines = [past_line(at) for at in range(1, 1_202)]
        broken = [*lines, past_line(2000, campus="999")]
        assert (await load(school, ndjson(*broken))).status_code == 422
        assert await counted(school, "observation") == 0
        assert (await load(school, ndjson(*lines))).json() == report(1_201, added=1_201)
        assert (await load(school, ndjson(*lines))).json() == report(1_201, unchanged=1_201)
        assert len(await school.events("observation.finalized")) == 1_201

    async def test_an_id_that_stands_twice_is_named_with_the_line_it_stood_in(self, school: School) -> None:
        answer = await load(school, ndjson(*(past_line(at) for at in range(1, 600)), past_line(3)))
        [fault] = answer.json()["errors"]
        assert (fault["pointer"], "line 3" in fault["detail"]) == ("/600/external_id", True)

    async def test_another_media_type_is_refused(self, school: School) -> None:
        answer = await load(school, ndjson(past_line()), **{"Content-Type": "application/json"})
        assert answer.status_code == 415

    @pytest.mark.parametrize("role", ["educator", "appraiser", "principal", "evaluator"])
    async def test_only_hr_and_administrators_load(self, school: School, role: str) -> None:
        assert (await load(school, ndjson(past_line()), {"roles": [role]})).status_code == 403
        assert (await load(school, ndjson(past_line()), ADMIN)).status_code == 200


class TestGrowthScores:
    async def load(self, school: School, *lines: str, header: str = HEADER, as_: dict[str, Any] = HR) -> Any:
        body = "\r\n".join([header, *lines, ""]).encode()
        return await school.call("POST", GROWTH, as_, content=body, headers={"Content-Type": "text/csv; charset=utf-8"})

    async def test_nobody_loads_their_own(self, school: School) -> None:
        own = HR | {"educator_id": str(school.ids["ana"])}
        lines = [f"{number},2020-21,nwea-map,63.50,48" for number in ("100002", "100001")]
        answer = await self.load(school, *lines, as_=own)
        assert (answer.status_code, answer.json()["code"]) == (422, "lines-refused")
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/3/employee_number"]
        assert (await self.load(school, lines[0], as_=own)).json() == report(1, added=1)

    async def test_each_line_is_an_event(self, school: School) -> None:
        answer = await self.load(school, "100001,2020-21,nwea-map,63.50,48", "100001,2020-21,staar,70,40")
        assert (answer.status_code, answer.json()) == (200, report(2, added=2))
        events = await school.events("growth.scored")
        assert [(one["measure"], one["percent_met"], one["version"]) for one in events] == [
            ("nwea-map", "63.5", 1),
            ("staar", "70", 1),
        ]
        assert "students" not in str(events)

    async def test_the_same_value_is_nothing_and_another_is_the_next_version(self, school: School) -> None:
        await self.load(school, "100001,2020-21,nwea-map,63.5,48")
        assert (await self.load(school, "100001,2020-21,nwea-map,63.50,48")).json() == report(1, unchanged=1)
        assert (await self.load(school, "100001,2020-21,nwea-map,64,48")).json() == report(1, changed=1)
        events = await school.events("growth.scored")
        assert [(one["version"], one["percent_met"]) for one in events] == [(1, "63.5"), (2, "64")]
        assert len({one["growth_id"] for one in events}) == 1
        assert await counted(school, "growth_score") == 2

    async def test_another_number_of_students_is_kept_and_no_event(self, school: School) -> None:
        await self.load(school, "100001,2020-21,nwea-map,63.5,48")
        assert (await self.load(school, "100001,2020-21,nwea-map,63.5,50")).json() == report(1, changed=1)
        path = f"/evaluation/v1/educators/{school.ids['ana']}/growth-scores"
        [one] = (await school.call("GET", path, school.as_("ana"))).json()
        assert (one["students"], one["percent_met"], one["version"]) == (50, "63.5", 1)
        assert len(await school.events("growth.scored")) == 1

    @pytest.mark.parametrize(
        ("line", "pointer"),
        [
            ("999,2020-21,nwea-map,63.5,48", "/3/employee_number"),
            (",2020-21,nwea-map,63.5,48", "/3/employee_number"),
            ("100002,2020-22,nwea-map,63.5,48", "/3/school_year"),
            ("100002,0000-01,nwea-map,63.5,48", "/3/school_year"),
            ("100002,2020-21,NWEA MAP,63.5,48", "/3/measure"),
            ("100002,2020-21,nwea-map,100.01,48", "/3/percent_met"),
            ("100002,2020-21,nwea-map,-1,48", "/3/percent_met"),
            ("100002,2020-21,nwea-map,63.555,48", "/3/percent_met"),
            ("100002,2020-21,nwea-map,63.5,", "/3/students"),
            ("100002,2020-21,nwea-map,0,0", "/3/students"),
            ("100002,2020-21,nwea-map,63.5", "/3"),
            ("100001,2020-21,nwea-map,64,48", "/3/measure"),
            ('100002,"2020-21,nwea-map,63.5,48', "/3"),
        ],
    )
    async def test_a_fault_is_named_by_line_and_column_and_nothing_is_loaded(
        self, school: School, line: str, pointer: str
    ) -> None:
        answer = await self.load(school, "100001,2020-21,nwea-map,63.5,48", line)
        assert (answer.status_code, answer.json()["code"]) == (422, "lines-refused")
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
        assert await counted(school, "growth_score") == 0

    @pytest.mark.parametrize("header", ["employee_number,year", f"{HEADER},metadata.x", HEADER.upper(), ""])
    async def test_another_header_is_refused(self, school: School, header: str) -> None:
        answer = await self.load(school, "100001,2020-21,nwea-map,63.5,48", header=header)
        assert answer.json()["code"] == "lines-refused"

    async def test_a_file_without_rows_is_refused(self, school: School) -> None:
        assert (await self.load(school)).json()["code"] == "lines-refused"
