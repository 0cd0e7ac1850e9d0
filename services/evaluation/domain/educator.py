"""An educator as the roster's rows make one: since when, until when, known by which digests."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.evaluation.domain.roster import TEACHER, Person, StaffRoleRow
from shared.events.evaluation import Assignment, EducatorRostered, EducatorStatus, StaffRole

_ROLES = {
    TEACHER: StaffRole.TEACHER,
    "principal": StaffRole.PRINCIPAL,
    "ext:assistantPrincipal": StaffRole.ASSISTANT_PRINCIPAL,
    "ext:instructionalCoach": StaffRole.INSTRUCTIONAL_COACH,
}


@dataclass(frozen=True, slots=True)
class Educator:
    """An educator with name and address, for those who may see them; `version` is that of the published snapshot."""

    educator_id: UUID
    version: int
    status: EducatorStatus
    employee_number: str | None
    given_name: str
    family_name: str
    preferred_name: str | None
    email: str | None
    hired_on: date | None
    ended_on: date | None
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class Employment:
    """From when to when someone is employed, as far as the roster tells."""

    status: EducatorStatus
    hired_on: date | None
    ended_on: date | None


def staff_role(role: str) -> StaffRole:
    """The source's word for a role as ours; what has no word of ours is OTHER."""
    return _ROLES.get(role, StaffRole.OTHER)


def first_day(role: StaffRoleRow, person: Person) -> date | None:
    return role.begins_on or person.hired_on


def last_day(role: StaffRoleRow, person: Person) -> date | None:
    """The last day of a role: its own, or that of the person's leaving."""
    days = [day for day in (role.last_day, person.ended_on) if day is not None]
    return min(days, default=None)


def employment(person: Person, roles: Collection[StaffRoleRow], *, as_of: date) -> Employment:
    """Someone whose every role is over has left; an end that lies after `as_of` is not told before it has come.

    A source may write the end of the school year into every role, which says nothing of who stays.
    """
    beginnings = [day for role in roles if (day := first_day(role, person)) is not None]
    hired_on = person.hired_on or min(beginnings, default=None)
    ends = [last_day(role, person) for role in roles]
    closed = [day for day in ends if day is not None]
    ended_on = max(closed) if closed and len(closed) == len(ends) else person.ended_on
    if ended_on is None or ended_on > as_of:
        return Employment(EducatorStatus.ACTIVE, hired_on, None)
    return Employment(EducatorStatus.ENDED, hired_on, ended_on)


def rostered(
    educator_id: UUID,
    version: int,
    person: Person,
    employed: Employment,
    *,
    assignments: Sequence[Assignment],
    person_keys: Sequence[str],
) -> EducatorRostered:
    """The event that shows the educator whole."""
    return EducatorRostered(
        educator_id=educator_id,
        version=version,
        status=employed.status,
        employee_number=person.employee_number,
        person_keys=list(person_keys),
        hired_on=employed.hired_on,
        ended_on=employed.ended_on,
        assignments=list(assignments),
    )
