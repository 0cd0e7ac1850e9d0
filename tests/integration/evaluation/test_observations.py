"""The life of an observation over HTTP: who may do what, what is asked for, what is published."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from tests.support.evaluation import ADMIN, C2, HR, OBSERVATIONS, RUBRIC, School

NOBODY = str(UUID(int=1))


async def scheduled(school: School, **changes: Any) -> str:
    answer = await school.schedule(**changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["observation_id"])


class TestScheduling:
    async def test_the_caller_is_the_appraiser_and_the_answer_carries_its_tag(self, school: School) -> None:
        answer = await school.schedule()
        assert answer.status_code == 201
        assert answer.headers["ETag"] == '"v1"'
        assert answer.headers["Location"] == f"{OBSERVATIONS}/{answer.json()['observation_id']}"
        body = answer.json()
        assert (body["state"], body["appraiser_id"], body["rubric"], body["rubric_version"], body["version"]) == (
            "scheduled",
            str(school.ids["amy"]),
            "h-tess",
            1,
            0,
        )

    async def test_the_same_key_plans_one_visit(self, school: School) -> None:
        first, second = await school.schedule(), await school.schedule()
        assert first.json() == second.json()
        assert second.headers["Idempotency-Replayed"] == "true"

    async def test_without_a_key_nothing_is_planned(self, school: School) -> None:
        body = {"educator_id": str(school.ids["ana"]), "campus_id": NOBODY, "planned_on": "2021-03-01"}
        answer = await school.call("POST", OBSERVATIONS, school.amy, json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")

    async def test_a_principal_plans_for_another_an_appraiser_only_for_themselves(self, school: School) -> None:
        amy = str(school.ids["amy"])
        assert (await school.schedule(school.pam, appraiser_id=amy)).json()["appraiser_id"] == amy
        answer = await school.schedule(school.amy, key="k2", appraiser_id=str(school.ids["pam"]))
        assert (answer.status_code, answer.json()["code"]) == (403, "not-yours")

    async def test_nobody_observes_themselves(self, school: School) -> None:
        answer = await school.schedule(educator_id=str(school.ids["amy"]))
        assert (answer.status_code, answer.json()["code"]) == (409, "appraiser-is-educator")

    async def test_a_foreign_campus_is_refused_to_all_but_administrators(self, school: School) -> None:
        elsewhere = school.as_("amy", "appraiser", campuses=[C2])
        assert (await school.schedule(elsewhere)).json()["code"] == "not-yours"
        answer = await school.schedule(ADMIN, key="k2", appraiser_id=str(school.ids["amy"]))
        assert answer.status_code == 201

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"educator_id": NOBODY}, 404, "educator-unknown"),
            ({"campus_id": str(C2)}, 409, "educator-not-on-campus"),
            ({"planned_on": "2018-07-31"}, 409, "educator-not-on-campus"),
            ({"rubric": "t-tess"}, 404, "rubric-unknown"),
            ({"rubric_version": 2}, 404, "rubric-unknown"),
            ({"appraiser_id": NOBODY}, 422, "appraiser-unknown"),
            ({"kind": "gala"}, 422, "malformed-request"),
            ({"surprise": True}, 422, "malformed-request"),
        ],
    )
    async def test_what_does_not_fit_is_named(
        self, school: School, changes: dict[str, Any], status: int, code: str
    ) -> None:
        as_ = ADMIN | {"educator_id": str(school.ids["amy"])}
        answer = await school.schedule(as_, **changes)
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    async def test_a_token_that_names_no_educator_cannot_be_an_appraiser(self, school: School) -> None:
        answer = await school.schedule(ADMIN)
        assert (answer.status_code, answer.json()["code"]) == (422, "appraiser-unknown")

    @pytest.mark.parametrize("role", ["educator", "coach", "hr", "payroll"])
    async def test_other_roles_plan_nothing(self, school: School, role: str) -> None:
        assert (await school.schedule(school.as_("amy", role))).status_code == 403


class TestScoring:
    async def test_each_score_is_a_new_revision(self, school: School) -> None:
        observation = await scheduled(school)
        path = f"{OBSERVATIONS}/{observation}/scores/differentiation"
        answer = await school.call(
            "PUT", path, school.amy, json={"level": 4, "evidence": "groups"}, headers={"If-Match": '"v1"'}
        )
        assert (answer.status_code, answer.headers["ETag"], answer.json()["state"]) == (200, '"v2"', "in_progress")
        assert answer.json()["scores"] == [
            {"domain": "instructional_quality", "dimension": "differentiation", "level": 4, "evidence": "groups"}
        ]

    @pytest.mark.parametrize(
        ("header", "status", "code"),
        [(None, 428, "if-match-required"), ('"v7"', 412, "stale-version"), ("v1", 400, "malformed-if-match")],
    )
    async def test_an_edit_says_what_it_has_read(
        self, school: School, header: str | None, status: int, code: str
    ) -> None:
        observation = await scheduled(school)
        headers = {} if header is None else {"If-Match": header}
        for method, place, body in (
            ("PUT", "/scores/differentiation", {"level": 4, "evidence": "groups"}),
            ("PATCH", "", {"observed_on": "2021-03-01"}),
            ("POST", "/amendments", {"reason": "entered twice"}),
            ("POST", "/cancellation", {"reason": "the educator is ill"}),
        ):
            answer = await school.call(
                method, f"{OBSERVATIONS}/{observation}{place}", school.amy, json=body, headers=headers
            )
            assert (answer.status_code, answer.json()["code"]) == (status, code)

    async def test_two_edits_of_the_same_version_cannot_both_succeed(self, school: School) -> None:
        observation = await scheduled(school)

        async def give(level: int) -> int:
            answer = await school.call(
                "PUT",
                f"{OBSERVATIONS}/{observation}/scores/differentiation",
                school.amy,
                json={"level": level, "evidence": "groups"},
                headers={"If-Match": '"v1"'},
            )
            return answer.status_code

        assert sorted(await asyncio.gather(give(1), give(2), give(3))) == [200, 412, 412]

    @pytest.mark.parametrize(
        ("dimension", "level", "status", "code"),
        [
            ("punctuality", 3, 404, "dimension-unknown"),
            ("differentiation", 5, 422, "level-outside-rubric"),
            ("differentiation", 0, 422, "malformed-request"),
        ],
    )
    async def test_what_the_rubric_does_not_have_is_refused(
        self, school: School, dimension: str, level: int, status: int, code: str
    ) -> None:
        observation = await scheduled(school)
        answer = await school.call(
            "PUT",
            f"{OBSERVATIONS}/{observation}/scores/{dimension}",
            school.amy,
            json={"level": level, "evidence": "groups"},
            headers={"If-Match": '"v1"'},
        )
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    @pytest.mark.parametrize("body", [{"level": 3}, {"level": 3, "evidence": " "}])
    async def test_a_level_without_evidence_is_refused(self, school: School, body: dict[str, Any]) -> None:
        observation = await scheduled(school)
        path = f"{OBSERVATIONS}/{observation}/scores/differentiation"
        answer = await school.call("PUT", path, school.amy, json=body, headers={"If-Match": '"v1"'})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/evidence")

    async def test_nobody_scores_anothers_observation(self, school: School) -> None:
        observation = await scheduled(school)
        for as_ in (school.pam, school.as_("ben", "appraiser"), school.as_("ana", "appraiser", "principal")):
            answer = await school.call(
                "PUT",
                f"{OBSERVATIONS}/{observation}/scores/differentiation",
                as_,
                json={"level": 4, "evidence": "groups"},
                headers={"If-Match": '"v1"'},
            )
            assert (answer.status_code, answer.json()["code"]) == (403, "not-yours")

    async def test_an_unknown_observation_is_404(self, school: School) -> None:
        answer = await school.call("GET", f"{OBSERVATIONS}/{NOBODY}", school.amy)
        assert (answer.status_code, answer.json()["code"]) == (404, "observation-unknown")


class TestFinalizing:
    async def finalize(self, school: School, observation: str, *, key: str = "f1", as_: Any = None) -> Any:
        return await school.call(
            "POST",
            f"{OBSERVATIONS}/{observation}/finalization",
            as_ or school.amy,
            headers={"Idempotency-Key": key},
        )

    async def test_publishes_the_whole_observation_once(self, school: School) -> None:
        observation = await scheduled(school)
        await school.score_all(observation)
        first = await self.finalize(school, observation)
        again = await self.finalize(school, observation)
        assert (first.status_code, first.json()["state"], first.json()["version"]) == (200, "finalized", 1)
        assert again.json() == first.json()
        [event] = await school.events("observation.finalized")
        assert event["observation_id"] == observation
        assert (event["version"], event["school_year"], event["observed_on"]) == (1, "2020-21", "2021-03-01")
        assert event["finalized_at"] == "2021-03-01T12:00:00Z"
        assert [one["dimension"] for one in event["scores"]] == list(RUBRIC.required_dimensions())
        assert "seen" not in str(event)

    async def test_what_is_missing_is_named_and_nothing_is_published(self, school: School) -> None:
        observation = await scheduled(school)
        answer = await self.finalize(school, observation)
        assert (answer.status_code, answer.json()["code"]) == (409, "observation-incomplete")
        pointers = [one["pointer"] for one in answer.json()["errors"]]
        assert pointers == [*(f"/scores/{code}" for code in RUBRIC.required_dimensions()), "/observed_on"]
        assert await school.events("observation.finalized") == []

    async def test_after_a_refusal_the_same_key_may_be_used_again(self, school: School) -> None:
        observation = await scheduled(school)
        assert (await self.finalize(school, observation)).status_code == 409
        await school.score_all(observation)
        assert (await self.finalize(school, observation)).status_code == 200

    async def test_only_once_even_with_another_key(self, school: School) -> None:
        observation, _ = await school.finalized()
        answer = await self.finalize(school, observation, key="f2")
        assert (answer.status_code, answer.json()["code"]) == (409, "observation-already-finalized")
        assert len(await school.events("observation.finalized")) == 1

    async def test_only_by_its_appraiser(self, school: School) -> None:
        observation = await scheduled(school)
        await school.score_all(observation)
        assert (await self.finalize(school, observation, as_=school.pam)).status_code == 403

    async def test_a_visit_cannot_have_taken_place_tomorrow(self, school: School) -> None:
        observation = await scheduled(school)
        answer = await school.call(
            "PATCH",
            f"{OBSERVATIONS}/{observation}",
            school.amy,
            json={"observed_on": "2021-03-02"},
            headers={"If-Match": '"v1"'},
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "observed-in-future")

    async def test_a_day_before_the_educator_came_to_the_campus_is_refused(self, school: School) -> None:
        observation = await scheduled(school)
        path, day = f"{OBSERVATIONS}/{observation}", {"observed_on": "2012-03-01"}
        for changes in (day, {"planned_on": "2012-03-01"}):
            answer = await school.call("PATCH", path, school.amy, json=changes, headers={"If-Match": '"v1"'})
            assert (answer.status_code, answer.json()["code"]) == (409, "educator-not-on-campus")
        observation, tag = await school.finalized(key="k2")
        amendment = {"reason": "another day", **day}
        path = f"{OBSERVATIONS}/{observation}/amendments"
        answer = await school.call("POST", path, school.amy, json=amendment, headers={"If-Match": tag})
        assert (answer.status_code, answer.json()["code"]) == (409, "educator-not-on-campus")

    async def test_many_at_once_publish_one_event(self, school: School) -> None:
        observation = await scheduled(school)
        await school.score_all(observation)
        answers = await asyncio.gather(*(self.finalize(school, observation, key=f"f{at}") for at in range(4)))
        assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
        assert len(await school.events("observation.finalized")) == 1


class TestAmending:
    async def amend(self, school: School, observation: str, tag: str, *, as_: Any = None, level: int = 4) -> Any:
        return await school.call(
            "POST",
            f"{OBSERVATIONS}/{observation}/amendments",
            as_ or school.amy,
            json={
                "reason": "the video shows more than was noted",
                "scores": [{"dimension": "differentiation", "level": level, "evidence": "video"}],
            },
            headers={"If-Match": tag},
        )

    async def test_is_a_new_version_and_the_old_one_is_kept(self, school: School) -> None:
        observation, tag = await school.finalized()
        answer = await self.amend(school, observation, tag)
        assert (answer.status_code, answer.json()["state"], answer.json()["version"]) == (200, "amended", 2)
        again = await self.amend(school, observation, answer.headers["ETag"], level=2)
        assert again.json()["version"] == 3
        versions = (await school.call("GET", f"{OBSERVATIONS}/{observation}/versions", school.as_("ana"))).json()
        levels = [
            next(score["level"] for score in one["scores"] if score["dimension"] == "differentiation")
            for one in versions
        ]
        assert [one["version"] for one in versions] == [1, 2, 3]
        assert levels == [3, 4, 2]
        assert [one["reason"] for one in versions] == [None, *["the video shows more than was noted"] * 2]

    async def test_publishes_the_whole_with_the_next_version(self, school: School) -> None:
        observation, tag = await school.finalized()
        await self.amend(school, observation, tag)
        [event] = await school.events("observation.amended")
        assert event["version"] == 2
        assert len(event["scores"]) == len(RUBRIC.required_dimensions())
        assert {one["level"] for one in event["scores"] if one["dimension"] == "differentiation"} == {4}
        assert "video" not in str(event)

    async def test_keeps_the_moment_at_which_the_scoring_was_closed(self, school: School) -> None:
        observation, tag = await school.finalized()
        school.service.clock.advance(days=20)
        assert (await self.amend(school, observation, tag)).json()["changed_at"] == "2021-03-21T12:00:00Z"
        [event] = await school.events("observation.amended")
        assert event["finalized_at"] == "2021-03-01T12:00:00Z"

    async def test_before_finalizing_there_is_nothing_to_amend(self, school: School) -> None:
        observation = await scheduled(school)
        answer = await self.amend(school, observation, '"v1"')
        assert (answer.status_code, answer.json()["code"]) == (409, "observation-not-finalized")

    async def test_an_amendment_that_changes_nothing_is_refused(self, school: School) -> None:
        observation, tag = await school.finalized()
        after = await self.amend(school, observation, tag)
        answer = await self.amend(school, observation, after.headers["ETag"])
        assert (answer.status_code, answer.json()["code"]) == (409, "amendment-changes-nothing")

    async def test_by_its_appraiser_or_an_administrator(self, school: School) -> None:
        observation, tag = await school.finalized()
        assert (await self.amend(school, observation, tag, as_=school.pam)).status_code == 403
        assert (await self.amend(school, observation, tag, as_=school.as_("ana", "admin"))).status_code == 403
        assert (await self.amend(school, observation, tag, as_=ADMIN)).status_code == 200

    async def test_a_finalized_observation_changes_in_no_other_way(self, school: School) -> None:
        observation, tag = await school.finalized()
        for method, place, body in (
            ("PUT", "/scores/differentiation", {"level": 4, "evidence": "groups"}),
            ("PATCH", "", {"observed_on": "2021-02-01"}),
            ("POST", "/cancellation", {"reason": "it never happened"}),
        ):
            answer = await school.call(
                method, f"{OBSERVATIONS}/{observation}{place}", school.amy, json=body, headers={"If-Match": tag}
            )
            assert (answer.status_code, answer.json()["code"]) == (409, "observation-already-finalized")


class TestCancelling:
    async def test_keeps_the_reason_and_ends_it(self, school: School) -> None:
        observation = await scheduled(school)
        path = f"{OBSERVATIONS}/{observation}/cancellation"
        answer = await school.call(
            "POST", path, school.pam, json={"reason": "the educator is ill"}, headers={"If-Match": '"v1"'}
        )
        assert (answer.json()["state"], answer.json()["reason"]) == ("cancelled", "the educator is ill")
        assert (await school.score_refused(observation, answer.headers["ETag"])) == "observation-cancelled"

    async def test_the_educator_cannot_call_it_off(self, school: School) -> None:
        observation = await scheduled(school)
        answer = await school.call(
            "POST",
            f"{OBSERVATIONS}/{observation}/cancellation",
            school.as_("ana", "principal"),
            json={"reason": "I would rather not"},
            headers={"If-Match": '"v1"'},
        )
        assert answer.status_code == 403


class TestReading:
    async def get(self, school: School, observation: str, as_: dict[str, Any], **headers: str) -> Any:
        return await school.call("GET", f"{OBSERVATIONS}/{observation}", as_, headers=headers)

    async def test_an_educator_does_not_see_an_unannounced_visit_before_it_is_finalized(self, school: School) -> None:
        observation = await scheduled(school, is_announced=False)
        ana = school.as_("ana")
        assert (await self.get(school, observation, ana)).status_code == 403
        listed = await school.call("GET", f"/evaluation/v1/educators/{school.ids['ana']}/observations", ana)
        assert listed.json()["items"] == []
        await school.score_all(observation)
        await TestFinalizing().finalize(school, observation)
        assert len((await self.get(school, observation, ana)).json()["scores"]) == 8

    async def test_an_educator_sees_no_scores_before_they_are_finalized(self, school: School) -> None:
        observation = await scheduled(school)
        await school.score_all(observation)
        assert (await self.get(school, observation, school.as_("ana"))).json()["scores"] is None
        # Not as a principal of the campus either, while it is their own lesson.
        assert (await self.get(school, observation, school.as_("ana", "principal"))).json()["scores"] is None
        assert len((await self.get(school, observation, school.pam)).json()["scores"]) == 8

    async def test_others_do_not_see_it_at_all(self, school: School) -> None:
        observation, _ = await school.finalized()
        for as_ in (
            school.as_("ben"),
            school.as_("ben", "coach"),
            school.as_("ben", "slo-reviewer"),
            school.as_("pam", "principal", campuses=[C2]),
            {"roles": ["payroll"]},
            {"roles": ["evaluator"]},
        ):
            assert (await self.get(school, observation, as_)).status_code == 403
            versions = await school.call("GET", f"{OBSERVATIONS}/{observation}/versions", as_)
            assert versions.status_code == 403
        assert (await self.get(school, observation, HR)).status_code == 200

    async def test_who_has_the_current_version_is_told_so(self, school: School) -> None:
        observation, tag = await school.finalized()
        answer = await self.get(school, observation, school.amy, **{"If-None-Match": tag})
        assert (answer.status_code, answer.content) == (304, b"")

    async def test_an_appraiser_finds_what_is_theirs_to_do(self, school: School) -> None:
        await school.finalized()
        waiting = await scheduled(school, key="k2")
        path = OBSERVATIONS
        mine = await school.call("GET", path, school.amy, params={"state": "scheduled"})
        assert [one["observation_id"] for one in mine.json()["items"]] == [waiting]
        assert len((await school.call("GET", path, school.amy)).json()["items"]) == 2
        assert (await school.call("GET", path, school.pam)).json()["items"] == []

    async def test_lists_come_in_pages(self, school: School) -> None:
        for at in range(3):
            await scheduled(school, key=f"k{at}")
        path = f"/evaluation/v1/educators/{school.ids['ana']}/observations"
        first = await school.call("GET", path, school.pam, params={"limit": 2})
        assert (len(first.json()["items"]), "next" in first.headers["Link"]) == (2, True)
        second = await school.call("GET", path, school.pam, params={"limit": 2, "cursor": first.json()["next"]})
        assert (len(second.json()["items"]), second.json()["next"]) == (1, None)


class TestRubrics:
    async def test_are_shown_whole(self, school: School) -> None:
        [rubric] = (await school.call("GET", "/evaluation/v1/rubrics", school.as_("ana"))).json()
        assert (rubric["code"], rubric["version"], rubric["is_illustrative"]) == ("h-tess", 1, True)
        assert sum(len(domain["dimensions"]) for domain in rubric["domains"]) == 14
        one = await school.call("GET", "/evaluation/v1/rubrics/h-tess/versions/1", school.as_("ana"))
        assert one.json() == rubric

    async def test_an_unknown_version_is_404(self, school: School) -> None:
        answer = await school.call("GET", "/evaluation/v1/rubrics/h-tess/versions/9", HR)
        assert (answer.status_code, answer.json()["code"]) == (404, "rubric-unknown")
