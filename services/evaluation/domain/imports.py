"""A roster import as one pure step: the roster that was, and a file set, give the roster that is, or the faults."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar
from uuid import UUID

from services.evaluation.domain.assignment_ids import with_assignment_ids
from services.evaluation.domain.import_faults import import_faults, refuse
from services.evaluation.domain.merge import Merged, Tally, Terms, merge
from services.evaluation.domain.rekey import Rekeyed, rekey
from services.evaluation.domain.roster import (
    TEACHER,
    Campus,
    CampusKind,
    District,
    Incoming,
    Mode,
    Person,
    Roster,
    RosterFile,
    RosterRow,
    RosterSet,
    StaffRoleRow,
    TaughtClass,
    Teaching,
    class_year,
)

_R = TypeVar("_R", bound=RosterRow)


@dataclass(frozen=True, slots=True)
class Imported:
    """The roster after an import; `written` holds only the rows to store."""

    roster: Roster
    written: Roster
    rekeyed: Rekeyed
    tallies: Mapping[RosterFile, Tally]


@dataclass(frozen=True, slots=True)
class _People:
    """Who there is, in which roles."""

    people: Merged[str, Person]
    roles: Merged[UUID, StaffRoleRow]


def apply(known: Roster, incoming: RosterSet, *, effective_on: date) -> Imported:
    """Raises RosterRefused where a row names what nobody knows, or takes a number that is somebody else's."""
    known, rekeyed = rekey(known, incoming)
    terms = {
        file: Terms(
            incoming.mode(file),
            effective_on,
            Tally(rows=incoming.rows.get(file, 0), skipped=incoming.skipped.get(file, 0)),
        )
        for file in RosterFile
    }
    # What a delta takes back is told of both kinds of org, since only here is known which of them it is.
    told = [entry for entry in incoming.districts if entry.row is not None or entry.sourced_id in known.districts]
    districts = merge(known.districts, _keyed(told), terms[RosterFile.ORGS])
    campuses = _merge_campuses(known, incoming, districts.rows, terms[RosterFile.ORGS])
    sessions = merge(known.sessions, _keyed(incoming.sessions), terms[RosterFile.SESSIONS])
    courses = merge(known.courses, _keyed(incoming.courses), terms[RosterFile.COURSES])
    staff = _People(
        merge(known.people, _keyed(_staff(known, incoming, terms[RosterFile.USERS].tally)), terms[RosterFile.USERS]),
        merge(known.roles, with_assignment_ids(known.roles, incoming), terms[RosterFile.ROLES]),
    )
    years = {key: row.school_year for key, row in sessions.rows.items()}
    classes, teachings = _merge_teaching(known, incoming, terms, staff, years)
    imported = Imported(
        Roster(
            districts=districts.rows,
            campuses=campuses.rows,
            sessions=sessions.rows,
            courses=courses.rows,
            classes=classes.rows,
            people=staff.people.rows,
            roles=staff.roles.rows,
            teachings=teachings.rows,
        ),
        Roster(
            districts=districts.written,
            campuses=campuses.written,
            sessions=sessions.written,
            courses=courses.written,
            classes=classes.written,
            people=staff.people.written,
            roles=staff.roles.written,
            teachings=teachings.written,
        ),
        rekeyed,
        {file: one.tally for file, one in terms.items()},
    )
    refuse(import_faults(imported.roster, incoming))
    return imported


def _keyed(rows: Iterable[Incoming[_R]]) -> list[tuple[str, Incoming[_R]]]:
    return [(entry.sourced_id, entry) for entry in rows]


def _merge_campuses(
    known: Roster, incoming: RosterSet, districts: Mapping[str, District], terms: Terms
) -> Merged[str, Campus]:
    """Schools and departments as the files have them; a district's office while someone has a role in it."""
    above = {entry.sourced_id: entry.row.district for entry in incoming.campuses if entry.row is not None}
    above |= {key: row.district for key, row in known.campuses.items() if key not in above}
    placed = [
        replace(entry, row=replace(entry.row, district=_district(entry.row.district, above))) if entry.row else entry
        for entry in incoming.campuses
        if entry.row is not None or entry.sourced_id not in known.districts
    ]

    def is_office_of_a_district(campus: Campus) -> bool:
        district = districts.get(campus.district)
        return campus.kind is CampusKind.OFFICE and district is not None and district.ended_on is None

    merged = merge(known.campuses, _keyed(placed), terms, is_office_of_a_district)
    for entry in incoming.roles:
        district = districts.get(entry.row.campus) if entry.row is not None else None
        office = merged.rows.get(district.sourced_id) if district is not None else None
        if district is not None and district.ended_on is None and (office is None or office.ended_on is not None):
            office = Campus(
                sourced_id=district.sourced_id,
                identifier=None,
                name=district.name,
                kind=CampusKind.OFFICE,
                district=district.sourced_id,
            )
            merged.rows[office.sourced_id] = merged.written[office.sourced_id] = office
    return merged


def _district(parent: str, above: Mapping[str, str]) -> str:
    """A department may stand under a school: its district is the school's."""
    return above.get(parent, parent)


def _staff(known: Roster, incoming: RosterSet, tally: Tally) -> list[Incoming[Person]]:
    """The people of the set who are employees: known already, or with a role of an employee in the set."""
    employed = {entry.row.person for entry in incoming.roles if entry.row is not None}
    staff = [entry for entry in incoming.people if entry.sourced_id in known.people or entry.sourced_id in employed]
    tally.skipped += len(incoming.people) - len(staff)
    return staff


def _merge_teaching(
    known: Roster, incoming: RosterSet, terms: Mapping[RosterFile, Terms], staff: _People, years: Mapping[str, str]
) -> tuple[Merged[str, TaughtClass], Merged[str, Teaching]]:
    """Classes and who teaches them. What other school years had stays, since their plans are paid by it."""
    covered = _covered_years(incoming, years)
    open_posts = _open_teaching_posts(staff, terms[RosterFile.ROLES].effective_on)

    def is_of_another_year(taught: TaughtClass) -> bool:
        return class_year(taught, years) not in covered

    classes = merge(known.classes, _keyed(incoming.classes), terms[RosterFile.CLASSES], is_of_another_year)

    def is_history(row: Teaching) -> bool:
        # Who has left a campus did teach there, although the roster no longer lists it.
        taught = classes.rows.get(row.taught_class)
        return taught is None or is_of_another_year(taught) or (row.person, taught.campus) not in open_posts

    teachings = merge(known.teachings, _keyed(incoming.teachings), terms[RosterFile.ENROLLMENTS], is_history)
    return classes, teachings


def _covered_years(incoming: RosterSet, years: Mapping[str, str]) -> Collection[str | None]:
    """The school years that a set tells of: those of its sessions, or else of its classes."""
    if incoming.mode(RosterFile.SESSIONS) is Mode.BULK:
        return {entry.row.school_year for entry in incoming.sessions if entry.row is not None}
    if incoming.mode(RosterFile.CLASSES) is Mode.BULK:
        return {class_year(entry.row, years) for entry in incoming.classes if entry.row is not None}
    return set(years.values())


def _open_teaching_posts(staff: _People, as_of: date) -> set[tuple[str, str]]:
    """(person, campus) where the person still teaches on that day."""
    return {
        (role.person, role.campus)
        for role in staff.roles.rows.values()
        if role.role == TEACHER
        and role.ended_on is None
        and (role.ends_on is None or role.ends_on >= as_of)
        and (person := staff.people.rows.get(role.person)) is not None
        and person.ended_on is None
    }
