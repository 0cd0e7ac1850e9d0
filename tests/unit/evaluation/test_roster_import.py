"""What an import makes of the roster that was: nothing twice, nobody deleted, everyone found again."""

import io
from collections.abc import Mapping
from datetime import date
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation import bootstrap
from services.evaluation.domain.educator import employment
from services.evaluation.domain.imports import Imported, apply
from services.evaluation.domain.roster import CampusKind, Roster, RosterFile, RosterSet
from services.evaluation.errors import RosterRefused
from services.evaluation.policy.assignments import Place, assignments_of, subject_groups
from services.evaluation.schemas.roster.reader import read_roster
from services.evaluation.schemas.rules import read_grid
from shared.events.evaluation import Assignment, EducatorStatus, StaffRole, SubjectGroup
from tests.support.roster_files import (
    Files,
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
    without,
    without_person,
)

IN_MARCH = date(2021, 3, 1)
IN_MAY = date(2021, 5, 24)
AT = "2021-05-24T18:00:00.000Z"
GRID = read_grid(bootstrap.TESTED_GRID)


def read(files: Files, mode: str = "bulk") -> RosterSet:
    return read_roster(io.BytesIO(roster_zip(files, mode=mode)))


def brought(known: Roster, files: Files, *, on: date = IN_MAY, mode: str = "bulk") -> Imported:
    return apply(known, read(files, mode), effective_on=on)


def roster(files: Files | None = None, *, on: date = IN_MARCH) -> Roster:
    return brought(Roster(), network() if files is None else files, on=on).roster


def rows(kept: Roster) -> list[Mapping[object, object]]:
    return [getattr(kept, name) for name in Roster.__dataclass_fields__]


def written(imported: Imported) -> int:
    return sum(len(part) for part in rows(imported.written))


def snapshot(kept: Roster, key: str, *, on: date = IN_MAY) -> tuple[object, list[Assignment]]:
    """(employment, assignments) as they would be published."""
    person = kept.people[f"u-{key}"]
    held = [(at, one) for at, one in kept.roles.items() if one.person == person.sourced_id]
    places = {campus: Place(uuid5(UUID(int=1), campus), UUID(int=2)) for campus in kept.campuses}
    found = assignments_of(person, held, places=places, groups=subject_groups(kept, GRID))
    return employment(person, [one for _, one in held], as_of=on), found


def status(kept: Roster, key: str, *, on: date = IN_MAY) -> tuple[EducatorStatus, date | None, date | None]:
    employed = employment(
        kept.people[f"u-{key}"], [one for one in kept.roles.values() if one.person == f"u-{key}"], as_of=on
    )
    return employed.status, employed.hired_on, employed.ended_on


class TestBulk:
    def test_the_same_files_again_change_nothing(self) -> None:
        again = brought(roster(), network())
        assert written(again) == 0
        assert {one.unchanged for one in again.tallies.values()} == {3, 1, 2, 4}
        assert all(one.added == one.changed == one.ended == 0 for one in again.tallies.values())

    def test_who_vanishes_is_ended_on_the_day_of_the_import(self) -> None:
        after = brought(roster(), without_person(network(), "ben"))
        assert status(after.roster, "ben") == (EducatorStatus.ENDED, date(2017, 8, 1), IN_MAY)
        assert after.tallies[RosterFile.USERS].ended == 1
        _, [held] = snapshot(after.roster, "ben")
        assert held.ends_on == IN_MAY

    def test_who_has_vanished_stays_ended_on_that_day(self) -> None:
        gone = brought(roster(), without_person(network(), "ben")).roster
        later = brought(gone, without_person(network(), "ben"), on=date(2021, 8, 1))
        assert written(later) == 0
        assert status(later.roster, "ben")[2] == IN_MAY

    def test_who_reappears_is_active_again_in_the_same_assignment(self) -> None:
        before = roster()
        gone = brought(before, without_person(network(), "ben")).roster
        back = brought(gone, network(), on=date(2021, 8, 1)).roster
        assert status(back, "ben") == (EducatorStatus.ACTIVE, date(2017, 8, 1), None)
        assert snapshot(back, "ben") == snapshot(before, "ben")

    def test_who_left_by_an_end_date_keeps_it_when_the_rows_vanish_later(self) -> None:
        left = roster(changed(network(), "roles", "r-ben-c1", endDate="2020-11-07"))
        after = brought(left, without_person(network(), "ben")).roster
        assert status(after, "ben")[2] == date(2020, 11, 6)

    def test_a_role_that_vanishes_is_over_while_the_person_stays(self) -> None:
        files = added(network(), "roles", role("ana", campus="c2", roleType="secondary"))
        after = brought(roster(files), network()).roster
        assert status(after, "ana")[0] is EducatorStatus.ACTIVE
        assert sorted(one.ends_on is None for one in snapshot(after, "ana")[1]) == [False, True]

    def test_a_role_that_was_over_before_it_began_is_no_assignment(self) -> None:
        files = added(network(), "roles", role("ana", campus="c2", beginDate="2021-08-02", roleType="secondary"))
        after = brought(roster(files), network()).roster
        assert len(snapshot(after, "ana")[1]) == 1

    def test_a_campus_that_vanishes_is_closed_and_kept(self) -> None:
        after = brought(roster(), without(network(), "c2"))
        assert after.roster.campuses["c2"].ended_on == IN_MAY
        assert after.tallies[RosterFile.ORGS].ended == 1

    def test_an_end_in_the_future_is_not_told_before_it_has_come(self) -> None:
        kept = roster(changed(network(), "roles", "r-ben-c1", endDate="2021-05-29"))
        assert status(kept, "ben", on=IN_MAY)[0] is EducatorStatus.ACTIVE
        assert status(kept, "ben", on=date(2021, 5, 28)) == (
            EducatorStatus.ENDED,
            date(2017, 8, 1),
            date(2021, 5, 28),
        )

    def test_without_a_hire_date_the_first_role_tells(self) -> None:
        files = added(network(), "roles", role("ana", campus="c2", beginDate="2016-08-01", endDate="2018-06-01"))
        assert status(roster(files), "ana")[1] == date(2016, 8, 1)

    def test_a_role_without_a_first_day_begins_with_the_employment(self) -> None:
        _, [held] = snapshot(roster(changed(network(), "roles", "r-ben-c1", beginDate="")), "ben")
        assert held.begins_on == date(2017, 8, 1)

    def test_a_role_with_no_first_day_at_all_is_refused(self) -> None:
        with pytest.raises(RosterRefused) as refused:
            roster(changed(network(), "roles", "r-ana-c1", beginDate=""))
        assert [one.pointer for one in refused.value.errors] == ["/roles.csv/2/beginDate"]

    def test_files_that_are_absent_leave_their_rows_alone(self) -> None:
        files = {file: network()[file] for file in ("users", "roles")}
        assert written(brought(roster(), files)) == 0

    def test_two_open_campuses_cannot_have_one_identifier(self) -> None:
        with pytest.raises(RosterRefused) as refused:
            roster(changed(network(), "orgs", "c2", identifier="101001"))
        assert "/orgs.csv/3/identifier" in [one.pointer for one in refused.value.errors]

    def test_a_campus_under_no_district_is_refused(self) -> None:
        files = added(network(), "orgs", {"sourcedId": "tx", "name": "Texas", "type": "state"})
        with pytest.raises(RosterRefused) as refused:
            roster(changed(files, "orgs", "c2", parentSourcedId="tx"))
        assert [one.pointer for one in refused.value.errors] == ["/orgs.csv/4/parentSourcedId"]

    def test_a_department_belongs_to_the_district_of_its_school(self) -> None:
        department = {"sourcedId": "dep", "name": "Science", "type": "department", "parentSourcedId": "c1"}
        assert roster(added(network(), "orgs", department)).campuses["dep"].district == "d1"

    def test_a_role_in_the_district_itself_makes_its_office_a_campus_that_stays(self) -> None:
        files = added(network(), "roles", role("pam", "districtAdministrator", campus="d1", roleType="secondary"))
        kept = roster(files)
        assert kept.campuses["d1"].kind is CampusKind.OFFICE
        again = brought(kept, files)
        assert written(again) == 0


class TestOtherIds:
    def test_a_person_whom_the_source_calls_otherwise_is_found_by_number(self) -> None:
        renamed = changed(network(), "users", "u-ben", sourcedId="u-other")
        renamed = changed(renamed, "roles", "r-ben-c1", sourcedId="r-other", userSourcedId="u-other")
        renamed = changed(renamed, "enrollments", "e-ben-art-05", sourcedId="e-other", userSourcedId="u-other")
        before = roster()
        after = brought(before, renamed)
        assert after.rekeyed.people == {"u-ben": "u-other"}
        assert set(after.roster.people) == {"u-ana", "u-other", "u-pam", "u-amy"}
        assert set(after.roster.roles) == set(before.roles)

    def test_a_role_with_a_new_id_is_the_assignment_it_was(self) -> None:
        before = roster()
        after = brought(before, changed(network(), "roles", "r-ben-c1", sourcedId="r-other"))
        assert set(after.roster.roles) == set(before.roles)
        assert snapshot(after.roster, "ben") == snapshot(before, "ben")

    def test_a_campus_with_a_new_id_is_found_by_its_identifier(self) -> None:
        text = {file: [dict(row) for row in rows] for file, rows in network().items()}
        moved = {
            file: [{name: "c1-new" if value == "c1" else value for name, value in row.items()} for row in rows]
            for file, rows in text.items()
        }
        after = brought(roster(), moved)
        assert after.rekeyed.campuses == {"c1": "c1-new"}
        assert set(after.roster.campuses) == {"c1-new", "c2"}

    def test_a_second_stint_in_the_same_post_is_an_assignment_of_its_own(self) -> None:
        first = roster(changed(network(), "roles", "r-ben-c1", endDate="2020-06-01"))
        again = changed(network(), "roles", "r-ben-c1", sourcedId="r-second", beginDate="2021-01-04")
        kept = brought(first, again).roster
        assert [(one.begins_on, one.ends_on) for one in snapshot(kept, "ben")[1]] == [
            (date(2018, 8, 1), date(2020, 5, 31)),
            (date(2021, 1, 4), None),
        ]

    def test_two_stints_in_one_file_are_two_assignments(self) -> None:
        files = changed(network(), "roles", "r-ben-c1", endDate="2020-06-01")
        files = added(files, "roles", role("ben", sourcedId="r-second", beginDate="2021-01-04"))
        kept = roster(files)
        assert len({one.assignment_id for one in snapshot(kept, "ben")[1]}) == 2
        assert written(brought(kept, files)) == 0

    def test_a_number_is_never_given_to_another_person(self) -> None:
        left = brought(roster(), without_person(network(), "ben")).roster
        with pytest.raises(RosterRefused) as refused:
            brought(left, changed(without_person(network(), "ben"), "users", "u-ana", identifier="100002"))
        assert [one.pointer for one in refused.value.errors] == ["/users.csv/2/identifier"]

    def test_two_people_may_exchange_their_numbers(self) -> None:
        files = changed(network(), "users", "u-ana", identifier="100002")
        after = brought(roster(), changed(files, "users", "u-ben", identifier="100001"))
        assert after.roster.people["u-ana"].employee_number == "100002"
        assert not after.rekeyed.people


class TestDelta:
    def delta(self, known: Roster, *, on: date = IN_MAY, **files: list[dict[str, str]]) -> Imported:
        return brought(known, files, on=on, mode="delta")

    def test_a_newcomer_is_added_and_nobody_else_is_touched(self) -> None:
        after = self.delta(
            roster(), users=told("active", AT, user("new", "100009")), roles=told("active", AT, role("new"))
        )
        assert written(after) == 2
        assert status(after.roster, "new")[0] is EducatorStatus.ACTIVE

    def test_who_is_taken_back_is_ended_on_the_day_that_the_row_names(self) -> None:
        gone = told("tobedeleted", "2021-05-20T09:00:00Z", {"sourcedId": "u-ben"})
        role_gone = told("tobedeleted", "2021-05-20T09:00:00Z", {"sourcedId": "r-ben-c1"})
        after = self.delta(roster(), users=gone, roles=role_gone)
        assert status(after.roster, "ben")[2] == date(2021, 5, 20)

    def test_it_can_come_again(self) -> None:
        files = {
            "users": [
                *told("active", AT, user("new", "100009")),
                *told("tobedeleted", AT, {"sourcedId": "u-ben"}, {"sourcedId": "u-nobody"}),
            ],
            "roles": told("active", AT, role("new")),
        }
        after = self.delta(roster(), **files).roster
        again = self.delta(after, **files)
        assert written(again) == 0

    def test_what_is_older_than_what_is_known_changes_nothing(self) -> None:
        newer = self.delta(
            roster(),
            users=told("active", "2021-05-24T18:00:00Z", user("ana", "100001", familyName="Newer")),
            roles=told("active", AT, role("ana")),
        ).roster
        older = self.delta(
            newer,
            users=told("active", "2021-05-23T18:00:00Z", user("ana", "100001", familyName="Older")),
            roles=told("active", AT, role("ana")),
        )
        assert older.tallies[RosterFile.USERS].stale == 1
        assert older.roster.people["u-ana"].family_name == "Newer"

    def test_a_student_whom_nobody_knows_is_passed_over(self) -> None:
        after = self.delta(
            roster(),
            users=told("active", AT, user("kid", "S-1")),
            roles=told("active", AT, role("kid", "student")),
            enrollments=told("active", AT, teaching("kid", "math-05", as_="student")),
        )
        assert written(after) == 0
        assert after.tallies[RosterFile.USERS].skipped == 1

    def test_a_student_with_the_number_of_somebody_who_left_is_still_a_student(self) -> None:
        left = brought(roster(), without_person(network(), "ben")).roster
        after = self.delta(
            left, users=told("active", AT, user("kid", "100002")), roles=told("active", AT, role("kid", "student"))
        )
        assert "kid" not in repr(after)

    def test_a_student_may_have_the_number_of_an_employee_in_the_same_delta(self) -> None:
        users = told("active", AT, user("ana", "100001"), user("kid", "100001"))
        after = self.delta(roster(), users=users, roles=told("active", AT, role("ana"), role("kid", "student")))
        assert after.tallies[RosterFile.USERS].skipped == 1

    def test_what_is_wrong_with_a_user_counts_where_it_is_an_employee(self) -> None:
        def update(key: str, number: str) -> Imported:
            users = told("active", AT, user(key, number, email="none"))
            return self.delta(roster(), users=users, roles=told("active", AT, role("ben")))

        assert update("kid", "S-1").tallies[RosterFile.USERS].skipped == 1
        with pytest.raises(RosterRefused) as refused:
            update("ana", "100001")
        assert [one.pointer for one in refused.value.errors] == ["/users.csv/2/email"]

    def test_a_known_person_may_change_without_a_role_in_the_delta(self) -> None:
        after = self.delta(
            roster(),
            users=told("active", AT, user("ana", "100001", email="other@example.org")),
            roles=told("active", AT, role("ben")),
        )
        assert after.roster.people["u-ana"].email == "other@example.org"

    @pytest.mark.parametrize(
        ("file", "row", "column"),
        [
            ("roles", role("ana", campus="c9"), "orgSourcedId"),
            ("roles", role("nobody"), "userSourcedId"),
            ("enrollments", teaching("ana", "gone"), "classSourcedId"),
            ("enrollments", teaching("nobody", "math-05"), "userSourcedId"),
            ("classes", taught_class("new", "Art", "05", term="y99"), "termSourcedIds"),
            ("classes", taught_class("new", "Art", "05", campus="c9"), "schoolSourcedId"),
        ],
    )
    def test_a_name_of_what_nobody_knows_is_refused(self, file: str, row: dict[str, str], column: str) -> None:
        files = {"users": told("active", AT, user("ana", "100001")), "roles": told("active", AT, role("ana"))}
        with pytest.raises(RosterRefused) as refused:
            self.delta(roster(), **(files | {file: told("active", AT, row)}))
        assert f"/{file}.csv/2/{column}" in [one.pointer for one in refused.value.errors]

    def test_every_row_with_a_name_of_what_nobody_knows_is_named(self) -> None:
        lost = [role("ana", campus="c9"), role("ana", "aide", campus="c9", sourcedId="r-ana-2")]
        with pytest.raises(RosterRefused) as refused:
            self.delta(roster(), users=told("active", AT, user("ana", "100001")), roles=told("active", AT, *lost))
        assert [one.pointer for one in refused.value.errors] == [
            "/roles.csv/2/orgSourcedId",
            "/roles.csv/3/orgSourcedId",
        ]

    def test_a_number_of_somebody_who_is_there_is_refused_for_a_newcomer(self) -> None:
        with pytest.raises(RosterRefused):
            self.delta(roster(), users=told("active", AT, user("new", "100001")), roles=told("active", AT, role("new")))

    def renamed(self, *, begins: str) -> Imported:
        """The delta of a source that took ben back and gave him again under other ids."""
        return self.delta(
            roster(),
            users=[*told("tobedeleted", AT, {"sourcedId": "u-ben"}), *told("active", AT, user("ben2", "100002"))],
            roles=[
                *told("tobedeleted", AT, {"sourcedId": "r-ben-c1"}),
                *told("active", AT, role("ben2", beginDate=begins)),
            ],
        )

    def test_who_is_taken_back_and_given_again_under_another_id_goes_on_as_the_same_person(self) -> None:
        after = self.renamed(begins="2018-08-01")
        assert after.rekeyed.people == {"u-ben": "u-ben2"}
        assert status(after.roster, "ben2")[0] is EducatorStatus.ACTIVE
        assert [one.assignment_id for one in snapshot(after.roster, "ben2")[1]] == [
            one.assignment_id for one in snapshot(roster(), "ben")[1]
        ]

    def test_a_post_given_again_from_a_later_day_on_is_a_stint_of_its_own(self) -> None:
        held = snapshot(self.renamed(begins="2021-08-02").roster, "ben2")[1]
        assert [(one.begins_on, one.ends_on) for one in held] == [
            (date(2018, 8, 1), IN_MAY),
            (date(2021, 8, 2), None),
        ]

    def test_who_left_and_is_hired_again_under_another_id_is_the_same_person(self) -> None:
        left = brought(roster(), without_person(network(), "ben")).roster
        after = self.delta(
            left,
            users=told("active", AT, user("ben2", "100002")),
            roles=told("active", AT, role("ben2", beginDate="2021-08-02")),
        )
        assert after.rekeyed.people == {"u-ben": "u-ben2"}
        assert len(snapshot(after.roster, "ben2")[1]) == 2


class TestSubjectGroups:
    def groups(self, kept: Roster, key: str) -> list[SubjectGroup]:
        return [one.subject_group for one in snapshot(kept, key)[1]]

    def test_a_teacher_of_a_tested_class_is_tested_the_others_are_not(self) -> None:
        kept = roster()
        assert self.groups(kept, "ana") == [SubjectGroup.TESTED]
        assert self.groups(kept, "ben") == [SubjectGroup.NON_TESTED]
        assert self.groups(kept, "pam") == self.groups(kept, "amy") == [SubjectGroup.NONE]

    def test_roles_are_named_in_our_words(self) -> None:
        kept = roster()
        assert [snapshot(kept, key)[1][0].role for key in ("ana", "pam", "amy")] == [
            StaffRole.TEACHER,
            StaffRole.PRINCIPAL,
            StaffRole.ASSISTANT_PRINCIPAL,
        ]

    def test_it_holds_on_the_campus_of_the_class_alone(self) -> None:
        files = added(network(), "roles", role("ana", campus="c2", roleType="secondary", beginDate="2019-08-01"))
        assert self.groups(roster(files), "ana") == [SubjectGroup.TESTED, SubjectGroup.NON_TESTED]

    def test_a_class_that_is_taken_from_a_teacher_who_stays_counts_no_more(self) -> None:
        after = brought(roster(), without(network(), "e-ana-math-05")).roster
        assert self.groups(after, "ana") == [SubjectGroup.NON_TESTED]

    def test_a_teacher_who_has_left_stays_tested_although_the_classes_are_gone(self) -> None:
        after = brought(roster(), without_person(network(), "ana")).roster
        assert self.groups(after, "ana") == [SubjectGroup.TESTED]

    def test_a_new_school_year_divides_the_assignment_and_leaves_the_old_year_as_it_was(self) -> None:
        files = network() | {
            "academicSessions": [session("y22", 2022)],
            "classes": [taught_class("art-22", "Art", "05", term="y22")],
            "enrollments": [teaching("ana", "art-22")],
        }
        before = snapshot(roster(), "ana")[1][0]
        first, second = snapshot(brought(roster(), files, on=date(2021, 8, 16)).roster, "ana")[1]
        assert (first.assignment_id, first.subject_group, first.ends_on) == (
            before.assignment_id,
            SubjectGroup.TESTED,
            date(2021, 6, 30),
        )
        assert (second.begins_on, second.subject_group, second.ends_on) == (
            date(2021, 7, 1),
            SubjectGroup.NON_TESTED,
            None,
        )


PEOPLE = ("ana", "ben", "pam", "amy")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sets(st.sampled_from(PEOPLE), min_size=1), min_size=1, max_size=6))
def test_after_any_history_of_bulk_sets_the_last_one_says_who_is_active(history: list[set[str]]) -> None:
    kept = Roster()
    for at, present in enumerate(history):
        files = network()
        for key in set(PEOPLE) - present:
            files = without_person(files, key)
        kept = brought(kept, files, on=date(2021, 1 + at, 1)).roster
        assert {key for key, row in kept.people.items() if row.ended_on is None} == {f"u-{key}" for key in present}
        # Nobody who was ever there is forgotten, and nobody has two assignments of one post.
        assert {f"u-{key}" for seen in history[: at + 1] for key in seen} == set(kept.people)
        assert len(kept.roles) == len(kept.people)
