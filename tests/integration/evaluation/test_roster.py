"""The roster's doors on a real database: one transaction, one event for each change, nothing for none."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.kernel.ids import derived_id
from shared.kernel.person_key import PersonKeyKind, person_key
from tests.support.evaluation import ADMIN, C1, C2, HR, IMPORTS, School, educator_ids, import_files
from tests.support.roster_files import (
    added,
    changed,
    network,
    role,
    roster_zip,
    session,
    taught_class,
    teaching,
    told,
    user,
    without_person,
)
from tests.support.service import PERSON_KEY_SECRET, RunningService

AT = "2021-02-20T18:00:00Z"


async def rows_of(service: RunningService) -> dict[str, list[Any]]:
    """All that the database holds of the roster, to compare before and after."""
    tables = ("district", "campus", "school_session", "course", "taught_class", "educator", "roster_role")
    tables += ("teaching", "assignment", "outbox")
    async with service.runtime.engine.connect() as connection:
        return {
            table: [tuple(row) for row in await connection.execute(text(f"SELECT * FROM {table} ORDER BY 1"))]
            for table in tables
        }


class TestImport:
    async def test_brings_everyone_with_one_event_each(self, school: School) -> None:
        events = await school.events("educator.rostered")
        assert {event["educator_id"] for event in events} == {str(one) for one in school.ids.values()}
        [ana] = [event for event in events if event["educator_id"] == str(school.ids["ana"])]
        keys = [
            person_key(PERSON_KEY_SECRET.encode(), PersonKeyKind.EMAIL, "ana@example.org"),
            person_key(PERSON_KEY_SECRET.encode(), PersonKeyKind.EMPLOYEE_NUMBER, "100001"),
        ]
        assert ana == {
            "educator_id": str(school.ids["ana"]),
            "version": 1,
            "status": "active",
            "employee_number": "100001",
            "person_keys": keys,
            "hired_on": "2018-08-01",
            "ended_on": None,
            "assignments": [
                {
                    "assignment_id": str(derived_id("assignment", "u-ana", "c1", "teacher", "primary", "0")),
                    "campus_id": str(C1),
                    "district_id": str(derived_id("district", "d1")),
                    "role": "teacher",
                    "subject_group": "tested",
                    "full_time_equivalent": "0.50",
                    "is_primary": True,
                    "begins_on": "2018-08-01",
                    "ends_on": None,
                }
            ],
        }

    async def test_no_name_or_address_is_in_any_event(self, school: School) -> None:
        said = str(await school.events("educator.rostered")).lower()
        assert not [word for word in ("ana", "example.org", "family", "given") if f"'{word}" in said or "@" in said]

    async def test_nothing_of_a_student_is_stored(self, school: School) -> None:
        assert "zoe" not in repr(await rows_of(school.service)).lower()
        assert "S-77" not in repr(await rows_of(school.service))

    async def test_no_password_is_stored(self, service: RunningService) -> None:
        secret = "hunter2-is-a-password"
        files = changed(network(), "users", "u-ana", password=secret, phone=secret, sms=secret)
        assert (await import_files(service, files)).status_code == 200
        assert secret not in repr(await rows_of(service))

    async def test_the_same_files_again_change_no_row_and_publish_nothing(self, school: School) -> None:
        before = await rows_of(school.service)
        answer = await import_files(school.service, on="2021-03-01")
        assert answer.json()["educators_published"] == 0
        assert {file["unchanged"] for file in answer.json()["files"].values()} == {3, 1, 2, 4}
        assert await rows_of(school.service) == before

    async def test_a_broken_set_changes_nothing_at_all(self, school: School) -> None:
        before = await rows_of(school.service)
        files = changed(added(network(), "users", user("new", "100009")), "users", "u-ben", familyName="")
        answer = await import_files(school.service, added(files, "roles", role("new")))
        assert (answer.status_code, answer.json()["code"]) == (422, "roster-refused")
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/users.csv/3/familyName"]
        assert await rows_of(school.service) == before

    async def test_a_name_that_only_the_database_could_know_is_refused_whole(self, school: School) -> None:
        before = await rows_of(school.service)
        files = {
            "users": told("active", AT, user("new", "100009", primaryOrgSourcedId="c1")),
            "roles": told("active", AT, role("new", campus="c9")),
        }
        answer = await import_files(school.service, files, mode="delta")
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/roles.csv/2/orgSourcedId"]
        assert await rows_of(school.service) == before

    async def test_who_vanishes_is_ended_and_comes_back_as_the_same_educator(self, school: School) -> None:
        await import_files(school.service, without_person(network(), "ben"), on="2021-03-15")
        await import_files(school.service, on="2021-03-20")
        told_of_ben = [
            event
            for event in await school.events("educator.rostered")
            if event["educator_id"] == str(school.ids["ben"])
        ]
        assert [(one["version"], one["status"], one["ended_on"]) for one in told_of_ben] == [
            (1, "active", None),
            (2, "ended", "2021-03-15"),
            (3, "active", None),
        ]
        assert told_of_ben[0]["assignments"] == told_of_ben[2]["assignments"]
        assert len(await school.events("educator.rostered")) == 6

    async def test_a_new_name_is_stored_and_is_no_event(self, school: School) -> None:
        answer = await import_files(school.service, changed(network(), "users", "u-ana", familyName="Other"))
        assert (answer.json()["files"]["users"]["changed"], answer.json()["educators_published"]) == (1, 0)
        got = await school.call("GET", f"/evaluation/v1/educators/{school.ids['ana']}", HR)
        assert (got.json()["family_name"], got.json()["version"]) == ("Other", 1)

    async def test_a_new_address_is_another_key_and_so_an_event(self, school: School) -> None:
        await import_files(school.service, changed(network(), "users", "u-ana", email="ana.b@example.org"))
        last = (await school.events("educator.rostered"))[-1]
        assert (last["educator_id"], last["version"]) == (str(school.ids["ana"]), 2)

    async def test_two_people_may_exchange_ids_and_numbers(self, school: School) -> None:
        files = changed(network(), "users", "u-ana", identifier="100002")
        answer = await import_files(school.service, changed(files, "users", "u-ben", identifier="100001"))
        assert answer.status_code == 200
        assert await educator_ids(school.service) == school.ids

    async def test_a_person_with_a_new_source_id_stays_the_same_educator(self, school: School) -> None:
        files = changed(network(), "users", "u-ben", sourcedId="u-other")
        files = changed(files, "roles", "r-ben-c1", userSourcedId="u-other")
        files = changed(files, "enrollments", "e-ben-art-05", userSourcedId="u-other")
        answer = await import_files(school.service, files, on="2021-03-01")
        assert (answer.status_code, answer.json()["educators_published"]) == (200, 0)
        assert await educator_ids(school.service) == school.ids
        before = await rows_of(school.service)
        await import_files(school.service, files, on="2021-03-01")
        assert await rows_of(school.service) == before

    async def test_an_id_that_the_source_gives_to_another_campus_later_is_another_campus(self, school: School) -> None:
        moved = {
            file: [{name: "c9" if value == "c1" else value for name, value in row.items()} for row in rows]
            for file, rows in network().items()
        }
        assert (await import_files(school.service, moved, on="2021-03-01")).status_code == 200
        third = {"sourcedId": "c1", "name": "Third", "type": "school", "identifier": "101003", "parentSourcedId": "d1"}
        assert (await import_files(school.service, added(moved, "orgs", third), on="2021-03-01")).status_code == 200
        campuses = (await school.call("GET", "/evaluation/v1/campuses", HR)).json()
        assert {one["name"]: one["campus_id"] == str(C1) for one in campuses} == {
            "First": True,
            "Second": False,
            "Third": False,
        }

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2021-02-30"])
    async def test_a_day_of_no_school_calendar_is_refused(self, school: School, day: str) -> None:
        answer = await import_files(school.service, without_person(network(), "ben"), on=day)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/effective_on")

    async def test_a_new_school_year_divides_the_assignment_in_the_database_too(self, school: School) -> None:
        files = network() | {
            "academicSessions": [session("y22", 2022)],
            "classes": [taught_class("art-22", "Art", "05", term="y22")],
            "enrollments": [teaching("ana", "art-22")],
        }
        assert (await import_files(school.service, files, on="2021-08-16")).status_code == 200
        got = await school.call("GET", f"/evaluation/v1/educators/{school.ids['ana']}", HR)
        assert [(one["subject_group"], one["ends_on"]) for one in got.json()["assignments"]] == [
            ("tested", "2021-06-30"),
            ("non_tested", None),
        ]

    async def test_a_delta_touches_only_what_it_names(self, school: School) -> None:
        files = {
            "users": [*told("active", AT, user("new", "100009")), *told("tobedeleted", AT, {"sourcedId": "u-ben"})],
            "roles": told("active", AT, role("new", beginDate="2021-02-01")),
        }
        answer = await import_files(school.service, files, mode="delta", on="2021-03-01")
        assert answer.json()["educators_published"] == 2
        events = (await school.events("educator.rostered"))[4:]
        assert {(one["status"], one["ended_on"], one["version"]) for one in events} == {
            ("active", None, 1),
            ("ended", "2021-02-20", 2),
        }
        again = await import_files(school.service, files, mode="delta", on="2021-03-01")
        assert again.json()["educators_published"] == 0

    async def test_imports_at_the_same_time_come_one_after_the_other(self, service: RunningService) -> None:
        answers = await asyncio.gather(*(import_files(service, on="2021-03-01") for _ in range(3)))
        assert sorted(one.json()["educators_published"] for one in answers) == [0, 0, 4]

    async def test_every_import_is_kept_with_who_brought_it(self, school: School) -> None:
        await import_files(school.service, as_=ADMIN)
        answer = await school.call("GET", IMPORTS, HR, params={"limit": 1})
        assert [one["imported_by"] for one in answer.json()["items"]] in (["admin-1"], ["hr-1"])
        following = await school.call("GET", IMPORTS, HR, params={"limit": 1, "cursor": answer.json()["next"]})
        both = {answer.json()["items"][0]["imported_by"], following.json()["items"][0]["imported_by"]}
        assert both == {"admin-1", "hr-1"}
        assert following.json()["next"] is None

    @pytest.mark.parametrize("role_of_caller", ["educator", "appraiser", "principal", "payroll", "provider"])
    async def test_only_hr_and_administrators_import(self, service: RunningService, role_of_caller: str) -> None:
        answer = await import_files(service, as_={"roles": [role_of_caller], "sub": "someone"})
        assert answer.status_code == 403

    async def test_another_media_type_is_refused(self, service: RunningService) -> None:
        answer = await service.call("POST", IMPORTS, as_=HR, content=roster_zip(), headers={"Content-Type": "text/csv"})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")

    async def test_what_is_no_zip_is_refused(self, service: RunningService) -> None:
        answer = await service.call(
            "POST", IMPORTS, as_=HR, content=b"hello", headers={"Content-Type": "application/zip"}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "roster-archive-refused")


class TestReading:
    async def seen(self, school: School, as_: dict[str, Any], **filters: Any) -> set[str]:
        answer = await school.call("GET", "/evaluation/v1/educators", as_, params=filters)
        assert answer.status_code == 200, answer.text
        return {one["given_name"].lower() for one in answer.json()["items"]}

    async def test_each_sees_whom_they_may(self, school: School) -> None:
        everyone = {"ana", "ben", "pam", "amy"}
        assert await self.seen(school, HR) == await self.seen(school, ADMIN) == everyone
        assert await self.seen(school, school.pam) == await self.seen(school, school.amy) == everyone
        assert await self.seen(school, school.as_("amy", "appraiser", campuses=[C2])) == set()
        assert await self.seen(school, school.as_("ben")) == {"ben"}

    @pytest.mark.parametrize("role_of_caller", ["evaluator", "payroll", "provider"])
    async def test_others_see_nobody(self, school: School, role_of_caller: str) -> None:
        answer = await school.call("GET", "/evaluation/v1/educators", {"roles": [role_of_caller], "sub": "x"})
        assert answer.status_code == 403

    async def test_filters_narrow(self, school: School) -> None:
        assert await self.seen(school, HR, role="principal") == {"pam"}
        assert await self.seen(school, HR, campus=str(C2)) == set()
        assert await self.seen(school, HR, employee_number="100002") == {"ben"}
        assert await self.seen(school, HR, status="ended") == set()

    async def test_a_filter_for_a_foreign_campus_is_refused(self, school: School) -> None:
        answer = await school.call("GET", "/evaluation/v1/educators", school.pam, params={"campus": str(C2)})
        assert (answer.status_code, answer.json()["code"]) == (403, "not-yours")

    async def test_pages_show_everyone_once(self, school: School) -> None:
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await school.call("GET", "/evaluation/v1/educators", HR, params={"limit": 3, **cursor})
            found += [one["educator_id"] for one in answer.json()["items"]]
            if answer.json()["next"] is None:
                break
            cursor = {"cursor": answer.json()["next"]}
        assert sorted(found) == sorted(str(one) for one in school.ids.values())

    async def test_one_educator_is_seen_by_whom_it_concerns(self, school: School) -> None:
        path = f"/evaluation/v1/educators/{school.ids['ana']}"
        for as_ in (HR, school.pam, school.amy, school.as_("ana"), school.as_("ben", "coach")):
            assert (await school.call("GET", path, as_)).status_code == 200
        for as_ in (school.as_("ben"), school.as_("pam", "principal", campuses=[C2]), {"roles": ["payroll"]}):
            assert (await school.call("GET", path, as_)).status_code == 403

    async def test_an_unknown_educator_is_404_to_hr_and_403_to_others(self, school: School) -> None:
        path = f"/evaluation/v1/educators/{UUID(int=1)}"
        assert (await school.call("GET", path, HR)).json()["code"] == "educator-unknown"
        assert (await school.call("GET", path, school.pam)).json()["code"] == "not-yours"

    async def test_campuses_and_districts(self, school: School) -> None:
        campuses = (await school.call("GET", "/evaluation/v1/campuses", school.as_("ana"))).json()
        assert [(one["campus_id"], one["identifier"], one["is_open"]) for one in campuses] == [
            (str(C1), "101001", True),
            (str(C2), "101002", True),
        ]
        [district] = (await school.call("GET", "/evaluation/v1/districts", school.as_("ana"))).json()
        assert district["district_id"] == campuses[0]["district_id"]
