"""What stays for good of an SLO: every review as it was given, every published version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.slo.domain.values import KeptVersion, Review, ReviewDecision, Slo, VersionCause
from services.slo.models import slo_review, slo_version
from services.slo.repository.slos import document, read_targets


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A published version of an SLO to keep for good: what made it, why, and the SLO whole as it now is."""

    slo: Slo
    cause: VersionCause
    reason: str | None
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class GivenReview:
    """A review with the SLO it was given on and its place among that SLO's reviews."""

    slo: Slo
    review: Review
    recorded_by: str
    recorded_at: datetime


async def add_reviews(connection: AsyncConnection, given: Sequence[GivenReview], *, number: int = 1) -> None:
    """Keep reviews, each as its SLO's review `number`."""
    rows = [
        {
            "slo_id": one.slo.slo_id,
            "number": number,
            "educator_id": one.slo.educator_id,
            "decision": one.review.decision,
            "rubric": one.review.rubric,
            "rubric_version": one.review.rubric_version,
            "scores": dict(one.review.scores),
            "quality_score": one.review.quality_score,
            "comment": one.review.comment,
            "reviewed_on": one.review.reviewed_on,
            "reviewer_id": one.review.reviewer_id,
            "recorded_by": one.recorded_by,
            "recorded_at": one.recorded_at,
        }
        for one in given
    ]
    if rows:
        await connection.execute(insert(slo_review), rows)


async def next_review_number(connection: AsyncConnection, slo_id: UUID) -> int:
    """The caller holds the SLO, so that nobody else takes the number."""
    last = await connection.scalar(select(func.max(slo_review.c.number)).where(slo_review.c.slo_id == slo_id))
    return (last or 0) + 1


async def reviews_of(connection: AsyncConnection, slo_id: UUID) -> list[Review]:
    """The reviews of an SLO, the first one first."""
    rows = await connection.execute(
        select(slo_review).where(slo_review.c.slo_id == slo_id).order_by(slo_review.c.number)
    )
    return [
        Review(
            decision=ReviewDecision(row.decision),
            rubric=row.rubric,
            rubric_version=row.rubric_version,
            scores=row.scores,
            quality_score=row.quality_score,
            comment=row.comment,
            reviewed_on=row.reviewed_on,
            reviewer_id=row.reviewer_id,
        )
        for row in rows
    ]


async def add_versions(connection: AsyncConnection, published: Sequence[PublishedVersion]) -> None:
    rows = [
        {
            "slo_id": one.slo.slo_id,
            "version": one.slo.version,
            "cause": one.cause,
            "reason": one.reason,
            "document": document(one.slo),
            "recorded_by": one.recorded_by,
            "recorded_at": one.recorded_at,
        }
        for one in published
    ]
    if rows:
        await connection.execute(insert(slo_version), rows)


async def versions_of(connection: AsyncConnection, slo_id: UUID) -> list[KeptVersion]:
    """The published versions of an SLO, the first one first."""
    rows = await connection.execute(
        select(slo_version).where(slo_version.c.slo_id == slo_id).order_by(slo_version.c.version)
    )
    return [
        KeptVersion(
            version=row.version,
            cause=VersionCause(row.cause),
            reason=row.reason,
            recorded_at=row.recorded_at,
            targets=read_targets(row.document["targets"]),
            attainment_percent=_decimal(row.document["attainment_percent"]),
            rating=row.document["rating"],
        )
        for row in rows
    ]


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
