"""What can be wrong with a file set only in the light of what is known: names of nobody, numbers taken twice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from services.evaluation.domain.roster import (
    Incoming,
    Reference,
    Roster,
    RosterFile,
    RosterRow,
    RosterSet,
)
from services.evaluation.errors import RosterRefused
from shared.kernel.errors import FieldError

_R = TypeVar("_R", bound=RosterRow)

MAX_FAULTS = 200


def fault(file: RosterFile | str, line: int, column: str, detail: str) -> FieldError:
    """A fault at a cell. It never quotes the cell: a column out of place may hold anything, a password too."""
    place = f", column {column}" if column else ""
    pointer = f"/{file}.csv/{line}/{column}".removesuffix("/")
    return FieldError(pointer, f"{file}.csv line {line}{place}: {detail}")


def refuse(faults: Sequence[FieldError]) -> None:
    """Raises RosterRefused where there are faults."""
    if faults:
        more = "or more" if len(faults) >= MAX_FAULTS else "all listed"
        raise RosterRefused(
            f"Broken places: {len(faults)}, {more}; the first: {faults[0].detail}. "
            "Nothing was imported: mend the files and send them all again",
            errors=faults,
        )


def import_faults(roster: Roster, incoming: RosterSet) -> list[FieldError]:
    """The faults of `incoming`, `roster` being what it would make; at most MAX_FAULTS."""
    return list(islice(_all_faults(roster, incoming), MAX_FAULTS))


def _all_faults(roster: Roster, incoming: RosterSet) -> Iterator[FieldError]:
    for reference in incoming.references:
        if not _is_known(roster, reference):
            detail = f"names no row of {reference.target}.csv, and none that goes on is known from before"
            for line in reference.lines:
                yield fault(reference.file, line, reference.column, detail)
    for sourced_id, faults in incoming.faults_of_users.items():
        if sourced_id in roster.people:
            yield from faults
    yield from _role_faults(roster, incoming)
    yield from _campus_faults(roster, incoming)
    yield from _repeated(
        roster.people,
        incoming.people,
        lambda row: row.employee_number,
        (RosterFile.USERS, "the number belongs to another person already; numbers are never given again"),
    )
    yield from _repeated(
        {key: row for key, row in roster.campuses.items() if row.ended_on is None},
        incoming.campuses,
        lambda row: row.identifier,
        (RosterFile.ORGS, "the identifier belongs to another campus already"),
    )


def _is_known(roster: Roster, reference: Reference) -> bool:
    tables: Mapping[RosterFile, Sequence[Mapping[str, RosterRow]]] = {
        RosterFile.ORGS: (roster.districts, roster.campuses),
        RosterFile.SESSIONS: (roster.sessions,),
        RosterFile.COURSES: (roster.courses,),
        RosterFile.CLASSES: (roster.classes,),
        RosterFile.USERS: (roster.people,),
    }
    rows = (table.get(reference.sourced_id) for table in tables[reference.target])
    return any(row is not None and row.ended_on is None for row in rows)


def _role_faults(roster: Roster, incoming: RosterSet) -> Iterator[FieldError]:
    for entry in incoming.roles:
        if entry.row is None:
            continue
        person = roster.people.get(entry.row.person)
        # A role of a person who is nowhere is a fault of the reference, told already.
        if person is not None and person.hired_on is None and entry.row.begins_on is None:
            detail = "is empty and users.csv has no metadata.hiredOn: pay needs the first day of a role"
            yield fault(RosterFile.ROLES, entry.line, "beginDate", detail)


def _campus_faults(roster: Roster, incoming: RosterSet) -> Iterator[FieldError]:
    for entry in incoming.campuses:
        if entry.row is None:
            continue
        district = roster.districts.get(roster.campuses[entry.sourced_id].district)
        if district is None or district.ended_on is not None:
            detail = "names no district: a school stands under a district, a department under a school or a district"
            yield fault(RosterFile.ORGS, entry.line, "parentSourcedId", detail)


def _repeated(
    rows: Mapping[str, _R],
    incoming: Sequence[Incoming[_R]],
    number_of: Callable[[_R], str | None],
    complaint: tuple[RosterFile, str],
) -> Iterator[FieldError]:
    holders: dict[str, set[str]] = {}
    for key, row in rows.items():
        number = number_of(row)
        if number is not None:
            holders.setdefault(number, set()).add(key)
    for entry in incoming:
        number = number_of(entry.row) if entry.row is not None and entry.sourced_id in rows else None
        if number is not None and len(holders.get(number, ())) > 1:
            yield fault(complaint[0], entry.line, "identifier", complaint[1])
