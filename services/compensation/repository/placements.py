"""Queries for placements on ladders, and for what statements say of the ladder."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import Confirmer, Placement, PlacementKey, PlacementKind, PlacementTerms
from services.compensation.models import placement

_KEY = (placement.c.educator_id, placement.c.ladder, placement.c.school_year, placement.c.kind)
# Every argument has its type: a comparison with null alone would have none.
_LADDERS = text(
    """
    SELECT t.educator_id, t.plan_year, s.body::json->'ladder' AS ladder, v.plan,
           coalesce(v.document->'ladder'->>'code', v.plan) AS code
    FROM bonus_total t
    JOIN statement s ON s.educator_id = t.educator_id AND s.plan_year = t.plan_year AND s.sequence = t.sequence
    JOIN plan_version v ON v.id = t.plan_version_id
    WHERE (CAST(:plan_year AS text) IS NULL OR t.plan_year = :plan_year)
      AND (CAST(:educators AS uuid[]) IS NULL OR t.educator_id = ANY(:educators))
      AND (CAST(:after AS uuid) IS NULL OR t.educator_id > :after)
    ORDER BY t.educator_id, t.plan_year LIMIT :limit
    """
)


async def hold(connection: AsyncConnection) -> None:
    """One call records at a time, so that versions follow one another."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('placements'))"))


async def standing(connection: AsyncConnection, keys: Sequence[PlacementKey]) -> dict[PlacementKey, Placement]:
    """The highest version of each, withdrawn or not."""
    asked = [(key.educator_id, key.ladder, key.school_year, key.kind) for key in keys]
    found = select(placement).where(tuple_(*_KEY).in_(asked)).order_by(placement.c.version)
    return {one.key: one for one in map(_placement, await connection.execute(found))}


async def get(connection: AsyncConnection, placement_id: UUID) -> Placement | None:
    """Its highest version."""
    found = select(placement).where(placement.c.id == placement_id).order_by(placement.c.version.desc()).limit(1)
    row = (await connection.execute(found)).first()
    return None if row is None else _placement(row)


async def of_educator(connection: AsyncConnection, educator_id: UUID) -> list[Placement]:
    """Every version of every placement, the earliest school year first."""
    found = select(placement).where(placement.c.educator_id == educator_id)
    ordered = found.order_by(placement.c.school_year, placement.c.ladder, placement.c.kind, placement.c.version)
    return [_placement(row) for row in await connection.execute(ordered)]


async def add(connection: AsyncConnection, versions: Sequence[Placement]) -> None:
    """New versions; none is ever changed."""
    if not versions:
        return
    rows = [
        {
            "id": one.id,
            "version": one.version,
            "educator_id": one.key.educator_id,
            "ladder": one.key.ladder,
            "school_year": one.key.school_year,
            "kind": one.key.kind,
            "recorded_by": one.recorded_by,
            "recorded_at": one.recorded_at,
            **{name: getattr(one.terms, name) for name in PlacementTerms.__slots__},
        }
        for one in versions
    ]
    await connection.execute(insert(placement), rows)


async def ladders(
    connection: AsyncConnection,
    plan_year: str | None,
    *,
    educators: Sequence[UUID] | None = None,
    after: UUID | None = None,
    limit: int,
) -> Sequence[Any]:
    """What last statements say of the ladder, with the ladder's code and its plan's, in the order of educators."""
    asked = {"plan_year": plan_year, "educators": educators, "after": after, "limit": limit}
    return (await connection.execute(_LADDERS, asked)).all()


def _placement(row: Row[Any]) -> Placement:
    key = PlacementKey(UUID(str(row.educator_id)), row.ladder, row.school_year, PlacementKind(row.kind))
    terms = PlacementTerms(
        rung=row.rung,
        reached=row.reached,
        confirmed_by=None if row.confirmed_by is None else Confirmer(row.confirmed_by),
        minute_reference=row.minute_reference,
        valid_through_year=row.valid_through_year,
        withdrawn=row.withdrawn,
        lapsed=row.lapsed,
        reason=row.reason,
    )
    return Placement(UUID(str(row.id)), key, row.version, terms, row.recorded_by, row.recorded_at)
