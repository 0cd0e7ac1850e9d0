"""The readers of orgs.csv, academicSessions.csv, courses.csv and classes.csv: where and when work is done."""

from datetime import timedelta

from services.evaluation.domain.roster import (
    Campus,
    CampusKind,
    Course,
    District,
    Incoming,
    RosterFile,
    Session,
    TaughtClass,
)
from services.evaluation.schemas.roster.reading import Line, Reading
from shared.kernel.period import SchoolYear

_ORG_TYPES = frozenset({"department", "school", "district", "local", "state", "national"})
_KINDS = {"school": CampusKind.SCHOOL, "department": CampusKind.DEPARTMENT}
_SESSION_TYPES = frozenset({"gradingPeriod", "semester", "schoolYear", "term"})
_CLASS_TYPES = frozenset({"homeroom", "scheduled"})
_ONE_DAY = timedelta(days=1)


def word(line: Line, column: str, known: frozenset[str]) -> str:
    """A word of a vocabulary that OneRoster lets others add to with `ext:`."""
    value = line.cells.values[column]
    if not value.startswith("ext:"):
        return line.cells.one_of(column, known)
    return line.cells.text(column)


def read_orgs(reading: Reading) -> tuple[list[Incoming[District]], list[Incoming[Campus]], set[str]]:
    """Districts, campuses, and the ids of orgs above a district, which are not kept: pay and reports end there."""
    districts: list[Incoming[District]] = []
    campuses: list[Incoming[Campus]] = []
    above: set[str] = set()
    parents: list[tuple[int, str]] = []
    for line in reading.lines(RosterFile.ORGS):
        if line.is_taken_back:
            # A delta does not say again what kind of org it takes back; only one of the two can know the id.
            districts.append(line.incoming(None))
            campuses.append(line.incoming(None))
            continue
        kind = word(line, "type", _ORG_TYPES)
        name, identifier = line.cells.text("name"), line.cells.optional("identifier")
        if kind == "district":
            row = District(sourced_id=line.sourced_id, modified_at=line.modified_at, identifier=identifier, name=name)
            districts.append(line.incoming(row))
        elif kind in _KINDS:
            parent = line.cells.text("parentSourcedId")
            parents.append((line.number, parent))
            campuses.append(line.incoming(_campus(line, name, identifier, parent)))
        else:
            above.add(line.sourced_id)
            reading.skip(RosterFile.ORGS)
    for number, parent in parents:
        reading.check(RosterFile.ORGS, number, "parentSourcedId", RosterFile.ORGS, parent)
    return districts, campuses, above


def _campus(line: Line, name: str, identifier: str | None, parent: str) -> Campus:
    return Campus(
        sourced_id=line.sourced_id,
        modified_at=line.modified_at,
        identifier=identifier,
        name=name,
        kind=_KINDS[line.cells.values["type"]],
        district=parent,
    )


def read_sessions(reading: Reading) -> list[Incoming[Session]]:
    found: list[Incoming[Session]] = []
    parents: list[tuple[int, str | None]] = []
    for line in reading.lines(RosterFile.SESSIONS):
        if line.is_taken_back:
            found.append(line.incoming(None))
            continue
        cells = line.cells
        begins_on, after = cells.required_day("startDate"), cells.required_day("endDate")
        if not cells.is_broken and after <= begins_on:
            cells.refuse("endDate", "is not after startDate: it is the day after the last one")
        parents.append((line.number, cells.optional("parentSourcedId")))
        row = Session(
            sourced_id=line.sourced_id,
            modified_at=line.modified_at,
            title=cells.text("title"),
            kind=word(line, "type", _SESSION_TYPES),
            begins_on=begins_on,
            ends_on=begins_on if cells.is_broken else after - _ONE_DAY,
            school_year=_school_year(line),
        )
        found.append(line.incoming(row))
    for number, parent in parents:
        reading.check(RosterFile.SESSIONS, number, "parentSourcedId", RosterFile.SESSIONS, parent)
    return found


def _school_year(line: Line) -> str:
    """OneRoster names a school year by the year it ends in."""
    ends_in = line.cells.whole("schoolYear")
    if not line.cells.is_broken and not 1900 < ends_in < 2200:
        line.cells.refuse("schoolYear", "is not the year in which a school year ends")
    return "" if line.cells.is_broken else str(SchoolYear(ends_in - 1))


def read_courses(reading: Reading) -> list[Incoming[Course]]:
    found: list[Incoming[Course]] = []
    for line in reading.lines(RosterFile.COURSES):
        if line.is_taken_back:
            found.append(line.incoming(None))
            continue
        cells = line.cells
        cells.text("title")
        year = cells.optional("schoolYearSourcedId")
        cells.text("orgSourcedId")
        reading.check(RosterFile.COURSES, line.number, "schoolYearSourcedId", RosterFile.SESSIONS, year)
        reading.check_within_set(RosterFile.COURSES, line, "orgSourcedId", RosterFile.ORGS)
        row = Course(
            sourced_id=line.sourced_id,
            modified_at=line.modified_at,
            grades=cells.listed("grades"),
            subjects=(*cells.listed("subjects"), *cells.listed("subjectCodes")),
        )
        found.append(line.incoming(row))
    return found


def read_classes(reading: Reading) -> list[Incoming[TaughtClass]]:
    found: list[Incoming[TaughtClass]] = []
    for line in reading.lines(RosterFile.CLASSES):
        if line.is_taken_back:
            found.append(line.incoming(None))
            continue
        cells = line.cells
        cells.text("title")
        word(line, "classType", _CLASS_TYPES)
        course, school, terms = (
            cells.text("courseSourcedId"),
            cells.text("schoolSourcedId"),
            cells.listed("termSourcedIds"),
        )
        if not terms:
            cells.refuse("termSourcedIds", "is empty: it says which school year the class belongs to")
        reading.check(RosterFile.CLASSES, line.number, "courseSourcedId", RosterFile.COURSES, course)
        reading.check(RosterFile.CLASSES, line.number, "schoolSourcedId", RosterFile.ORGS, school)
        for term in terms:
            reading.check(RosterFile.CLASSES, line.number, "termSourcedIds", RosterFile.SESSIONS, term)
        row = TaughtClass(
            sourced_id=line.sourced_id,
            modified_at=line.modified_at,
            campus=school,
            course=course,
            terms=terms,
            grades=cells.listed("grades"),
            subjects=(*cells.listed("subjects"), *cells.listed("subjectCodes")),
        )
        found.append(line.incoming(row))
    return found
