"""What an import changed of the roster, written set by set."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.domain.educator import Employment
from services.evaluation.domain.roster import Roster, RosterRow
from services.evaluation.models import (
    assignment,
    campus,
    course,
    district,
    educator,
    roster_role,
    school_session,
    taught_class,
    teaching,
)
from services.evaluation.repository import sets
from services.evaluation.repository.roster import RosterIds, Snapshot
from shared.events.evaluation import Assignment


async def lock_educators(connection: AsyncConnection, educator_ids: Collection[UUID]) -> None:
    """Lock them until the transaction ends, in one order for all, so that no two writers wait for each other."""
    await connection.execute(
        select(educator.c.educator_id)
        .where(educator.c.educator_id == func.any(list(educator_ids)))
        .order_by(educator.c.educator_id)
        .with_for_update(key_share=True)
    )


async def rename(connection: AsyncConnection, table: str, renamed: Mapping[str, str]) -> None:
    """Give rows of `educator`, `campus` or `district` the ids that the source uses now."""
    if renamed:
        await connection.execute(
            text(
                f"UPDATE {table} AS t SET sourced_id = u.new "
                "FROM unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS u(old, new) WHERE t.sourced_id = u.old"
            ),
            {"old": list(renamed), "new": list(renamed.values())},
        )


async def store_places(connection: AsyncConnection, written: Roster, ids: RosterIds) -> None:
    """Districts, campuses, calendar, courses and classes."""
    await sets.put(
        connection,
        district,
        [
            {"district_id": ids.districts[key], "identifier": row.identifier, "name": row.name, **_stored_lead(row)}
            for key, row in written.districts.items()
        ],
    )
    await sets.put(
        connection,
        campus,
        [
            {
                "campus_id": ids.campuses[key],
                "district_id": ids.districts[row.district],
                "identifier": row.identifier,
                "name": row.name,
                "kind": row.kind.value,
                **_stored_lead(row),
            }
            for key, row in written.campuses.items()
        ],
    )
    await sets.put(
        connection,
        school_session,
        [
            {
                "title": row.title,
                "kind": row.kind,
                "begins_on": row.begins_on,
                "ends_on": row.ends_on,
                "school_year": row.school_year,
                **_stored_lead(row),
            }
            for row in written.sessions.values()
        ],
    )
    await sets.put(
        connection,
        course,
        [{"grades": row.grades, "subjects": row.subjects, **_stored_lead(row)} for row in written.courses.values()],
    )
    await sets.put(
        connection,
        taught_class,
        [
            {
                "campus_id": ids.campuses[row.campus],
                "course": row.course,
                "terms": row.terms,
                "grades": row.grades,
                "subjects": row.subjects,
                **_stored_lead(row),
            }
            for row in written.classes.values()
        ],
    )


async def store_people(connection: AsyncConnection, written: Roster, ids: RosterIds) -> None:
    """People, their roles and what they teach; what is published of them is `store_snapshots`'s."""
    await sets.put(
        connection,
        educator,
        [
            {
                "educator_id": ids.educators[key],
                "employee_number": row.employee_number,
                "given_name": row.given_name,
                "family_name": row.family_name,
                "preferred_name": row.preferred_name,
                "email": row.email,
                "told_hired_on": row.hired_on,
                "version": 0,
                "snapshot_digest": "",
                "status": "active",
                **_stored_lead(row),
            }
            for key, row in written.people.items()
        ],
        only_new=("version", "snapshot_digest", "status"),
    )
    await sets.put(
        connection,
        roster_role,
        [
            {
                "assignment_id": key,
                "educator_id": ids.educators[row.person],
                "campus_id": ids.campuses[row.campus],
                "role": row.role,
                "is_primary": row.is_primary,
                "begins_on": row.begins_on,
                "ends_on": row.ends_on,
                "full_time_equivalent": row.full_time_equivalent,
                **_stored_lead(row),
            }
            for key, row in written.roles.items()
        ],
    )
    await sets.put(
        connection,
        teaching,
        [
            {"educator_id": ids.educators[row.person], "taught_class": row.taught_class, **_stored_lead(row)}
            for row in written.teachings.values()
        ],
    )


def _stored_lead(row: RosterRow) -> dict[str, Any]:
    return {"sourced_id": row.sourced_id, "row_ended_on": row.ended_on, "row_modified_at": row.modified_at}


async def store_snapshots(
    connection: AsyncConnection, published: Sequence[tuple[UUID, Snapshot, Employment, Sequence[Assignment]]]
) -> None:
    """What is published of these educators from now on, with their assignments instead of those before."""
    await sets.change(
        connection,
        educator,
        [
            {
                "educator_id": educator_id,
                "version": snapshot.version,
                "snapshot_digest": snapshot.digest,
                "status": employed.status.value,
                "hired_on": employed.hired_on,
                "ended_on": employed.ended_on,
            }
            for educator_id, snapshot, employed, _ in published
        ],
    )
    await connection.execute(
        delete(assignment).where(assignment.c.educator_id == func.any([educator_id for educator_id, *_ in published]))
    )
    await sets.add(
        connection,
        assignment,
        [
            {
                "assignment_id": one.assignment_id,
                "educator_id": educator_id,
                "campus_id": one.campus_id,
                "district_id": one.district_id,
                "role": one.role.value,
                "subject_group": one.subject_group.value,
                "full_time_equivalent": one.full_time_equivalent,
                "is_primary": one.is_primary,
                "begins_on": one.begins_on,
                "ends_on": one.ends_on,
            }
            for educator_id, _, _, assignments in published
            for one in assignments
        ],
    )
