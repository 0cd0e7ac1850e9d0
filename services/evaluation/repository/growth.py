"""Growth scores. A row for each version; the one that stands has no `replaced_at`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.domain.growth import GrowthScore
from services.evaluation.models import growth_score
from services.evaluation.repository import sets


async def standing_growth(
    connection: AsyncConnection,
    *,
    educator_ids: Collection[UUID] | None = None,
    school_years: Collection[str] | None = None,
) -> list[GrowthScore]:
    """The scores that stand, of these educators and years where given."""
    query = (
        select(growth_score)
        .where(growth_score.c.replaced_at.is_(None))
        .order_by(growth_score.c.school_year, growth_score.c.measure, growth_score.c.growth_id)
    )
    if educator_ids is not None:
        query = query.where(growth_score.c.educator_id == func.any(list(educator_ids)))
    if school_years is not None:
        query = query.where(growth_score.c.school_year == func.any(list(school_years)))
    return [_growth(row) for row in await connection.execute(query)]


async def save_growth(
    connection: AsyncConnection, *, added: Sequence[GrowthScore], recounted: Sequence[GrowthScore], now: datetime
) -> None:
    """`added` are new versions, `recounted` standing ones where only the number of students is another."""
    await sets.change(
        connection,
        growth_score,
        [
            {"growth_id": one.growth_id, "version": one.version - 1, "replaced_at": now}
            for one in added
            if one.version > 1
        ],
    )
    await sets.add(
        connection,
        growth_score,
        [
            {
                "growth_id": one.growth_id,
                "version": one.version,
                "educator_id": one.educator_id,
                "school_year": one.school_year,
                "measure": one.measure,
                "percent_met": one.percent_met,
                "students": one.students,
                "scored_at": now,
            }
            for one in added
        ],
    )
    await sets.change(
        connection,
        growth_score,
        [{"growth_id": one.growth_id, "version": one.version, "students": one.students} for one in recounted],
    )


def _growth(row: Row[Any]) -> GrowthScore:
    return GrowthScore(
        growth_id=row.growth_id,
        educator_id=row.educator_id,
        school_year=row.school_year,
        measure=row.measure,
        percent_met=row.percent_met,
        students=row.students,
        version=row.version,
    )
