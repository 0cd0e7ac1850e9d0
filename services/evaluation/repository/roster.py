"""The roster's rows, read whole for an import."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.domain.roster import (
    Campus,
    CampusKind,
    Course,
    District,
    Person,
    Roster,
    Session,
    StaffRoleRow,
    TaughtClass,
    Teaching,
)
from services.evaluation.models import (
    campus,
    course,
    district,
    educator,
    roster_role,
    school_session,
    taught_class,
    teaching,
)


@dataclass(frozen=True, slots=True)
class RosterIds:
    """Our own ids by the source's."""

    educators: dict[str, UUID]
    campuses: dict[str, UUID]
    districts: dict[str, UUID]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was last published of an educator."""

    version: int
    digest: str


async def hold_roster(connection: AsyncConnection) -> None:
    """Until this transaction ends nobody else imports."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('roster'))"))


async def load_ids(connection: AsyncConnection) -> RosterIds:
    async def ids(table: Table, key: str) -> dict[str, UUID]:
        rows = await connection.execute(select(table.c.sourced_id, table.c[key]))
        return {row[0]: row[1] for row in rows}

    return RosterIds(
        educators=await ids(educator, "educator_id"),
        campuses=await ids(campus, "campus_id"),
        districts=await ids(district, "district_id"),
    )


async def load_snapshots(connection: AsyncConnection) -> dict[UUID, Snapshot]:
    rows = await connection.execute(select(educator.c.educator_id, educator.c.version, educator.c.snapshot_digest))
    return {row[0]: Snapshot(row[1], row[2]) for row in rows}


async def load_roster(connection: AsyncConnection, ids: RosterIds) -> Roster:
    """All of it: some ten thousand short rows for a network of 3,752 educators."""
    people = {key: sourced_id for sourced_id, key in ids.educators.items()}
    campuses = {key: sourced_id for sourced_id, key in ids.campuses.items()}
    districts = {key: sourced_id for sourced_id, key in ids.districts.items()}

    async def rows(table: Table) -> Sequence[Row[Any]]:
        return (await connection.execute(select(table))).all()

    return Roster(
        districts={
            row.sourced_id: District(identifier=row.identifier, name=row.name, **_lead(row))
            for row in await rows(district)
        },
        campuses={
            row.sourced_id: Campus(
                identifier=row.identifier,
                name=row.name,
                kind=CampusKind(row.kind),
                district=districts[row.district_id],
                **_lead(row),
            )
            for row in await rows(campus)
        },
        sessions={row.sourced_id: _session(row) for row in await rows(school_session)},
        courses={
            row.sourced_id: Course(grades=tuple(row.grades), subjects=tuple(row.subjects), **_lead(row))
            for row in await rows(course)
        },
        classes={row.sourced_id: _taught_class(row, campuses) for row in await rows(taught_class)},
        people={row.sourced_id: _person(row) for row in await rows(educator)},
        roles={row.assignment_id: _role(row, people, campuses) for row in await rows(roster_role)},
        teachings={
            row.sourced_id: Teaching(person=people[row.educator_id], taught_class=row.taught_class, **_lead(row))
            for row in await rows(teaching)
        },
    )


def _lead(row: Row[Any]) -> dict[str, Any]:
    return {"sourced_id": row.sourced_id, "ended_on": row.row_ended_on, "modified_at": row.row_modified_at}


def _session(row: Row[Any]) -> Session:
    return Session(
        title=row.title,
        kind=row.kind,
        begins_on=row.begins_on,
        ends_on=row.ends_on,
        school_year=row.school_year,
        **_lead(row),
    )


def _taught_class(row: Row[Any], campuses: Mapping[UUID, str]) -> TaughtClass:
    return TaughtClass(
        campus=campuses[row.campus_id],
        course=row.course,
        terms=tuple(row.terms),
        grades=tuple(row.grades),
        subjects=tuple(row.subjects),
        **_lead(row),
    )


def _person(row: Row[Any]) -> Person:
    return Person(
        employee_number=row.employee_number,
        given_name=row.given_name,
        family_name=row.family_name,
        preferred_name=row.preferred_name,
        email=row.email,
        hired_on=row.told_hired_on,
        **_lead(row),
    )


def _role(row: Row[Any], people: Mapping[UUID, str], campuses: Mapping[UUID, str]) -> StaffRoleRow:
    return StaffRoleRow(
        person=people[row.educator_id],
        campus=campuses[row.campus_id],
        role=row.role,
        is_primary=row.is_primary,
        begins_on=row.begins_on,
        ends_on=row.ends_on,
        full_time_equivalent=row.full_time_equivalent,
        **_lead(row),
    )
