"""The readers of users.csv, roles.csv and enrollments.csv. Passwords, telephone numbers and the like are not read."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

from services.evaluation.domain.roster import TEACHER, Incoming, Mode, Person, RosterFile, StaffRoleRow, Teaching
from services.evaluation.schemas.cells import Cells
from services.evaluation.schemas.roster.layouts import FULL_TIME_EQUIVALENT, HIRED_ON
from services.evaluation.schemas.roster.orgs import word
from services.evaluation.schemas.roster.reading import Line, Reading

_NOT_STAFF = frozenset({"student", "guardian", "parent", "relative"})
_ROLES = _NOT_STAFF | {
    "aide",
    "counselor",
    "districtAdministrator",
    "principal",
    "proctor",
    "siteAdministrator",
    "systemAdministrator",
    "teacher",
}
_ROLE_TYPES = frozenset({"primary", "secondary"})
_ENROLLED_AS = frozenset({"administrator", "proctor", "student", "teacher"})
_ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class Roles:
    """The roles of employees, and whom the rows name; `named` is checked once the users are read."""

    rows: list[Incoming[StaffRoleRow]] = field(default_factory=list)
    staff: set[str] = field(default_factory=set)
    named: list[tuple[int, str]] = field(default_factory=list)


def read_roles(reading: Reading, above_districts: set[str]) -> Roles:
    """Roles in an org above every district are left out, as are those of students and their relatives."""
    roles = Roles()
    for line in reading.lines(RosterFile.ROLES):
        if line.is_taken_back:
            roles.rows.append(line.incoming(None))
            continue
        cells = line.cells
        user, org = cells.text("userSourcedId"), cells.text("orgSourcedId")
        role, role_type = word(line, "role", _ROLES), cells.one_of("roleType", _ROLE_TYPES)
        begins_on, ends_on = _span(line)
        is_staff = role not in _NOT_STAFF
        if is_staff or reading.mode(RosterFile.USERS) is Mode.BULK:
            roles.named.append((line.number, user))
        if is_staff or reading.mode(RosterFile.ORGS) is Mode.BULK:
            reading.check(RosterFile.ROLES, line.number, "orgSourcedId", RosterFile.ORGS, org)
        if not is_staff or org in above_districts:
            reading.skip(RosterFile.ROLES)
            continue
        fte = cells.decimal(FULL_TIME_EQUIVALENT, least="0", most="2", places=2, default="1.00")
        roles.staff.add(user)
        row = StaffRoleRow(
            sourced_id=line.sourced_id,
            modified_at=line.modified_at,
            person=user,
            campus=org,
            role=role,
            is_primary=role_type == "primary",
            begins_on=begins_on,
            ends_on=ends_on,
            full_time_equivalent=f"{fte:.2f}",
        )
        roles.rows.append(line.incoming(row))
    return roles


def _span(line: Line) -> tuple[date | None, date | None]:
    """First and last day; OneRoster's end date is the day after the last one."""
    begins_on, after = line.cells.day("beginDate"), line.cells.day("endDate")
    if begins_on is not None and after is not None and after < begins_on:
        line.cells.refuse("endDate", "is before beginDate")
    return begins_on, after - _ONE_DAY if after is not None and after > date.min else None


def read_users(reading: Reading, roles: Roles) -> list[Incoming[Person]]:
    """The users with a role of an employee; in a delta also those without any role in it, who may be known."""
    found: list[Incoming[Person]] = []
    is_bulk = reading.mode(RosterFile.USERS) is Mode.BULK
    numbers: set[str] = set()
    for line in reading.lines(RosterFile.USERS):
        if line.is_taken_back:
            found.append(line.incoming(None))
        elif is_bulk and line.sourced_id not in roles.staff:
            reading.skip(RosterFile.USERS)
        elif line.sourced_id not in roles.staff:
            cells = Cells(line.cells.values, partial(reading.put_off, line.sourced_id, line.number))
            found.append(line.incoming(_person(line, cells)))
        else:
            person = _person(line, line.cells)
            reading.check_within_set(RosterFile.USERS, line, "primaryOrgSourcedId", RosterFile.ORGS)
            if person.employee_number in numbers:
                line.cells.refuse("identifier", "stands in this file twice")
            if person.employee_number is not None:
                numbers.add(person.employee_number)
            found.append(line.incoming(person))
    for number, user in roles.named:
        reading.check(RosterFile.ROLES, number, "userSourcedId", RosterFile.USERS, user)
    return found


def _person(line: Line, cells: Cells) -> Person:
    email = cells.optional("email")
    if email is not None and (email.count("@") != 1 or " " in email):
        cells.refuse("email", "is not an e-mail address")
    return Person(
        sourced_id=line.sourced_id,
        modified_at=line.modified_at,
        employee_number=cells.optional("identifier"),
        given_name=cells.text("givenName"),
        family_name=cells.text("familyName"),
        preferred_name=cells.optional("preferredGivenName"),
        email=email,
        hired_on=cells.day(HIRED_ON),
    )


def read_enrollments(reading: Reading, roles: Roles) -> list[Incoming[Teaching]]:
    """Who teaches which class. Of students' rows only the names are checked."""
    found: list[Incoming[Teaching]] = []
    users_are_bulk = reading.mode(RosterFile.USERS) is Mode.BULK
    for line in reading.lines(RosterFile.ENROLLMENTS):
        if line.is_taken_back:
            found.append(line.incoming(None))
            continue
        cells = line.cells
        taught, school, user = cells.text("classSourcedId"), cells.text("schoolSourcedId"), cells.text("userSourcedId")
        role = cells.one_of("role", _ENROLLED_AS)
        _span(line)
        reading.check(RosterFile.ENROLLMENTS, line.number, "classSourcedId", RosterFile.CLASSES, taught)
        reading.check(RosterFile.ENROLLMENTS, line.number, "schoolSourcedId", RosterFile.ORGS, school)
        if role == TEACHER or users_are_bulk:
            reading.check(RosterFile.ENROLLMENTS, line.number, "userSourcedId", RosterFile.USERS, user)
        if role != TEACHER or (users_are_bulk and user not in roles.staff):
            reading.skip(RosterFile.ENROLLMENTS)
            continue
        row = Teaching(sourced_id=line.sourced_id, modified_at=line.modified_at, person=user, taught_class=taught)
        found.append(line.incoming(row))
    return found
