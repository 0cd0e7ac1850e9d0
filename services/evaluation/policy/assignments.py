"""The assignments that are published of an educator, from the roster's rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from services.evaluation.domain.educator import first_day, last_day, staff_role
from services.evaluation.domain.roster import Person, Roster, StaffRoleRow, class_year
from services.evaluation.policy.subject_groups import Stretch, TestedGrid, is_tested, stretches
from shared.events.evaluation import Assignment, StaffRole, SubjectGroup
from shared.kernel.ids import derived_id
from shared.kernel.period import SchoolYear

Groups: TypeAlias = dict[tuple[str, str], dict[SchoolYear, SubjectGroup]]
"""By person and campus, then by school year."""


@dataclass(frozen=True, slots=True)
class Place:
    """A campus with its district, by our own ids."""

    campus_id: UUID
    district_id: UUID


def subject_groups(roster: Roster, grid: TestedGrid) -> Groups:
    """For every teacher, campus and school year with classes: TESTED where at least one of the classes is."""
    years = {key: row.school_year for key, row in roster.sessions.items()}
    groups: Groups = {}
    tested = {key: is_tested(grid, row, roster.courses.get(row.course)) for key, row in roster.classes.items()}
    for teaching in roster.teachings.values():
        taught = roster.classes.get(teaching.taught_class)
        label = class_year(taught, years) if taught is not None else None
        if taught is None or label is None or teaching.ended_on is not None:
            continue
        by_year = groups.setdefault((teaching.person, taught.campus), {})
        year = SchoolYear.parse(label)
        if tested[taught.sourced_id] or year not in by_year:
            by_year[year] = SubjectGroup.TESTED if tested[taught.sourced_id] else SubjectGroup.NON_TESTED
    return groups


def assignments_of(
    person: Person,
    roles: Iterable[tuple[UUID, StaffRoleRow]],
    *,
    places: Mapping[str, Place],
    groups: Mapping[tuple[str, str], Mapping[SchoolYear, SubjectGroup]],
) -> list[Assignment]:
    """In the order of their beginning. A role that was over before it began is none."""
    found = []
    for assignment_id, role in roles:
        begins_on, ends_on = first_day(role, person), last_day(role, person)
        if begins_on is None or (ends_on is not None and ends_on < begins_on):
            continue
        if staff_role(role.role) is StaffRole.TEACHER:
            parts = stretches(begins_on, ends_on, groups.get((person.sourced_id, role.campus), {}))
        else:
            parts = [Stretch(begins_on, ends_on, SubjectGroup.NONE)]
        found += [
            _assignment(assignment_id if at == 0 else _later_part(assignment_id, part), role, part, places[role.campus])
            for at, part in enumerate(parts)
        ]
    return sorted(found, key=lambda one: (one.begins_on, not one.is_primary, one.assignment_id))


def _later_part(assignment_id: UUID, part: Stretch) -> UUID:
    return derived_id("assignment part", str(assignment_id), part.begins_on.isoformat())


def _assignment(assignment_id: UUID, role: StaffRoleRow, part: Stretch, place: Place) -> Assignment:
    return Assignment(
        assignment_id=assignment_id,
        campus_id=place.campus_id,
        district_id=place.district_id,
        role=staff_role(role.role),
        subject_group=part.group,
        full_time_equivalent=role.full_time_equivalent,
        is_primary=role.is_primary,
        begins_on=part.begins_on,
        ends_on=part.ends_on,
    )
