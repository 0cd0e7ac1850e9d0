"""Who is on the roster, where they work, and what they are known by elsewhere."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.slo.models import educator, educator_campus, person_key
from shared.kernel.period import SchoolYear


@dataclass(frozen=True, slots=True)
class RosteredEducator:
    """The roster's word on an educator as far as it matters here: campuses, each with the last school year there."""

    educator_id: UUID
    version: int
    campuses: Mapping[UUID, SchoolYear | None]
    person_keys: Collection[str]


async def save_educators(connection: AsyncConnection, rostered: Sequence[RosteredEducator]) -> None:
    """Take in the roster's word on educators; what is not newer than what stands is passed over."""
    newest = {one.educator_id: one for one in sorted(rostered, key=lambda one: one.version)}
    # In one order, so that two batches that meet cannot lock each other out.
    rows = sorted(newest.values(), key=lambda one: one.educator_id)
    saved = await connection.execute(
        insert(educator)
        .values([{"educator_id": one.educator_id, "version": one.version} for one in rows])
        .on_conflict_do_update(
            index_elements=["educator_id"],
            set_={"version": text("excluded.version")},
            where=text("educator.version < excluded.version"),
        )
        .returning(educator.c.educator_id)
    )
    changed = [newest[row.educator_id] for row in saved]
    ids = [one.educator_id for one in changed]
    await connection.execute(delete(educator_campus).where(educator_campus.c.educator_id.in_(ids)))
    await connection.execute(delete(person_key).where(person_key.c.educator_id.in_(ids)))
    campuses = [
        {"educator_id": one.educator_id, "campus_id": campus, "last_school_year": None if last is None else str(last)}
        for one in changed
        for campus, last in one.campuses.items()
    ]
    keys = [{"key": key, "educator_id": one.educator_id} for one in changed for key in set(one.person_keys)]
    if campuses:
        await connection.execute(insert(educator_campus), campuses)
    if keys:
        await connection.execute(insert(person_key), keys)


async def is_rostered(connection: AsyncConnection, educator_id: UUID) -> bool:
    return bool(await connection.scalar(select(exists().where(educator.c.educator_id == educator_id))))


async def last_years(
    connection: AsyncConnection, educator_id: UUID, campuses: Collection[UUID]
) -> list[SchoolYear | None]:
    """For each of `campuses` that the educator works or worked on, the last school year there, None while it lasts."""
    rows = await connection.execute(
        select(educator_campus.c.last_school_year).where(
            educator_campus.c.educator_id == educator_id, educator_campus.c.campus_id.in_(list(campuses))
        )
    )
    return [None if row.last_school_year is None else SchoolYear.parse(row.last_school_year) for row in rows]


async def candidates(connection: AsyncConnection, keys: Collection[str]) -> dict[str, set[UUID]]:
    """The educators that each person key names."""
    found: dict[str, set[UUID]] = {}
    rows = await connection.execute(select(person_key).where(person_key.c.key == func.any(list(keys))))
    for row in rows:
        found.setdefault(row.key, set()).add(row.educator_id)
    return found
