"""A OneRoster 1.2 file set as rows of the roster, every fault named with file, line and column.

Of students, guardians and relatives nothing is handed on: their ids are looked at to check what rows name, and no more.
Only a delta's users without a role in it are, until the import knows which of them are employees.
"""

from collections.abc import Mapping
from typing import IO

from services.evaluation.domain.roster import Mode, Reference, RosterFile, RosterSet
from services.evaluation.errors import RosterArchiveRefused
from services.evaluation.schemas.roster.archive import open_archive
from services.evaluation.schemas.roster.orgs import read_classes, read_courses, read_orgs, read_sessions
from services.evaluation.schemas.roster.people import read_enrollments, read_roles, read_users
from services.evaluation.schemas.roster.reading import Reading


def read_roster(body: IO[bytes]) -> RosterSet:
    """Read the zip in `body`. Raises RosterArchiveRefused or RosterRefused; then nothing of it is to be used."""
    with open_archive(body) as archive:
        _check_modes(archive.modes)
        reading = Reading(archive)
        districts, campuses, above_districts = read_orgs(reading)
        sessions = read_sessions(reading)
        courses = read_courses(reading)
        classes = read_classes(reading)
        roles = read_roles(reading, above_districts)
        people = read_users(reading, roles)
        teachings = read_enrollments(reading, roles)
        reading.faults.refuse()
        return RosterSet(
            modes=archive.modes,
            districts=tuple(districts),
            campuses=tuple(campuses),
            sessions=tuple(sessions),
            courses=tuple(courses),
            classes=tuple(classes),
            people=tuple(people),
            roles=tuple(roles.rows),
            teachings=tuple(teachings),
            faults_of_users=reading.faults_of_users,
            references=tuple(Reference(*named, tuple(lines)) for named, lines in reading.references.items()),
            rows=reading.rows,
            skipped=reading.skipped,
        )


def _check_modes(modes: Mapping[RosterFile, Mode]) -> None:
    """Raises RosterArchiveRefused where the files that are there make no sense together."""
    if all(mode is Mode.ABSENT for mode in modes.values()):
        raise RosterArchiveRefused("manifest.csv names none of the files that are read here: users, roles, orgs, ...")
    if modes[RosterFile.USERS] is not modes[RosterFile.ROLES]:
        raise RosterArchiveRefused(
            "users.csv and roles.csv have to come together, both bulk or both delta: only a role tells who is employed"
        )
