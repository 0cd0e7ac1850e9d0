"""Educators, campuses and districts as they are read, and found by the numbers that people use."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.domain.educator import Educator
from services.evaluation.models import assignment, campus, district, educator
from shared.events.evaluation import Assignment, EducatorStatus, StaffRole, SubjectGroup
from shared.web.pagination import Cursor


@dataclass(frozen=True, slots=True)
class CampusView:
    """A campus as it is read; `is_open` is false once the roster let go of it."""

    campus_id: UUID
    district_id: UUID
    identifier: str | None
    name: str
    kind: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class DistrictView:
    district_id: UUID
    identifier: str | None
    name: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class EducatorFilter:
    """Which educators are asked for; None where a thing does not matter. `campus_ids` is any of these."""

    campus_ids: frozenset[UUID] | None = None
    role: StaffRole | None = None
    status: EducatorStatus | None = None
    employee_number: str | None = None
    educator_id: UUID | None = None


async def find_educator(connection: AsyncConnection, educator_id: UUID) -> Educator | None:
    found = await _educators(connection, select(educator).where(educator.c.educator_id == educator_id))
    return found[0] if found else None


async def list_educators(
    connection: AsyncConnection, wanted: EducatorFilter, *, after: Cursor | None, limit: int
) -> list[Educator]:
    """In the order of their ids, which are of no meaning: a cursor stands in addresses and must not carry a name."""
    query = select(educator).order_by(educator.c.educator_id).limit(limit)
    if after is not None:
        query = query.where(educator.c.educator_id > after.as_uuid())
    if wanted.educator_id is not None:
        query = query.where(educator.c.educator_id == wanted.educator_id)
    if wanted.status is not None:
        query = query.where(educator.c.status == wanted.status)
    if wanted.employee_number is not None:
        query = query.where(educator.c.employee_number == wanted.employee_number)
    if wanted.campus_ids is not None or wanted.role is not None:
        held = select(assignment.c.educator_id).where(assignment.c.educator_id == educator.c.educator_id)
        if wanted.campus_ids is not None:
            held = held.where(assignment.c.campus_id.in_(wanted.campus_ids))
        if wanted.role is not None:
            held = held.where(assignment.c.role == wanted.role)
        query = query.where(held.exists())
    return await _educators(connection, query)


async def _educators(connection: AsyncConnection, query: Select[Any]) -> list[Educator]:
    rows = (await connection.execute(query)).all()
    held = await assignments_of(connection, [row.educator_id for row in rows])
    return [_educator(row, held.get(row.educator_id, [])) for row in rows]


def _educator(row: Row[Any], assignments: Sequence[Assignment]) -> Educator:
    return Educator(
        educator_id=row.educator_id,
        version=row.version,
        status=EducatorStatus(row.status),
        employee_number=row.employee_number,
        given_name=row.given_name,
        family_name=row.family_name,
        preferred_name=row.preferred_name,
        email=row.email,
        hired_on=row.hired_on,
        ended_on=row.ended_on,
        assignments=tuple(assignments),
    )


async def assignments_of(connection: AsyncConnection, educator_ids: Collection[UUID]) -> dict[UUID, list[Assignment]]:
    rows = await connection.execute(
        select(assignment)
        .where(assignment.c.educator_id == func.any(list(educator_ids)))
        .order_by(assignment.c.begins_on, assignment.c.is_primary.desc(), assignment.c.assignment_id)
    )
    found: dict[UUID, list[Assignment]] = {}
    for row in rows:
        held = Assignment.model_construct(
            assignment_id=row.assignment_id,
            campus_id=row.campus_id,
            district_id=row.district_id,
            role=StaffRole(row.role),
            subject_group=SubjectGroup(row.subject_group),
            full_time_equivalent=row.full_time_equivalent,
            is_primary=row.is_primary,
            begins_on=row.begins_on,
            ends_on=row.ends_on,
        )
        found.setdefault(row.educator_id, []).append(held)
    return found


async def educators_in(connection: AsyncConnection, first: date, last: date) -> set[UUID]:
    """Everyone with an assignment on at least one of these days."""
    rows = await connection.execute(
        select(assignment.c.educator_id)
        .distinct()
        .where(assignment.c.begins_on <= last, (assignment.c.ends_on.is_(None)) | (assignment.c.ends_on >= first))
    )
    return {row.educator_id for row in rows}


async def educators_by_number(connection: AsyncConnection, numbers: Collection[str]) -> Mapping[str, UUID]:
    rows = await connection.execute(
        select(educator.c.employee_number, educator.c.educator_id).where(
            educator.c.employee_number == func.any(list(numbers))
        )
    )
    return {row.employee_number: row.educator_id for row in rows}


async def campuses_by_identifier(connection: AsyncConnection, identifiers: Collection[str]) -> Mapping[str, UUID]:
    """A campus that is over is found too, unless another one has its identifier now."""
    rows = await connection.execute(
        select(campus.c.identifier, campus.c.campus_id)
        .where(campus.c.identifier == func.any(list(identifiers)))
        .order_by(campus.c.row_ended_on.asc().nulls_last())
    )
    return {row.identifier: row.campus_id for row in rows}


async def list_campuses(connection: AsyncConnection) -> list[CampusView]:
    rows = await connection.execute(select(campus).order_by(campus.c.name, campus.c.campus_id))
    return [
        CampusView(row.campus_id, row.district_id, row.identifier, row.name, row.kind, row.row_ended_on is None)
        for row in rows
    ]


async def list_districts(connection: AsyncConnection) -> list[DistrictView]:
    rows = await connection.execute(select(district).order_by(district.c.name, district.c.district_id))
    return [DistrictView(row.district_id, row.identifier, row.name, row.row_ended_on is None) for row in rows]
