"""Importing a roster: the files' rows in, the roster changed, an event for each educator who is another now."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.domain.educator import Employment, employment, rostered
from services.evaluation.domain.imports import Imported, apply
from services.evaluation.domain.merge import Tally
from services.evaluation.domain.roster import Mode, Person, Roster, RosterFile, RosterSet
from services.evaluation.policy.assignments import Place, assignments_of, subject_groups
from services.evaluation.policy.subject_groups import TestedGrid
from services.evaluation.repository import imports, roster, roster_store
from services.evaluation.repository.imports import ImportRecord
from services.evaluation.repository.roster import RosterIds, Snapshot
from shared.events.evaluation import EducatorRostered
from shared.kernel.clock import Clock
from shared.kernel.ids import derived_id, uuid7
from shared.kernel.person_key import PersonKeyKind, person_key
from shared.messaging import outbox
from shared.web.pagination import Cursor


@dataclass(frozen=True, slots=True)
class RosterRules:
    """What an import needs besides the files: the tested grid, and the key of the digests that stand for people."""

    grid: TestedGrid
    person_key_secret: bytes


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """Who imports what, as of which day; `effective_on` None is today."""

    by: str
    content_hash: str
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class FileReport:
    mode: Mode
    tally: Tally


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import came to; `educators_published` had another snapshot than before."""

    import_id: UUID
    imported_at: datetime
    effective_on: date
    files: Mapping[RosterFile, FileReport]
    educators_published: int


@dataclass(frozen=True, slots=True)
class _Published:
    """An educator whose snapshot is another now."""

    event: EducatorRostered
    digest: str
    employed: Employment


async def import_roster(
    connection: AsyncConnection, clock: Clock, incoming: RosterSet, *, rules: RosterRules, order: ImportOrder
) -> ImportReport:
    """Bring the roster to what the files say. The same files again change nothing. Raises RosterRefused.

    One import at a time; what takes the processor is done beside the event loop, so that other callers are served.
    """
    now = clock.now()
    effective_on = order.effective_on or now.date()
    await roster.hold_roster(connection)
    ids = await roster.load_ids(connection)
    known = await roster.load_roster(connection, ids)
    snapshots = await roster.load_snapshots(connection)
    imported = await asyncio.to_thread(apply, known, incoming, effective_on=effective_on)
    ids = _with_new_ids(ids, imported, now)
    published = await asyncio.to_thread(_changed, imported.roster, ids, snapshots, rules, as_of=effective_on)
    await _store(connection, imported, ids, published)
    await outbox.record(connection, [one.event for one in published], now=now)
    report = ImportReport(
        import_id=uuid7(now),
        imported_at=now,
        effective_on=effective_on,
        files={file: FileReport(incoming.mode(file), tally) for file, tally in imported.tallies.items()},
        educators_published=len(published),
    )
    await imports.keep_import(connection, _record(report, order))
    return report


async def list_imports(
    connection: AsyncConnection, *, after: Cursor | None, limit: int
) -> Sequence[tuple[ImportReport, str]]:
    """The imports that took place, the newest first, each with who brought it. Raises BadCursor."""
    kept = await imports.list_imports(connection, after=after, limit=limit)
    return [(_report(one), one.imported_by) for one in kept]


def _with_new_ids(ids: RosterIds, imported: Imported, now: datetime) -> RosterIds:
    """Our own ids for every row: known ones follow the source where it renamed, new ones are made."""
    renamed = imported.rekeyed
    educators = {renamed.people.get(key, key): value for key, value in ids.educators.items()}
    campuses = {renamed.campuses.get(key, key): value for key, value in ids.campuses.items()}
    districts = {renamed.districts.get(key, key): value for key, value in ids.districts.items()}
    written = imported.written
    # Orgs come out the same in every database that reads the same roster; people's ids tell nothing at all.
    districts |= {key: _org_id("district", key, ids.districts) for key in written.districts if key not in districts}
    campuses |= {key: _org_id("campus", key, ids.campuses) for key in written.campuses if key not in campuses}
    educators |= {key: uuid7(now) for key in written.people if key not in educators}
    return RosterIds(educators, campuses, districts)


def _org_id(kind: str, key: str, known: Mapping[str, UUID]) -> UUID:
    """Another one where the source gives an id again that it has taken from another org."""
    made = derived_id(kind, key)
    while made in known.values():
        made = derived_id(kind, str(made))
    return made


def _changed(
    kept: Roster, ids: RosterIds, snapshots: Mapping[UUID, Snapshot], rules: RosterRules, *, as_of: date
) -> list[_Published]:
    """Everyone whose snapshot differs from the one published last, with the next version."""
    places = {key: Place(ids.campuses[key], ids.districts[row.district]) for key, row in kept.campuses.items()}
    groups = subject_groups(kept, rules.grid)
    roles: dict[str, list[UUID]] = {}
    for assignment_id, role in kept.roles.items():
        roles.setdefault(role.person, []).append(assignment_id)
    found = []
    for key, person in kept.people.items():
        held = [(one, kept.roles[one]) for one in roles.get(key, [])]
        employed = employment(person, [role for _, role in held], as_of=as_of)
        event = rostered(
            ids.educators[key],
            1,
            person,
            employed,
            assignments=assignments_of(person, held, places=places, groups=groups),
            person_keys=_person_keys(person, rules.person_key_secret),
        )
        digest = hashlib.sha256(event.model_dump_json(exclude={"version"}).encode()).hexdigest()
        before = snapshots.get(event.educator_id)
        if before is None or before.digest != digest:
            version = (before.version if before else 0) + 1
            found.append(_Published(event.model_copy(update={"version": version}), digest, employed))
    return found


def _person_keys(person: Person, secret: bytes) -> list[str]:
    keys = []
    if person.email is not None:
        keys.append(person_key(secret, PersonKeyKind.EMAIL, person.email))
    if person.employee_number is not None:
        keys.append(person_key(secret, PersonKeyKind.EMPLOYEE_NUMBER, person.employee_number))
    return keys


async def _store(
    connection: AsyncConnection, imported: Imported, ids: RosterIds, published: Sequence[_Published]
) -> None:
    written, renamed = imported.written, imported.rekeyed
    touched = {ids.educators[key] for key in (*written.people, *renamed.people.values())}
    await roster_store.lock_educators(connection, touched | {one.event.educator_id for one in published})
    await roster_store.rename(connection, "district", renamed.districts)
    await roster_store.rename(connection, "campus", renamed.campuses)
    await roster_store.rename(connection, "educator", renamed.people)
    await roster_store.store_places(connection, written, ids)
    await roster_store.store_people(connection, written, ids)
    await roster_store.store_snapshots(
        connection,
        [
            (one.event.educator_id, Snapshot(one.event.version, one.digest), one.employed, one.event.assignments)
            for one in published
        ],
    )


def _record(report: ImportReport, order: ImportOrder) -> ImportRecord:
    return ImportRecord(
        import_id=report.import_id,
        imported_at=report.imported_at,
        imported_by=order.by,
        effective_on=report.effective_on,
        content_hash=order.content_hash,
        report={
            "educators_published": report.educators_published,
            "files": {file.value: {"mode": one.mode.value, **asdict(one.tally)} for file, one in report.files.items()},
        },
    )


def _report(kept: ImportRecord) -> ImportReport:
    files = {
        RosterFile(file): FileReport(Mode(said["mode"]), Tally(**{k: v for k, v in said.items() if k != "mode"}))
        for file, said in kept.report["files"].items()
    }
    return ImportReport(
        import_id=kept.import_id,
        imported_at=kept.imported_at,
        effective_on=kept.effective_on,
        files={file: files[file] for file in RosterFile if file in files},
        educators_published=kept.report["educators_published"],
    )
