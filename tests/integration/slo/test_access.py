"""Whose SLO it is: every door, by every kind of caller, to their own and to somebody else's."""

from datetime import date
from uuid import UUID

import pytest

from tests.integration.slo.conftest import DRAFT, Claims, Slos
from tests.support.slo import CAMPUS, COLLEAGUE, GOOD_SCORES, OTHER_CAMPUS, REVIEWER, TEACHER, rostered

APPROVE = {"decision": "approve", "scores": GOOD_SCORES}
STRANGER: Claims = {"roles": ["slo-reviewer"], "sub": "stranger", "campus_ids": [str(OTHER_CAMPUS)]}
PRINCIPAL: Claims = {"roles": ["principal"], "sub": "principal", "campus_ids": [str(CAMPUS)]}


def caller(slos: Slos, name: str) -> Claims:
    others: dict[str, Claims] = {
        "stranger": STRANGER,
        "principal": PRINCIPAL,
        "admin": {"roles": ["admin"], "sub": "admin"},
        "payroll": {"roles": ["payroll"], "sub": "payroll", "campus_ids": [str(CAMPUS)]},
        "coach": {"roles": ["coach"], "sub": "coach", "campus_ids": [str(CAMPUS)]},
        "evaluator": {"roles": ["evaluator"], "sub": "evaluator"},
    }
    return others.get(name) or getattr(slos, name)


class TestReading:
    @pytest.mark.parametrize(
        ("name", "status"),
        [
            ("teacher", 200),
            ("reviewer", 200),
            ("principal", 200),
            ("hr", 200),
            ("admin", 200),
            ("colleague", 403),
            ("stranger", 403),
            ("payroll", 403),
            ("coach", 403),
            ("evaluator", 403),
        ],
    )
    async def test_the_educator_the_campus_and_hr_see_it_and_nobody_else(
        self, slos: Slos, name: str, status: int
    ) -> None:
        slo_id = (await slos.start())["slo_id"]
        as_ = caller(slos, name)
        assert (await slos.call("GET", f"/slos/{slo_id}", as_)).status_code == status
        listed = await slos.call("GET", f"/educators/{TEACHER}/slos", as_)
        assert listed.status_code == status
        if status == 200:
            assert [one["slo_id"] for one in listed.json()] == [slo_id]

    async def test_without_a_token_nothing_is_seen(self, slos: Slos) -> None:
        for path in (f"/slos/{UUID(int=1)}", f"/educators/{TEACHER}/slos", "/review-queue", "/approval-rubric"):
            assert (await slos.service.client.get(f"/slo/v1{path}")).status_code == 401

    async def test_what_does_not_exist_is_not_found(self, slos: Slos) -> None:
        answer = await slos.call("GET", f"/slos/{UUID(int=1)}", slos.hr)
        assert (answer.status_code, answer.json()["code"]) == (404, "slo-unknown")
        answer = await slos.call("GET", f"/educators/{UUID(int=1)}/slos", slos.hr)
        assert (answer.status_code, answer.json()["code"]) == (404, "educator-unknown")

    async def test_the_list_can_be_of_one_year(self, slos: Slos) -> None:
        await slos.start(school_year="2019-20")
        await slos.start()
        path = f"/educators/{TEACHER}/slos"
        assert len((await slos.call("GET", path, slos.teacher)).json()) == 2
        of_one = await slos.call("GET", f"{path}?school_year=2019-20", slos.teacher)
        assert [one["school_year"] for one in of_one.json()] == ["2019-20"]
        assert (await slos.call("GET", f"{path}?school_year=2019", slos.teacher)).status_code == 422


class TestWriting:
    async def test_only_the_educator_in_person_writes_and_submits(self, slos: Slos) -> None:
        slo_id = (await slos.start())["slo_id"]
        for as_ in (slos.colleague, slos.reviewer | {"roles": ["educator", "slo-reviewer"]}):
            revised = await slos.call(
                "PATCH", f"/slos/{slo_id}", as_, json={"subject": "Mine"}, headers={"If-Match": "*"}
            )
            assert (revised.status_code, revised.json()["code"]) == (403, "not-yours")
            assert (await slos.call("POST", f"/slos/{slo_id}/submission", as_)).status_code == 403
        for as_ in (slos.hr, slos.reviewer):
            answer = await slos.call("POST", "/slos", as_, json=DRAFT)
            assert (answer.status_code, answer.json()["code"]) == (403, "insufficient-scope")


class TestReviewing:
    @pytest.mark.parametrize("name", ["teacher", "colleague", "hr", "admin", "coach", "payroll", "stranger"])
    async def test_nobody_else_reviews_amends_or_scores(self, slos: Slos, name: str) -> None:
        slo_id = await slos.submitted()
        as_ = caller(slos, name)
        for path, body in (
            ("review", APPROVE),
            ("amendments", {"targets": DRAFT["targets"], "reason": "flood"}),
            ("score", {"students": 3, "students_met": 2}),
        ):
            assert (await slos.step(f"/slos/{slo_id}/{path}", body, as_)).status_code == 403, path
        assert await slos.recorded() == []

    async def test_the_principal_of_the_campus_reviews(self, slos: Slos) -> None:
        assert (await slos.step(f"/slos/{await slos.submitted()}/review", APPROVE, PRINCIPAL)).status_code == 200

    @pytest.mark.parametrize(
        "as_",
        [
            {"roles": ["slo-reviewer", "educator"], "sub": "teacher", "educator_id": str(TEACHER)},
            {"roles": ["principal"], "sub": "second login", "educator_id": str(TEACHER)},
            {"roles": ["principal"], "sub": "teacher"},
        ],
    )
    async def test_nobody_approves_an_slo_of_their_own_by_whichever_token(self, slos: Slos, as_: Claims) -> None:
        path = f"/slos/{await slos.submitted()}"
        as_ = as_ | {"campus_ids": [str(CAMPUS)]}
        answer = await slos.step(f"{path}/review", APPROVE, as_)
        assert (answer.status_code, answer.json()["code"]) == (403, "reviewer-is-the-educator")
        await slos.step(f"{path}/review", APPROVE)
        for step, body in (
            ("score", {"students": 3, "students_met": 3}),
            ("amendments", {"targets": DRAFT["targets"], "reason": "flood"}),
        ):
            assert (await slos.step(f"{path}/{step}", body, as_)).json()["code"] == "reviewer-is-the-educator"


class TestQueue:
    async def test_it_shows_what_waits_on_the_caller_s_campuses(self, slos: Slos) -> None:
        waiting = await slos.submitted()
        await slos.start()
        own = slos.reviewer | {"roles": ["educator", "slo-reviewer"]}
        await slos.submitted(own)
        listed = await slos.call("GET", "/review-queue", slos.reviewer)
        assert [one["slo_id"] for one in listed.json()["items"]] == [waiting]
        assert (await slos.call("GET", "/review-queue", STRANGER)).json()["items"] == []
        assert len((await slos.call("GET", "/review-queue", slos.hr)).json()["items"]) == 2
        assert (await slos.call("GET", "/review-queue", slos.teacher)).status_code == 403

    async def test_pages_follow_one_another_without_gap_or_overlap(self, slos: Slos) -> None:
        waiting = []
        for _ in range(3):
            waiting += [await slos.submitted(), await slos.submitted(slos.colleague)]
            slos.service.clock.advance(days=1)
            for as_ in (slos.teacher, slos.colleague, slos.reviewer):
                as_["exp"] = int(slos.service.clock.now().timestamp()) + 3600
        seen: list[str] = []
        path = "/review-queue?limit=4"
        sizes = []
        while True:
            answer = await slos.call("GET", path, slos.reviewer)
            page = answer.json()
            sizes.append(len(page["items"]))
            seen += [one["slo_id"] for one in page["items"]]
            if page["next"] is None:
                break
            path = answer.links["next"]["url"].removeprefix("/slo/v1")
        assert (sizes, len(set(seen))) == ([4, 2], 6)
        assert set(seen[:2]) == set(waiting[:2])
        assert set(seen) == set(waiting)

    @pytest.mark.parametrize("cursor", ["WyJ4IiwieSJd", "nonsense", "WyIyMDIxLTAzLTAxIiwieSJd"])
    async def test_a_made_up_cursor_is_refused(self, slos: Slos, cursor: str) -> None:
        answer = await slos.call("GET", f"/review-queue?cursor={cursor}", slos.reviewer)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad-cursor")


class TestRoster:
    async def test_the_campus_that_an_educator_left_sees_up_to_that_year_and_the_new_one_sees_all(
        self, slos: Slos
    ) -> None:
        moved = {CAMPUS: date(2021, 5, 28), OTHER_CAMPUS: None}
        await slos.bring(rostered(TEACHER, "100001", version=2, campuses=moved))
        old = await slos.submitted()
        new = await slos.submitted(school_year="2021-22")
        path = f"/educators/{TEACHER}/slos"
        assert [one["slo_id"] for one in (await slos.call("GET", path, slos.reviewer)).json()] == [old]
        assert {one["slo_id"] for one in (await slos.call("GET", path, STRANGER)).json()} == {old, new}
        queue = await slos.call("GET", "/review-queue", slos.reviewer)
        assert [one["slo_id"] for one in queue.json()["items"]] == [old]
        assert (await slos.call("GET", f"/slos/{new}", slos.reviewer)).status_code == 403
        assert (await slos.step(f"/slos/{new}/review", APPROVE)).status_code == 403
        assert (await slos.step(f"/slos/{new}/review", APPROVE, STRANGER)).status_code == 200

    async def test_an_older_word_of_the_roster_changes_nothing(self, slos: Slos) -> None:
        newer = rostered(COLLEAGUE, "100003", version=3, campuses={OTHER_CAMPUS: None})
        older = rostered(COLLEAGUE, "100003", version=2)
        await slos.bring(newer, older)
        await slos.bring(older)
        assert (await slos.call("GET", f"/educators/{COLLEAGUE}/slos", STRANGER)).status_code == 200
        assert (await slos.call("GET", f"/educators/{COLLEAGUE}/slos", slos.reviewer)).status_code == 403

    async def test_who_left_is_seen_by_the_campus_up_to_the_last_year(self, slos: Slos) -> None:
        await slos.start()
        await slos.bring(rostered(TEACHER, "100001", version=2, ended_on=date(2020, 6, 1)))
        assert (await slos.call("GET", f"/educators/{TEACHER}/slos", slos.reviewer)).json() == []
        await slos.bring(rostered(TEACHER, "100001", version=3, ended_on=date(2021, 6, 1)))
        assert len((await slos.call("GET", f"/educators/{TEACHER}/slos", slos.reviewer)).json()) == 1

    async def test_roster_rows_are_the_people_and_nothing_more(self, slos: Slos) -> None:
        rows = await slos.query("SELECT * FROM educator ORDER BY educator_id")
        assert [tuple(row) for row in rows] == [(TEACHER, 1), (REVIEWER, 1), (COLLEAGUE, 1)]
