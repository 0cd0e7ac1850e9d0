"""Summative ratings. A row for each version; the one that stands has no `replaced_at`."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.domain.rating import Rating, SummativeRating
from services.evaluation.models import summative_rating
from services.evaluation.repository import sets


async def standing_ratings(
    connection: AsyncConnection, *, educator_id: UUID | None = None, school_year: str | None = None
) -> list[SummativeRating]:
    """The ratings that stand, by school year."""
    query = (
        select(summative_rating)
        .where(summative_rating.c.replaced_at.is_(None))
        .order_by(summative_rating.c.school_year, summative_rating.c.educator_id)
    )
    if educator_id is not None:
        query = query.where(summative_rating.c.educator_id == educator_id)
    if school_year is not None:
        query = query.where(summative_rating.c.school_year == school_year)
    return [_summative(row) for row in await connection.execute(query)]


async def save_ratings(connection: AsyncConnection, rated: Sequence[SummativeRating], *, now: datetime) -> None:
    """Each is a new version; the one before it is kept."""
    await sets.change(
        connection,
        summative_rating,
        [
            {"summative_id": one.summative_id, "version": one.version - 1, "replaced_at": now}
            for one in rated
            if one.version > 1
        ],
    )
    await sets.add(
        connection,
        summative_rating,
        [
            {
                "summative_id": one.summative_id,
                "version": one.version,
                "educator_id": one.educator_id,
                "school_year": one.school_year,
                "rubric": one.rating.rubric,
                "rubric_version": one.rating.rubric_version,
                "domains": [[code, str(score)] for code, score in one.rating.domains.items()],
                "score": one.rating.score,
                "rating": one.rating.name,
                "rating_level": one.rating.level,
                "facts": one.facts,
                "rated_at": one.rated_at,
                "rated_by": one.rated_by,
            }
            for one in rated
        ],
    )


def _summative(row: Row[Any]) -> SummativeRating:
    return SummativeRating(
        summative_id=row.summative_id,
        educator_id=row.educator_id,
        school_year=row.school_year,
        version=row.version,
        rating=Rating(
            rubric=row.rubric,
            rubric_version=row.rubric_version,
            domains={code: Decimal(score) for code, score in row.domains},
            score=row.score,
            name=row.rating,
            level=row.rating_level,
        ),
        facts=row.facts,
        rated_at=row.rated_at,
        rated_by=row.rated_by,
    )
