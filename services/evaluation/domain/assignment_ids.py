"""Which assignment a row of roles.csv speaks of: the id stays the same while the post stays the same.

The source's own id of the row counts first. Where the source made a new one, the row is told by person, org, role and
role type; a second stint in the same post is an assignment of its own.
"""

from collections.abc import Container, Mapping
from dataclasses import replace
from datetime import date
from itertools import count
from uuid import UUID

from services.evaluation.domain.roster import Incoming, Mode, RosterFile, RosterSet, StaffRoleRow
from shared.kernel.ids import derived_id

_Entry = Incoming[StaffRoleRow]


def with_assignment_ids(known: Mapping[UUID, StaffRoleRow], incoming: RosterSet) -> list[tuple[UUID, _Entry]]:
    """Each incoming role with the id of its assignment, a known one or a new one."""
    by_source = {row.sourced_id: key for key, row in known.items()}
    told = [(by_source[entry.sourced_id], entry) for entry in incoming.roles if entry.sourced_id in by_source]
    found = {entry.sourced_id: key for key, entry in told if entry.row is not None}
    taken_back = {key: entry for key, entry in told if entry.row is None}
    is_bulk = incoming.mode(RosterFile.ROLES) is Mode.BULK
    # In a delta, a known row that is not mentioned goes on as it is and cannot be the one meant.
    taken = set(found.values()) if is_bulk else set(known) - set(taken_back)
    free: dict[object, list[tuple[UUID, StaffRoleRow]]] = {}
    for key, row in known.items():
        if key not in taken:
            free.setdefault(row.post, []).append((key, _ended(row, taken_back.get(key))))
    for entry in sorted(incoming.roles, key=_begins_on):
        if entry.sourced_id in found or entry.row is None:
            continue
        key = _same_stint(free.get(entry.row.post, []), entry.row, taken) or _new_id(entry.row, taken, known)
        found[entry.sourced_id] = key
        taken.add(key)
    # What is taken back under one id and goes on under another does not end.
    found |= {entry.sourced_id: key for key, entry in taken_back.items() if key not in taken}
    return [(found[entry.sourced_id], entry) for entry in incoming.roles if entry.sourced_id in found]


def _ended(row: StaffRoleRow, taken_back: _Entry | None) -> StaffRoleRow:
    at = taken_back.modified_at if taken_back is not None else None
    return row if at is None else replace(row, ended_on=at.date())


def _begins_on(entry: _Entry) -> date:
    return (entry.row.begins_on if entry.row else None) or date.min


def _same_stint(free: list[tuple[UUID, StaffRoleRow]], row: StaffRoleRow, taken: set[UUID]) -> UUID | None:
    """A known row of the same post that was not over before `row` begins, rather one that begins on the same day."""
    fitting = [
        (known.begins_on != row.begins_on, key)
        for key, known in free
        if key not in taken and (known.last_day is None or row.begins_on is None or known.last_day >= row.begins_on)
    ]
    return min(fitting)[1] if fitting else None


def _new_id(row: StaffRoleRow, taken: Container[UUID], known: Container[UUID]) -> UUID:
    role_type = "primary" if row.is_primary else "secondary"
    keys = (derived_id("assignment", row.person, row.campus, row.role, role_type, str(stint)) for stint in count())
    return next(key for key in keys if key not in taken and key not in known)
