"""The year's rating on a real database: made from what stands, a new version when facts changed, seen by few."""

from typing import Any

import pytest

from tests.support.evaluation import ADMIN, C1, C2, HR, OBSERVATIONS, School, import_files, ndjson, past_line
from tests.support.roster_files import added, changed, network, role

YEAR = "2020-21"


def address(school: School, key: str = "ana", year: str = YEAR) -> str:
    return f"/evaluation/v1/educators/{school.ids[key]}/summative-ratings/{year}"


async def observed(school: School, *numbers: int, level: int = 3, employee: str = "100001") -> None:
    lines = []
    for number in numbers:
        line = past_line(number, employee_number=employee)
        lines.append(line | {"scores": [one | {"level": level} for one in line["scores"]]})
    answer = await school.call(
        "POST",
        f"{OBSERVATIONS}/bulk",
        HR,
        content=ndjson(*lines),
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert answer.status_code == 200, answer.text


async def grown(school: School, percent: str, employee: str = "100001") -> None:
    body = f"employee_number,school_year,measure,percent_met,students\n{employee},{YEAR},nwea-map,{percent},40\n"
    answer = await school.call(
        "POST", "/evaluation/v1/growth-scores", HR, content=body.encode(), headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 200, answer.text


class TestFinalizing:
    async def test_is_made_from_observations_and_growth_and_published(self, school: School) -> None:
        await observed(school, 1, 2)
        await grown(school, "70")
        answer = await school.call("PUT", address(school), school.amy)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        # 0.6 x 3 + 0.2 x 4 + 0.2 x 3
        assert (body["score"], body["rating"], body["rating_level"], body["version"]) == ("3.20", "proficient", 3, 1)
        assert (len(body["facts"]["observations"]), len(body["facts"]["growth_scores"])) == (2, 1)
        assert body["rated_by"] == str(school.ids["amy"])
        [event] = await school.events("summative.rated")
        assert event == {
            "educator_id": str(school.ids["ana"]),
            "summative_id": body["summative_id"],
            "version": 1,
            "school_year": YEAR,
            "domains": body["domains"],
            "score": "3.20",
            "rating": "proficient",
            "rating_level": 3,
        }
        assert [one["domain"] for one in body["domains"]] == [
            "instructional_quality",
            "student_growth_and_achievement",
            "professional_roles_and_responsibilities",
        ]

    async def test_the_same_facts_give_the_same_version_and_no_event(self, school: School) -> None:
        await observed(school, 1, 2)
        first = await school.call("PUT", address(school), school.amy)
        again = await school.call("PUT", address(school), school.pam)
        assert again.json() == first.json()
        assert len(await school.events("summative.rated")) == 1

    async def test_changed_facts_give_a_new_version(self, school: School) -> None:
        await observed(school, 1, 2)
        first = await school.call("PUT", address(school), school.amy)
        await grown(school, "10")
        standing = await school.call("GET", address(school), school.as_("ana"))
        assert standing.json() == first.json()
        second = await school.call("PUT", address(school), school.amy)
        assert (second.json()["version"], second.json()["score"]) == (2, "2.60")
        assert second.json()["summative_id"] == first.json()["summative_id"]
        assert [one["version"] for one in await school.events("summative.rated")] == [1, 2]

    async def test_an_amended_observation_is_a_changed_fact(self, school: School) -> None:
        await observed(school, 1, 2)
        await school.call("PUT", address(school), school.amy)
        path = f"/evaluation/v1/educators/{school.ids['ana']}/observations"
        [one, _] = (await school.call("GET", path, school.pam)).json()["items"]
        await school.call(
            "POST",
            f"{OBSERVATIONS}/{one['observation_id']}/amendments",
            school.amy,
            json={
                "reason": "read wrongly",
                "scores": [{"dimension": "differentiation", "level": 1, "evidence": "video"}],
            },
            headers={"If-Match": '"v1"'},
        )
        again = await school.call("PUT", address(school), school.amy)
        # One of sixteen levels of the domain is 1 instead of 3: 46/16 = 2.875.
        assert (again.json()["version"], again.json()["domains"][0]["score"]) == (2, "2.88")

    async def test_what_is_lacking_is_named(self, school: School) -> None:
        await observed(school, 1)
        answer = await school.call("PUT", address(school), school.amy)
        assert (answer.status_code, answer.json()["code"]) == (409, "summative-facts-missing")
        assert "finalized observations: 1 of 2" in answer.json()["detail"]

    async def test_what_is_not_finalized_and_other_years_do_not_count(self, school: School) -> None:
        await observed(school, 1)
        await school.schedule()
        body = ndjson(past_line(9, observed_on="2020-06-30", finalized_at="2020-07-02T12:00:00Z"))
        await school.call(
            "POST", f"{OBSERVATIONS}/bulk", HR, content=body, headers={"Content-Type": "application/x-ndjson"}
        )
        assert "1 of 2" in (await school.call("PUT", address(school), school.amy)).json()["detail"]

    async def test_nobody_rates_themselves(self, school: School) -> None:
        answer = await school.call("PUT", address(school), school.as_("ana", "appraiser"))
        assert (answer.status_code, answer.json()["code"]) == (409, "appraiser-is-educator")

    async def test_only_the_campus_of_that_year_and_hr_rate(self, school: School) -> None:
        await observed(school, 1, 2)
        for as_ in (school.as_("amy", "appraiser", campuses=[C2]), school.as_("ben", "coach"), school.as_("ben")):
            assert (await school.call("PUT", address(school), as_)).status_code == 403
        for as_ in (school.amy, school.pam, HR, ADMIN):
            assert (await school.call("PUT", address(school), as_)).status_code == 200

    @pytest.mark.parametrize("year", ["2020-22", "2020", "20-21", "0000-01", "9999-00"])
    async def test_a_year_that_is_none_is_refused(self, school: School, year: str) -> None:
        assert (await school.call("PUT", address(school, year=year), school.amy)).status_code == 422

    async def test_a_rating_that_is_not_there_is_404(self, school: School) -> None:
        answer = await school.call("GET", address(school), school.as_("ana"))
        assert (answer.status_code, answer.json()["code"]) == (404, "summative-rating-unknown")


class TestWhoSees:
    async def statuses(self, school: School, as_: dict[str, Any]) -> tuple[int, ...]:
        educator = f"/evaluation/v1/educators/{school.ids['ana']}"
        paths = (address(school), f"{educator}/summative-ratings", f"{educator}/growth-scores")
        return tuple([(await school.call("GET", path, as_)).status_code for path in paths])

    async def test_the_educator_the_campus_and_hr(self, school: School) -> None:
        await observed(school, 1, 2)
        await grown(school, "70")
        await school.call("PUT", address(school), school.amy)
        for as_ in (HR, ADMIN, school.amy, school.pam, school.as_("ana")):
            assert await self.statuses(school, as_) == (200, 200, 200)
        for as_ in (
            school.as_("ben"),
            school.as_("pam", "principal", campuses=[C2]),
            {"roles": ["payroll"]},
            {"roles": ["evaluator"]},
        ):
            assert await self.statuses(school, as_) == (403, 403, 403)

    async def test_a_coach_sees_who_works_there_and_nothing_of_their_rating(self, school: School) -> None:
        await observed(school, 1, 2)
        await grown(school, "70")
        await school.call("PUT", address(school), school.amy)
        coach = school.as_("ben", "coach")
        educator = f"/evaluation/v1/educators/{school.ids['ana']}"
        assert (await school.call("GET", address(school), coach)).status_code == 403
        assert (await school.call("GET", f"{educator}/summative-ratings", coach)).json() == []
        assert (await school.call("GET", f"{educator}/growth-scores", coach)).json() == []

    async def test_a_later_campus_does_not_see_the_years_before(self, school: School) -> None:
        await observed(school, 1, 2)
        await grown(school, "70")
        await school.call("PUT", address(school), school.amy)
        files = changed(network(), "roles", "r-ana-c1", endDate="2021-06-01")
        files = added(files, "roles", role("ana", campus="c2", beginDate="2021-08-02"))
        assert (await import_files(school.service, files, on="2021-08-16")).status_code == 200
        later = school.as_("pam", "principal", campuses=[C2])
        educator = f"/evaluation/v1/educators/{school.ids['ana']}"
        assert (await school.call("GET", educator, later)).status_code == 200
        assert (await school.call("GET", address(school), later)).status_code == 403
        assert (await school.call("GET", f"{educator}/growth-scores", later)).json() == []
        assert (await school.call("GET", f"{educator}/observations", later)).json()["items"] == []
        before = school.as_("pam", "principal", campuses=[C1])
        assert (await school.call("GET", address(school), before)).status_code == 200


class TestEverybody:
    async def rate(self, school: School, as_: dict[str, Any] = HR) -> Any:
        return await school.call("POST", "/evaluation/v1/summative-ratings/bulk", as_, json={"school_year": YEAR})

    async def test_rates_who_has_enough_and_names_what_the_others_lack(self, school: School) -> None:
        await observed(school, 1, 2)
        await observed(school, 3, employee="100002")
        body = (await self.rate(school)).json()
        assert (body["rated"], body["changed"], body["unchanged"]) == (1, 0, 0)
        lacking = {one["educator_id"]: one["lacks"] for one in body["lacking"]}
        assert set(lacking) == {str(school.ids[key]) for key in ("ben", "pam", "amy")}
        assert lacking[str(school.ids["ben"])] == ["finalized observations: 1 of 2"]
        assert len(await school.events("summative.rated")) == 1

    async def test_whoever_asks_for_it_is_left_to_another_rater(self, school: School) -> None:
        await observed(school, 1, 2)
        body = (await self.rate(school, school.as_("ana", "hr"))).json()
        assert body["rated"] == 0
        lacking = {one["educator_id"]: one["lacks"] for one in body["lacking"]}
        assert lacking[str(school.ids["ana"])] == ["another rater: nobody rates themselves"]

    async def test_again_it_changes_only_what_has_changed(self, school: School) -> None:
        await observed(school, 1, 2)
        await observed(school, 3, 4, employee="100002")
        await self.rate(school)
        await grown(school, "90", employee="100002")
        body = (await self.rate(school)).json()
        assert (body["rated"], body["changed"], body["unchanged"]) == (0, 1, 1)
        events = await school.events("summative.rated")
        assert [one["version"] for one in events] == [1, 1, 2]
        assert events[2]["educator_id"] == str(school.ids["ben"])

    async def test_gives_the_same_as_rating_one_by_one(self, school: School) -> None:
        await observed(school, 1, 2, level=4)
        await grown(school, "41")
        await self.rate(school)
        one = (await school.call("PUT", address(school), school.amy)).json()
        assert (one["version"], one["score"]) == (1, "3.60")

    @pytest.mark.parametrize("role_of_caller", ["appraiser", "principal", "educator"])
    async def test_only_hr_and_administrators(self, school: School, role_of_caller: str) -> None:
        assert (await self.rate(school, {"roles": [role_of_caller]})).status_code == 403
