"""The network as OneRoster 1.2 CSV files (binding 1.2.1): the bulk set, and the delta that follows it.

OneRoster's end dates are exclusive, so a last day is written as the day after it. There are no students, passwords,
telephone numbers or demographics in any of these files.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from deploy.sample.delta import TAKEN_ON
from deploy.sample.model import Assignment, Campus, Delta, Educator, Network, TaughtClass
from deploy.sample.school_calendar import FULL_YEAR, SESSIONS, YEAR

Row = Sequence[str]

_LEAD = "sourcedId status dateLastModified"
HEADERS: dict[str, tuple[str, ...]] = {
    name: tuple(f"{_LEAD} {columns}".split())
    for name, columns in {
        "academicSessions": "title type startDate endDate parentSourcedId schoolYear",
        "orgs": "name type identifier parentSourcedId",
        "courses": "schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes",
        "classes": (
            "title grades courseSourcedId classCode classType location schoolSourcedId termSourcedIds subjects "
            "subjectCodes periods"
        ),
        "users": (
            "enabledUser username userIds givenName familyName middleName identifier email sms phone agentSourcedIds "
            "grades password userMasterIdentifier preferredGivenName preferredMiddleName preferredFamilyName "
            "primaryOrgSourcedId pronouns metadata.hiredOn"
        ),
        "roles": (
            "userSourcedId roleType role beginDate endDate orgSourcedId userProfileSourcedId "
            "metadata.fullTimeEquivalent"
        ),
        "enrollments": "classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate",
    }.items()
}

# Every file that the binding knows; the manifest names all of them.
ALL_FILES = (
    "academicSessions categories classes classResources courses courseResources demographics enrollments "
    "lineItemLearningObjectiveIds lineItems lineItemScoreScales orgs resources resultLearningObjectiveIds results "
    "resultScoreScales roles scoreScales userProfiles userResources users"
)

_BULK = ("", "")
_ACTIVE = ("active", f"{TAKEN_ON:%Y-%m-%d}T18:00:00.000Z")
_TO_BE_DELETED = ("tobedeleted", _ACTIVE[1])


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV file, without its `.csv`."""

    name: str
    header: Row
    rows: list[Row]


def bulk_tables(network: Network) -> tuple[Table, ...]:
    """The whole network as a bulk set, manifest first."""
    classes = [taught for educator in network.educators for taught in educator.classes]
    tables = (
        _table("orgs", _orgs(network)),
        _table("academicSessions", _sessions()),
        _table("courses", _courses(classes)),
        _table("classes", [_class(_BULK, taught) for taught in classes]),
        _table("users", [_user(_BULK, educator) for educator in network.educators]),
        _table("roles", [row for educator in network.educators for row in _roles(_BULK, educator)]),
        _table("enrollments", [row for educator in network.educators for row in _enrollments(_BULK, educator)]),
    )
    return (_manifest(tables, "bulk"), *tables)


def delta_tables(delta: Delta) -> tuple[Table, ...]:
    """Only what changed. One leaver is told by an end date, the other by withdrawing the rows."""
    changed = (*delta.newcomers, delta.promoted, delta.resigned)
    new_classes = [taught for educator in delta.newcomers for taught in educator.classes]
    gone = delta.withdrawn
    tables = (
        _table("classes", [_class(_ACTIVE, taught) for taught in new_classes]),
        _table("users", [*(_user(_ACTIVE, educator) for educator in changed), _user(_TO_BE_DELETED, gone)]),
        _table("roles", [row for one in changed for row in _roles(_ACTIVE, one)] + [*_roles(_TO_BE_DELETED, gone)]),
        _table(
            "enrollments",
            [row for one in changed for row in _enrollments(_ACTIVE, one)] + [*_enrollments(_TO_BE_DELETED, gone)],
        ),
    )
    return (_manifest(tables, "delta"), *tables)


def _table(name: str, rows: Iterable[Row]) -> Table:
    return Table(name, HEADERS[name], list(rows))


def _manifest(tables: Sequence[Table], mode: str) -> Table:
    present = {table.name for table in tables}
    rows: list[Row] = [("manifest.version", "1.0"), ("oneroster.version", "1.2")]
    rows += [(f"file.{name}", mode if name in present else "absent") for name in ALL_FILES.split()]
    rows += [("source.systemName", "Rung sample network"), ("source.systemCode", "rung-sample")]
    return Table("manifest", ("propertyName", "value"), rows)


def _orgs(network: Network) -> Iterator[Row]:
    for district in network.districts:
        yield (f"org-{district.identifier}", *_BULK, district.name, "district", district.identifier, "")
    for campus in network.campuses:
        parent = f"org-{campus.district.identifier}"
        yield (_org(campus), *_BULK, campus.name, "school", campus.identifier, parent)


def _org(campus: Campus) -> str:
    return f"org-{campus.identifier}"


def _sessions() -> Iterator[Row]:
    ends_in = f"{YEAR.ends_on:%Y}"
    for session in SESSIONS:
        parent = "" if session is FULL_YEAR else FULL_YEAR.identifier
        first, after = _on(session.begins_on), _after(session.ends_on)
        yield (session.identifier, *_BULK, session.title, session.kind, first, after, parent, ends_in)


def _course_id(taught: TaughtClass) -> str:
    return f"course-{taught.campus.district.identifier}-{taught.course.code}"


def _courses(classes: Iterable[TaughtClass]) -> list[Row]:
    """Every district's own catalogue, of the courses that are taught in it."""
    rows: dict[str, Row] = {}
    for taught in classes:
        course = taught.course
        rows[_course_id(taught)] = (
            _course_id(taught),
            *_BULK,
            FULL_YEAR.identifier,
            course.title,
            course.code,
            ",".join(course.grades),
            f"org-{taught.campus.district.identifier}",
            ",".join(subject.name for subject in course.subjects),
            ",".join(subject.code for subject in course.subjects),
        )
    return [rows[key] for key in sorted(rows)]


def _class(mark: Row, taught: TaughtClass) -> Row:
    course = taught.course
    return (
        taught.identifier,
        *mark,
        f"{course.title}, section {taught.section}",
        ",".join(grade for grade in course.grades if grade in taught.campus.band.grades),
        _course_id(taught),
        f"{course.code}-{taught.section:03d}",
        "homeroom" if course.homeroom else "scheduled",
        f"Room {100 + taught.section}",
        _org(taught.campus),
        ",".join(taught.terms),
        ",".join(subject.name for subject in course.subjects),
        ",".join(subject.code for subject in course.subjects),
        "" if course.homeroom else str(1 + taught.section % 7),
    )


def _user(mark: Row, educator: Educator) -> Row:
    person = educator.person
    return (
        _user_id(educator),
        *mark,
        "true" if educator.left_on is None else "false",
        person.username,
        f"{{LDAP:{person.username}}}",
        person.given_name,
        person.family_name,
        "",
        person.employee_number,
        person.email,
        *("",) * 9,
        _org(educator.home),
        "",
        _on(educator.hired_on),
    )


def _user_id(educator: Educator) -> str:
    return f"user-{educator.employee_number}"


def _roles(mark: Row, educator: Educator) -> Iterator[Row]:
    for assignment in educator.assignments:
        yield _role(mark, educator, assignment)


def _role(mark: Row, educator: Educator, assignment: Assignment) -> Row:
    return (
        assignment.identifier,
        *mark,
        _user_id(educator),
        "primary" if assignment.is_primary else "secondary",
        assignment.role,
        _on(assignment.begins_on),
        _after(assignment.ends_on),
        _org(assignment.campus),
        "",
        f"{assignment.fte_hundredths // 100}.{assignment.fte_hundredths % 100:02d}",
    )


def _enrollments(mark: Row, educator: Educator) -> Iterator[Row]:
    for taught in educator.classes:
        yield (
            taught.identifier.replace("class-", "enrollment-"),
            *mark,
            taught.identifier,
            _org(taught.campus),
            _user_id(educator),
            "teacher",
            "true",
            _on(taught.begins_on),
            _after(taught.ends_on),
        )


def _on(day: date | None) -> str:
    return day.isoformat() if day else ""


def _after(last_day: date | None) -> str:
    return (last_day + timedelta(days=1)).isoformat() if last_day else ""
