"""The roster as this service keeps it: rows under the source's own ids, from which educators are derived.

Nothing of students, no passwords, telephone numbers or demographics: there is no field for any of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

from shared.kernel.errors import FieldError

TEACHER = "teacher"
"""The role of a teacher, in roles.csv and in enrollments.csv alike."""


class RosterFile(StrEnum):
    """The files of a OneRoster 1.2 set that this service reads."""

    ORGS = "orgs"
    SESSIONS = "academicSessions"
    COURSES = "courses"
    CLASSES = "classes"
    USERS = "users"
    ROLES = "roles"
    ENROLLMENTS = "enrollments"


class Mode(StrEnum):
    """How a file is meant: `bulk` is the whole, so that what is not in it is over; `delta` is only what changed."""

    BULK = "bulk"
    DELTA = "delta"
    ABSENT = "absent"


class CampusKind(StrEnum):
    """`office` is a district's own office, there as soon as someone has a role in the district itself."""

    SCHOOL = "school"
    DEPARTMENT = "department"
    OFFICE = "office"


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRow:
    """`ended_on` is the day the roster let go of the row; `modified_at` is the source's own time, where it gave one."""

    sourced_id: str
    ended_on: date | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class District(RosterRow):
    identifier: str | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Campus(RosterRow):
    """`district` is the source's id of the district it belongs to."""

    identifier: str | None
    name: str
    kind: CampusKind
    district: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(RosterRow):
    """A span of the school calendar; `ends_on` is its last day, `school_year` a label like 2020-21."""

    title: str
    kind: str
    begins_on: date
    ends_on: date
    school_year: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Course(RosterRow):
    """`subjects` are names and codes together."""

    grades: tuple[str, ...]
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtClass(RosterRow):
    """A class; where it says no subjects or grades of its own, those of its course count."""

    campus: str
    course: str
    terms: tuple[str, ...]
    grades: tuple[str, ...]
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(RosterRow):
    """An employee. `employee_number` is what the source calls `identifier`."""

    employee_number: str | None
    given_name: str
    family_name: str
    preferred_name: str | None
    email: str | None
    hired_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRoleRow(RosterRow):
    """One role of a person in one org; `role` is the source's word, `ends_on` the last day of it."""

    person: str
    campus: str
    role: str
    is_primary: bool
    begins_on: date | None
    ends_on: date | None
    full_time_equivalent: str

    @property
    def post(self) -> tuple[str, str, str, bool]:
        """What makes two rows speak of the same post, whatever ids the source gave them."""
        return (self.person, self.campus, self.role, self.is_primary)

    @property
    def last_day(self) -> date | None:
        """When it is over: by its own end date, or since the roster let go of it."""
        days = [day for day in (self.ends_on, self.ended_on) if day is not None]
        return min(days, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Teaching(RosterRow):
    """A person teaches a class."""

    person: str
    taught_class: str


R = TypeVar("R", bound=RosterRow)


@dataclass(frozen=True, slots=True)
class Incoming(Generic[R]):
    """A row of an import with its line; `row` is None where a delta takes the row back (`tobedeleted`)."""

    line: int
    sourced_id: str
    modified_at: datetime | None
    row: R | None


@dataclass(frozen=True, slots=True)
class Reference:
    """A name of a row that the set itself does not have, on these lines: it has to be known from before."""

    file: RosterFile
    column: str
    target: RosterFile
    sourced_id: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RosterSet:
    """A file set that was read without a fault, as far as it can be judged by itself.

    `skipped` counts rows left out on purpose, by file: students and their relatives, above all. A delta's users without
    a role in it may be students: what is wrong in their rows counts if they turn out to be known employees.
    """

    modes: Mapping[RosterFile, Mode]
    districts: tuple[Incoming[District], ...] = ()
    campuses: tuple[Incoming[Campus], ...] = ()
    sessions: tuple[Incoming[Session], ...] = ()
    courses: tuple[Incoming[Course], ...] = ()
    classes: tuple[Incoming[TaughtClass], ...] = ()
    people: tuple[Incoming[Person], ...] = ()
    roles: tuple[Incoming[StaffRoleRow], ...] = ()
    teachings: tuple[Incoming[Teaching], ...] = ()
    references: tuple[Reference, ...] = ()
    faults_of_users: Mapping[str, Sequence[FieldError]] = field(default_factory=dict)
    rows: Mapping[RosterFile, int] = field(default_factory=dict)
    skipped: Mapping[RosterFile, int] = field(default_factory=dict)

    def mode(self, file: RosterFile) -> Mode:
        return self.modes.get(file, Mode.ABSENT)


@dataclass(frozen=True, slots=True)
class Roster:
    """The whole roster, each kind of row by the source's id; roles by the id of their assignment."""

    districts: Mapping[str, District] = field(default_factory=dict)
    campuses: Mapping[str, Campus] = field(default_factory=dict)
    sessions: Mapping[str, Session] = field(default_factory=dict)
    courses: Mapping[str, Course] = field(default_factory=dict)
    classes: Mapping[str, TaughtClass] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    roles: Mapping[UUID, StaffRoleRow] = field(default_factory=dict)
    teachings: Mapping[str, Teaching] = field(default_factory=dict)


def class_year(taught: TaughtClass, years: Mapping[str, str]) -> str | None:
    """The school year of a class: the latest of its terms', which `years` gives; None where it knows none of them."""
    return max((years[term] for term in taught.terms if term in years), default=None)
