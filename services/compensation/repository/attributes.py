"""Queries for what HR keeps of educators."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import Attribute, AttributeKey
from services.compensation.models import attribute, educator_account

# Ids and texts travel as arrays: a call may bring as many rows as a statement takes single arguments.
_STANDING = text(
    """
    SELECT a.id, a.educator_id, a.school_year, a.attribute, a.item, a.version, a.value
    FROM attribute a
    JOIN unnest(CAST(:educators AS uuid[]), CAST(:years AS text[]), CAST(:attributes AS text[]), CAST(:items AS text[]))
      AS asked(educator_id, school_year, attribute, item)
      ON asked.educator_id = a.educator_id AND asked.school_year = a.school_year
      AND asked.attribute = a.attribute AND asked.item IS NOT DISTINCT FROM a.item
    """
)
_SAVE = text(
    """
    INSERT INTO attribute (id, educator_id, school_year, attribute, item, version, value, recorded_by, recorded_at)
    SELECT id, educator_id, school_year, attribute, item, version, value, :by, :at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:educators AS uuid[]), CAST(:years AS text[]), CAST(:attributes AS text[]),
                CAST(:items AS text[]), CAST(:versions AS int[]), CAST(:values AS text[]))
      AS new(id, educator_id, school_year, attribute, item, version, value)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, value = excluded.value,
      recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at
    """
)


async def hold(connection: AsyncConnection) -> None:
    """One call records at a time, so that versions follow one another."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('attributes'))"))


async def known_educators(connection: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
    """Those of `ids` that anything is known of."""
    rows = await connection.execute(
        select(educator_account.c.educator_id).where(educator_account.c.educator_id.in_(ids))
    )
    return {UUID(str(row.educator_id)) for row in rows}


async def standing(connection: AsyncConnection, keys: Sequence[AttributeKey]) -> dict[AttributeKey, Attribute]:
    rows = await connection.execute(_STANDING, _columns(keys))
    found = map(_attribute, rows)
    return {one.key: one for one in found}


async def of_educator(connection: AsyncConnection, educator_id: UUID, school_year: str) -> list[Attribute]:
    """All that is kept of an educator for a school year, in the order of their names."""
    rows = await connection.execute(
        select(attribute)
        .where(
            attribute.c.educator_id == educator_id,
            attribute.c.school_year == school_year,
            attribute.c.value.is_not(None),
        )
        .order_by(attribute.c.attribute, attribute.c.item)
    )
    return [_attribute(row) for row in rows]


async def save(connection: AsyncConnection, changed: Sequence[Attribute], *, by: str, at: datetime) -> None:
    await connection.execute(
        _SAVE,
        {
            **_columns([one.key for one in changed]),
            "ids": [one.id for one in changed],
            "versions": [one.version for one in changed],
            "values": [one.value for one in changed],
            "by": by,
            "at": at,
        },
    )


def _columns(keys: Sequence[AttributeKey]) -> dict[str, Any]:
    return {
        "educators": [key.educator_id for key in keys],
        "years": [key.school_year for key in keys],
        "attributes": [key.attribute for key in keys],
        "items": [key.item for key in keys],
    }


def _attribute(row: Row[Any]) -> Attribute:
    key = AttributeKey(UUID(str(row.educator_id)), row.school_year, row.attribute, row.item)
    return Attribute(row.id, key, row.version, row.value)
