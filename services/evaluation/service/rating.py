"""A year's growth scores and its rating: read by whoever may, worked out anew when somebody finalizes it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.domain.educator import Educator
from services.evaluation.domain.growth import GrowthScore
from services.evaluation.domain.rating import RatingFacts, SummativeRating, summative_event
from services.evaluation.domain.rubric import RubricBook
from services.evaluation.errors import AppraiserIsEducator, SummativeFactsMissing, SummativeRatingUnknown
from services.evaluation.policy.summative import lacking, rate, rubric_of
from services.evaluation.repository import educators, growth, observations, ratings, roster_store
from services.evaluation.service import access
from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.kernel.period import SchoolYear
from shared.messaging import outbox
from shared.web.auth import NotYours, Principal, Role


@dataclass(frozen=True, slots=True)
class Lacking:
    """Whom a bulk rating left out, and what is missing, in words."""

    educator_id: UUID
    lacks: Sequence[str]


@dataclass(frozen=True, slots=True)
class RatingReport:
    """What a bulk rating came to: new ratings, new versions, those that stand as they are, those left out."""

    rated: int
    changed: int
    unchanged: int
    lacking: Sequence[Lacking]


@dataclass(frozen=True, slots=True)
class _Occasion:
    """When and by whom ratings are made."""

    year: SchoolYear
    now: datetime
    by: UUID | None


async def growth_scores_of(
    connection: AsyncConnection, principal: Principal, educator_id: UUID
) -> Sequence[GrowthScore]:
    """The scores of the years that the caller may see. Raises EducatorUnknown, NotYours."""
    educator = await access.require_educator(connection, principal, educator_id)
    found = await growth.standing_growth(connection, educator_ids=[educator_id])
    return [one for one in found if access.may_see_year(principal, educator, SchoolYear.parse(one.school_year))]


async def ratings_of(connection: AsyncConnection, principal: Principal, educator_id: UUID) -> Sequence[SummativeRating]:
    """The ratings of the years that the caller may see. Raises EducatorUnknown, NotYours."""
    educator = await access.require_educator(connection, principal, educator_id)
    found = await ratings.standing_ratings(connection, educator_id=educator_id)
    return [one for one in found if access.may_see_year(principal, educator, SchoolYear.parse(one.school_year))]


async def rating_of(
    connection: AsyncConnection, principal: Principal, educator_id: UUID, year: SchoolYear
) -> SummativeRating:
    """Raises EducatorUnknown, NotYours, SummativeRatingUnknown."""
    educator = await access.require_educator(connection, principal, educator_id)
    access.require_year(principal, educator, year)
    found = await ratings.standing_ratings(connection, educator_id=educator_id, school_year=str(year))
    if not found:
        raise SummativeRatingUnknown(f"there is no rating for {year} yet: PUT the same address to finalize it")
    return found[0]


async def finalize_rating(
    connection: AsyncConnection,
    clock: Clock,
    principal: Principal,
    educator_id: UUID,
    year: SchoolYear,
    *,
    book: RubricBook,
) -> SummativeRating:
    """Work the year's rating out from the facts that stand. The same facts give the same version, and no event.

    Raises EducatorUnknown, NotYours, AppraiserIsEducator, SummativeFactsMissing.
    """
    educator = await access.require_educator(connection, principal, educator_id)
    _require_rating(principal, educator, year)
    await roster_store.lock_educators(connection, [educator_id])
    facts = (await _facts(connection, year, educator_id=educator_id)).get(educator_id, RatingFacts())
    standing = await ratings.standing_ratings(connection, educator_id=educator_id, school_year=str(year))
    before = standing[0] if standing else None
    occasion = _Occasion(year, clock.now(), principal.educator_id)
    after = _rated(educator_id, facts, before, book, occasion)
    if after is None:
        missing = "; ".join(lacking(facts, rubric_of(facts, book)))
        raise SummativeFactsMissing(f"for {year} there is not enough: {missing}")
    if after is not before:
        await _publish(connection, [after], occasion)
    return after


def _require_rating(principal: Principal, educator: Educator, year: SchoolYear) -> None:
    if principal.is_educator(educator.educator_id):
        raise AppraiserIsEducator("nobody rates themselves: another appraiser of the campus finalizes this rating")
    if not principal.has_any(Role.HR, Role.ADMIN, *access.RATERS) or not access.may_see_year(principal, educator, year):
        raise NotYours("a rating is finalized by an appraiser or principal of the campus of that year, or by HR")


async def rate_everybody(
    connection: AsyncConnection, clock: Clock, principal: Principal, year: SchoolYear, *, book: RubricBook
) -> RatingReport:
    """Rate everyone who worked in the year and has enough facts; whoever lacks some is named with what is missing."""
    people = sorted(await educators.educators_in(connection, year.begins_on, year.ends_on))
    await roster_store.lock_educators(connection, people)
    facts = await _facts(connection, year)
    standing = {one.educator_id: one for one in await ratings.standing_ratings(connection, school_year=str(year))}
    occasion = _Occasion(year, clock.now(), principal.educator_id)

    def rate_all() -> tuple[list[SummativeRating], list[Lacking]]:
        made, left_out = [], []
        for educator_id in people:
            if principal.is_educator(educator_id):
                left_out.append(Lacking(educator_id, ["another rater: nobody rates themselves"]))
                continue
            own = facts.get(educator_id, RatingFacts())
            after = _rated(educator_id, own, standing.get(educator_id), book, occasion)
            if after is None:
                left_out.append(Lacking(educator_id, lacking(own, rubric_of(own, book))))
            elif after is not standing.get(educator_id):
                made.append(after)
        return made, left_out

    made, left_out = await asyncio.to_thread(rate_all)
    await _publish(connection, made, occasion)
    new = sum(one.version == 1 for one in made)
    return RatingReport(
        rated=new,
        changed=len(made) - new,
        unchanged=len(people) - len(made) - len(left_out),
        lacking=left_out,
    )


async def _facts(
    connection: AsyncConnection, year: SchoolYear, *, educator_id: UUID | None = None
) -> Mapping[UUID, RatingFacts]:
    seen = await observations.seen_observations(connection, year.begins_on, year.ends_on, educator_id=educator_id)
    scored: dict[UUID, list[GrowthScore]] = {}
    for one in await growth.standing_growth(
        connection,
        educator_ids=None if educator_id is None else [educator_id],
        school_years=[str(year)],
    ):
        scored.setdefault(one.educator_id, []).append(one)
    return {
        key: RatingFacts(tuple(seen.get(key, ())), tuple(scored.get(key, ()))) for key in seen.keys() | scored.keys()
    }


def _rated(
    educator_id: UUID, facts: RatingFacts, before: SummativeRating | None, book: RubricBook, occasion: _Occasion
) -> SummativeRating | None:
    """`before` itself where the facts are those it was made from; None where they are not enough."""
    if before is not None and before.facts == facts.used():
        return before
    rating = rate(facts, rubric_of(facts, book))
    if rating is None:
        return None
    return SummativeRating(
        summative_id=before.summative_id if before else uuid7(occasion.now),
        educator_id=educator_id,
        school_year=str(occasion.year),
        version=before.version + 1 if before else 1,
        rating=rating,
        facts=facts.used(),
        rated_at=occasion.now,
        rated_by=occasion.by,
    )


async def _publish(connection: AsyncConnection, made: Sequence[SummativeRating], occasion: _Occasion) -> None:
    await ratings.save_ratings(connection, made, now=occasion.now)
    await outbox.record(connection, [summative_event(one) for one in made], now=occasion.now)
