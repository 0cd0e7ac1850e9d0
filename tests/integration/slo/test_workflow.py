"""From draft to score through the doors, on a real database."""

import asyncio
import copy
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from alembic import command
from sqlalchemy.exc import IntegrityError

from services.slo import bootstrap
from shared.db import migrations
from tests.integration.slo.conftest import DRAFT, Slos
from tests.support.slo import CAMPUS, GOOD_SCORES, TEACHER
from tests.support.web import NOON

APPROVE = {"decision": "approve", "scores": GOOD_SCORES}
BEFORE = """
INSERT INTO educator VALUES ('00000000-0000-0000-0000-00000000000e', 1);
INSERT INTO slo (slo_id, educator_id, school_year, interval, subject, learning_goal, standards, population, targets,
                 strategies, assessments, state, revision, version, approved_on, quality_score)
SELECT id::uuid, '00000000-0000-0000-0000-00000000000e', '2020-21', 'year', subject, '', '{}', '{}', '{}', '{}', '{}',
       state, 1, version, approved_on, quality
FROM (VALUES
  ('00000000-0000-0000-0000-000000000001', 'approved here', 'approved', 2, DATE '2021-03-01', 3.0),
  ('00000000-0000-0000-0000-000000000002', 'loaded', 'approved', 1, '2020-09-21', 3.0),
  ('00000000-0000-0000-0000-000000000003', 'draft', 'draft', 0, NULL, NULL)
) AS one (id, subject, state, version, approved_on, quality);
INSERT INTO slo_version (slo_id, version, cause, reason, document, recorded_by, recorded_at) VALUES
  ('00000000-0000-0000-0000-000000000001', 1, 'approve', NULL, '{}', 'r', '2021-03-01T12:00:00Z'),
  ('00000000-0000-0000-0000-000000000001', 2, 'amend', 'flood', '{}', 'r', '2021-03-02T12:00:00Z'),
  ('00000000-0000-0000-0000-000000000002', 1, 'load', NULL, '{}', 'hr', '2021-03-01T12:00:00Z');
"""
RETURN = {"decision": "return", "scores": {"goal": 1}, "comment": "Name the skill."}


class TestTheWholeWay:
    async def test_a_returned_slo_is_revised_approved_amended_and_scored(self, slos: Slos) -> None:
        slo_id = await slos.submitted()
        path = f"/slos/{slo_id}"
        returned = await slos.step(f"{path}/review", RETURN)
        assert returned.json()["state"] == "returned"
        revised = await slos.call(
            "PATCH", path, slos.teacher, json={"subject": "Drama"}, headers={"If-Match": returned.headers["ETag"]}
        )
        assert (revised.status_code, revised.json()["subject"]) == (200, "Drama")
        assert (await slos.call("POST", f"{path}/submission", slos.teacher)).json()["state"] == "submitted"
        approved = (await slos.step(f"{path}/review", APPROVE)).json()
        assert (approved["state"], approved["version"], approved["quality_score"]) == ("approved", 1, "3.00")
        slos.service.clock.advance(hours=5, microseconds=1)
        targets = {"below": {"text": "gain one level"}, "typical": {"text": "keep the level"}}
        amended = (await slos.step(f"{path}/amendments", {"targets": targets, "reason": "flood closed school"})).json()
        assert (amended["state"], amended["version"]) == ("approved", 2)
        scored = (await slos.step(f"{path}/score", {"students": 40, "students_met": 33})).json()
        assert scored["score"] == {
            "students": 40,
            "students_met": 33,
            "attainment_percent": "82.5",
            "rating": 4,
            "scored_on": "2021-03-01",
        }
        events = await slos.recorded()
        assert [(event["type"], event["version"], event["score"]) for event in events] == [
            ("approved", 1, None),
            ("approved", 2, None),
            ("scored", 3, 4),
        ]
        assert {event["key"] for event in events} == {str(TEACHER)}
        assert events[-1]["attainment_percent"] == "82.5"
        assert {(event["approved_on"], event["approved_at"]) for event in events} == {
            ("2021-03-01", "2021-03-01T12:00:00Z")
        }
        assert scored["approved_at"] == "2021-03-01T12:00:00Z"

        kept = (await slos.call("GET", path, slos.teacher)).json()
        assert [(one["decision"], one["scores"]) for one in kept["reviews"]] == [
            ("return", {"goal": 1}),
            ("approve", GOOD_SCORES),
        ]
        assert kept["reviews"][0]["comment"] == "Name the skill."
        assert [(one["cause"], one["reason"]) for one in kept["versions"]] == [
            ("approve", None),
            ("amend", "flood closed school"),
            ("score", None),
        ]
        assert kept["versions"][0]["targets"]["below"] == {"text": "gain two levels", "percent": "80"}
        assert kept["versions"][1]["targets"]["below"] == {"text": "gain one level", "percent": None}

    async def test_a_second_score_needs_a_reason_and_the_first_stays_readable(self, slos: Slos) -> None:
        path = f"/slos/{await slos.approved()}"
        await slos.step(f"{path}/score", {"students": 40, "students_met": 33})
        refused = await slos.step(f"{path}/score", {"students": 40, "students_met": 36})
        assert (refused.status_code, refused.json()["code"]) == (409, "slo-already-scored")
        again = await slos.step(f"{path}/score", {"students": 40, "students_met": 36, "reason": "three left in May"})
        assert (again.json()["score"]["attainment_percent"], again.json()["version"]) == ("90.0", 3)
        versions = (await slos.call("GET", path, slos.teacher)).json()["versions"]
        assert [one["attainment_percent"] for one in versions] == [None, "82.5", "90.0"]


class TestDraft:
    async def test_a_draft_has_an_address_and_a_tag(self, slos: Slos) -> None:
        answer = await slos.call("POST", "/slos", slos.teacher, json=DRAFT)
        assert answer.headers["Location"] == f"/slo/v1/slos/{answer.json()['slo_id']}"
        read = await slos.call("GET", answer.headers["Location"].removeprefix("/slo/v1"), slos.teacher)
        assert read.headers["ETag"] == answer.headers["ETag"] == '"v1"'
        assert read.json()["population"] == {"below": 9, "typical": 11}
        unchanged = await slos.call(
            "GET", f"/slos/{read.json()['slo_id']}", slos.teacher, headers={"If-None-Match": '"v1"'}
        )
        assert unchanged.status_code == 304

    async def test_who_is_not_on_the_roster_cannot_start_one(self, slos: Slos) -> None:
        stranger = slos.teacher | {"educator_id": str(UUID(int=99))}
        answer = await slos.call("POST", "/slos", stranger, json=DRAFT)
        assert (answer.status_code, answer.json()["code"]) == (409, "educator-not-on-roster")
        nobody = {name: value for name, value in slos.teacher.items() if name != "educator_id"}
        answer = await slos.call("POST", "/slos", nobody, json=DRAFT)
        assert (answer.status_code, answer.json()["code"]) == (403, "token-names-no-educator")

    @pytest.mark.parametrize(
        "change",
        [
            {"school_year": "2020-22"},
            {"interval": "spring"},
            {"population": {"gifted": 1}},
            {"population": {"below": -1}},
            {"population": {"below": ["Ana"]}},
            {"students": ["Ana"]},
            {"targets": {"below": {"text": "gain", "percent": "101"}}},
            {"subject": " "},
        ],
    )
    async def test_what_is_not_of_the_form_is_refused(self, slos: Slos, change: dict[str, Any]) -> None:
        answer = await slos.call("POST", "/slos", slos.teacher, json=DRAFT | change)
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")

    async def test_a_revision_needs_the_tag_that_was_read_last(self, slos: Slos) -> None:
        path = f"/slos/{(await slos.start())['slo_id']}"
        change = {"json": {"subject": "Dance"}}
        assert (await slos.call("PATCH", path, slos.teacher, **change)).status_code == 428
        first = await slos.call("PATCH", path, slos.teacher, headers={"If-Match": '"v1"'}, **change)
        assert (first.status_code, first.headers["ETag"]) == (200, '"v2"')
        stale = await slos.call("PATCH", path, slos.teacher, headers={"If-Match": '"v1"'}, **change)
        assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")

    async def test_a_revision_leaves_alone_what_it_does_not_name(self, slos: Slos) -> None:
        before = await slos.start()
        answer = await slos.call(
            "PATCH",
            f"/slos/{before['slo_id']}",
            slos.teacher,
            json={"standards": [], "subject": None},
            headers={"If-Match": "*"},
        )
        assert answer.json() == before | {"standards": [], "revision": 2}

    async def test_an_incomplete_slo_is_not_submitted_and_all_that_is_missing_is_named(self, slos: Slos) -> None:
        empty = {name: DRAFT[name] for name in ("school_year", "interval", "subject", "learning_goal")}
        slo_id = (await slos.call("POST", "/slos", slos.teacher, json=empty)).json()["slo_id"]
        answer = await slos.call("POST", f"/slos/{slo_id}/submission", slos.teacher)
        assert (answer.status_code, answer.json()["code"]) == (409, "slo-incomplete")
        assert [error["pointer"] for error in answer.json()["errors"]] == [
            "/standards",
            "/strategies",
            "/assessments",
            "/population",
        ]

    async def test_a_submitted_slo_is_locked(self, slos: Slos) -> None:
        path = f"/slos/{await slos.submitted()}"
        answer = await slos.call("PATCH", path, slos.teacher, json={"subject": "Dance"}, headers={"If-Match": "*"})
        assert (answer.status_code, answer.json()["code"]) == (409, "slo-locked")
        again = await slos.call("POST", f"{path}/submission", slos.teacher)
        assert (again.status_code, again.json()["code"]) == (409, "slo-already-submitted")


class TestReview:
    async def test_a_review_sent_twice_is_given_once(self, slos: Slos) -> None:
        path = f"/slos/{await slos.submitted()}/review"
        first = await slos.step(path, APPROVE, key="one")
        again = await slos.step(path, APPROVE, key="one")
        assert (again.status_code, again.content, again.headers["ETag"]) == (200, first.content, first.headers["ETag"])
        assert again.headers["Idempotency-Replayed"] == "true"
        assert len(await slos.recorded()) == 1
        other = await slos.step(path, RETURN, key="one")
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
        bare = await slos.call("POST", path, slos.reviewer, json=APPROVE)
        assert (bare.status_code, bare.json()["code"]) == (400, "idempotency-key-missing")

    async def test_two_reviewers_at_once_decide_once(self, slos: Slos) -> None:
        path = f"/slos/{await slos.submitted()}/review"
        other = slos.reviewer | {"sub": "second", "educator_id": str(UUID(int=77))}
        answers = await asyncio.gather(slos.step(path, APPROVE), slos.step(path, APPROVE, other))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert [event["version"] for event in await slos.recorded()] == [1]

    async def test_weak_scores_stand_against_an_approval_and_change_nothing(self, slos: Slos) -> None:
        slo_id = await slos.submitted()
        weak = {"decision": "approve", "scores": {"goal": 1, "evidence": 3, "targets": 2}}
        answer = await slos.step(f"/slos/{slo_id}/review", weak)
        assert (answer.status_code, answer.json()["code"]) == (409, "rubric-not-met")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/scores/goal", "/scores/strategies"]
        kept = (await slos.call("GET", f"/slos/{slo_id}", slos.teacher)).json()
        assert (kept["state"], kept["reviews"]) == ("submitted", [])
        assert await slos.recorded() == []

    async def test_a_return_needs_a_comment(self, slos: Slos) -> None:
        answer = await slos.step(f"/slos/{await slos.submitted()}/review", {"decision": "return", "comment": " "})
        assert answer.status_code == 422
        answer = await slos.step(f"/slos/{await slos.submitted()}/review", {"decision": "return"})
        assert "needs a comment" in answer.text

    async def test_nothing_unseen_is_approved_where_the_reviewer_says_what_was_seen(self, slos: Slos) -> None:
        slo_id = await slos.submitted()
        seen = (await slos.call("GET", f"/slos/{slo_id}", slos.reviewer)).headers["ETag"]
        await slos.step(f"/slos/{slo_id}/review", RETURN)
        await slos.call("POST", f"/slos/{slo_id}/submission", slos.teacher)
        answer = await slos.step(f"/slos/{slo_id}/review", APPROVE, **{"If-Match": seen})
        assert (answer.status_code, answer.json()["code"]) == (412, "stale-version")

    async def test_the_rubric_is_there_to_read(self, slos: Slos) -> None:
        rubric = (await slos.call("GET", "/approval-rubric", slos.teacher)).json()
        assert [criterion["code"] for criterion in rubric["criteria"]] == list(GOOD_SCORES)
        assert rubric["illustrative"] is True


class TestResult:
    async def test_an_amendment_needs_a_reason_and_a_target_for_every_student(self, slos: Slos) -> None:
        path = f"/slos/{await slos.approved()}/amendments"
        targets = copy.deepcopy(DRAFT["targets"])
        assert (await slos.step(path, {"targets": targets})).status_code == 422
        assert (await slos.step(path, {"targets": targets, "reason": "  "})).status_code == 422
        del targets["typical"]
        answer = await slos.step(path, {"targets": targets, "reason": "flood"})
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/targets/typical"]
        assert len(await slos.recorded()) == 1

    async def test_more_students_than_there_are_cannot_have_met_their_target(self, slos: Slos) -> None:
        answer = await slos.step(f"/slos/{await slos.approved()}/score", {"students": 2, "students_met": 3})
        assert answer.status_code == 422

    async def test_only_an_approved_slo_is_scored(self, slos: Slos) -> None:
        answer = await slos.step(f"/slos/{await slos.submitted()}/score", {"students": 3, "students_met": 2})
        assert (answer.status_code, answer.json()["code"]) == (409, "slo-not-approved")


class TestDatabase:
    def test_tables_and_migrations_agree(self, database: str) -> None:
        migrations.upgrade(bootstrap.MIGRATIONS, database)
        migrations.check(bootstrap.MIGRATIONS, database)

    async def test_the_moment_of_an_earlier_approval_is_taken_from_the_record(self, database: str) -> None:
        connect = await asyncio.to_thread(migrations.config, bootstrap.MIGRATIONS, database)
        await asyncio.to_thread(command.upgrade, connect, "0001")
        connection = await asyncpg.connect(database)
        await connection.execute(BEFORE)
        await asyncio.to_thread(migrations.upgrade, bootstrap.MIGRATIONS, database)
        kept = await connection.fetch("SELECT subject, approved_at FROM slo")
        await connection.close()
        assert dict(map(tuple, kept)) == {"approved here": NOON, "loaded": None, "draft": None}

    async def test_it_keeps_no_review_by_the_educator_in_person_whoever_writes_it(self, slos: Slos) -> None:
        await slos.approved()
        with pytest.raises(IntegrityError, match="two_people"):
            await slos.query("UPDATE slo_review SET reviewer_id = educator_id")

    async def test_events_carry_nothing_of_students_and_no_free_text(self, slos: Slos) -> None:
        await slos.approved()
        (event,) = await slos.recorded()
        assert event.keys() == {
            "type",
            "key",
            "educator_id",
            "slo_id",
            "version",
            "school_year",
            "approved_on",
            "quality_score",
            "attainment_percent",
            "score",
            "approved_at",
        }
        assert str(CAMPUS) not in str(event)
