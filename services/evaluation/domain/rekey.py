"""Finds again what the source has given another id: people by employee number, orgs by identifier.

Without it a change of the student information system would end every educator and begin them anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from services.evaluation.domain.roster import (
    Campus,
    CampusKind,
    District,
    Incoming,
    Mode,
    Person,
    Roster,
    RosterFile,
    RosterSet,
)

_N = TypeVar("_N", Person, Campus, District)


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """Rows that the source calls by another id now, old id to new."""

    people: Mapping[str, str] = field(default_factory=dict)
    campuses: Mapping[str, str] = field(default_factory=dict)
    districts: Mapping[str, str] = field(default_factory=dict)


def rekey(known: Roster, incoming: RosterSet) -> tuple[Roster, Rekeyed]:
    """The known roster under the ids that the set uses, and which ids those are."""
    orgs = incoming.mode(RosterFile.ORGS)
    districts = _moved(known.districts, incoming.districts, incoming.districts, orgs)
    campuses = _moved(known.campuses, incoming.campuses, incoming.campuses, orgs)
    # A delta brings students too, and a student's number may be one that an employee has or had.
    employed = {entry.row.person for entry in incoming.roles if entry.row is not None}
    employees = [entry for entry in incoming.people if entry.sourced_id in employed]
    # A district's office goes by the district's own id.
    offices = {old: new for old, new in districts.items() if old in known.campuses}
    moved = Rekeyed(
        people=_moved(known.people, incoming.people, employees, incoming.mode(RosterFile.USERS)),
        campuses=campuses | offices,
        districts=districts,
    )
    if not (moved.people or moved.campuses or moved.districts):
        return known, moved
    return _renamed(known, moved), moved


def _moved(
    known: Mapping[str, _N], incoming: Sequence[Incoming[_N]], newcomers: Sequence[Incoming[_N]], mode: Mode
) -> dict[str, str]:
    """Old id to new, where one of `newcomers` is somebody known whom `incoming` does not keep under the old one."""
    kept = {entry.sourced_id for entry in incoming if entry.row is not None}
    taken_back = {entry.sourced_id for entry in incoming if entry.row is None}
    by_number = {number: key for key, row in known.items() if (number := _number(row)) is not None}
    moved = {}
    for entry in newcomers:
        if entry.row is None or entry.sourced_id in known:
            continue
        old = by_number.get(_number(entry.row) or "")
        if old is None or old in kept:
            continue
        # In a delta the other row may simply not be mentioned: only one that is over is certainly the same.
        if mode is Mode.BULK or old in taken_back or known[old].ended_on is not None:
            moved[old] = entry.sourced_id
    return moved


def _number(row: Person | Campus | District) -> str | None:
    if isinstance(row, Person):
        return row.employee_number
    if isinstance(row, Campus) and row.kind is CampusKind.OFFICE:
        return None
    return row.identifier


def _renamed(known: Roster, moved: Rekeyed) -> Roster:
    def person(old: str) -> str:
        return moved.people.get(old, old)

    def campus(old: str) -> str:
        return moved.campuses.get(old, old)

    def district(old: str) -> str:
        return moved.districts.get(old, old)

    return replace(
        known,
        districts={district(key): replace(row, sourced_id=district(key)) for key, row in known.districts.items()},
        campuses={
            campus(key): replace(row, sourced_id=campus(key), district=district(row.district))
            for key, row in known.campuses.items()
        },
        classes={key: replace(row, campus=campus(row.campus)) for key, row in known.classes.items()},
        people={person(key): replace(row, sourced_id=person(key)) for key, row in known.people.items()},
        roles={
            key: replace(row, person=person(row.person), campus=campus(row.campus)) for key, row in known.roles.items()
        },
        teachings={key: replace(row, person=person(row.person)) for key, row in known.teachings.items()},
    )
