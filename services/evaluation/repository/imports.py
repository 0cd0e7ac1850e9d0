"""The imports that took place: who brought what, when, and what it came to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.models import roster_import
from shared.web.pagination import Cursor


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """That an import took place, with what it came to."""

    import_id: UUID
    imported_at: datetime
    imported_by: str
    effective_on: date
    content_hash: str
    report: Mapping[str, Any]


async def keep_import(connection: AsyncConnection, record: ImportRecord) -> None:
    await connection.execute(
        roster_import.insert().values(
            import_id=record.import_id,
            imported_at=record.imported_at,
            imported_by=record.imported_by,
            effective_on=record.effective_on,
            content_hash=record.content_hash,
            report=dict(record.report),
        )
    )


async def list_imports(connection: AsyncConnection, *, after: Cursor | None, limit: int) -> list[ImportRecord]:
    """The newest first."""
    query = select(roster_import).order_by(roster_import.c.import_id.desc()).limit(limit)
    if after is not None:
        query = query.where(roster_import.c.import_id < after.as_uuid())
    rows = (await connection.execute(query)).mappings()
    return [ImportRecord(**row) for row in rows]
