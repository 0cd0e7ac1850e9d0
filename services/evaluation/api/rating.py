"""The doors of a year's results: growth scores and summative ratings."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from services.evaluation.errors import (
    AppraiserIsEducator,
    EducatorUnknown,
    SummativeFactsMissing,
    SummativeRatingUnknown,
)
from services.evaluation.schemas.dates import SchoolYearName
from services.evaluation.schemas.rest import (
    GrowthScoreView,
    RateYearBody,
    RatingReportView,
    SummativeRatingView,
    lacking_views,
)
from services.evaluation.service import access, rating
from shared.kernel.period import SchoolYear
from shared.web.auth import CurrentPrincipal, NotYours, Principal, Role, require
from shared.web.problems import responses
from shared.web.transaction import Reading, Transaction

router = APIRouter(tags=["ratings"])

Rater = Annotated[Principal, require(Role.HR, Role.ADMIN, *access.RATERS)]
RaterOfAll = Annotated[Principal, require(Role.HR, Role.ADMIN)]


@router.get(
    "/educators/{educator_id}/growth-scores",
    summary="The growth of an educator's students",
    responses=responses(EducatorUnknown, NotYours),
)
async def list_growth_scores(
    educator_id: UUID, principal: CurrentPrincipal, connection: Reading
) -> list[GrowthScoreView]:
    """Of the years that you may see: a campus sees those that the educator spent on it."""
    return [GrowthScoreView.of(one) for one in await rating.growth_scores_of(connection, principal, educator_id)]


@router.get(
    "/educators/{educator_id}/summative-ratings",
    summary="The ratings of an educator",
    responses=responses(EducatorUnknown, NotYours),
)
async def list_summative_ratings(
    educator_id: UUID, principal: CurrentPrincipal, connection: Reading
) -> list[SummativeRatingView]:
    return [SummativeRatingView.of(one) for one in await rating.ratings_of(connection, principal, educator_id)]


@router.get(
    "/educators/{educator_id}/summative-ratings/{school_year}",
    summary="The rating of a year",
    responses=responses(EducatorUnknown, NotYours, SummativeRatingUnknown),
)
async def get_summative_rating(
    educator_id: UUID, school_year: SchoolYearName, principal: CurrentPrincipal, connection: Reading
) -> SummativeRatingView:
    year = SchoolYear.parse(school_year)
    return SummativeRatingView.of(await rating.rating_of(connection, principal, educator_id, year))


@router.put(
    "/educators/{educator_id}/summative-ratings/{school_year}",
    summary="Finalize the rating of a year from the facts that stand",
    responses=responses(EducatorUnknown, NotYours, AppraiserIsEducator, SummativeFactsMissing),
)
async def finalize_summative_rating(
    educator_id: UUID, school_year: SchoolYearName, principal: Rater, connection: Transaction, request: Request
) -> SummativeRatingView:
    """There is nothing to send. The same facts give the same rating; changed facts give a new version."""
    state = request.app.state
    finalized = await rating.finalize_rating(
        connection, state.clock, principal, educator_id, SchoolYear.parse(school_year), book=state.rubrics
    )
    return SummativeRatingView.of(finalized)


@router.post("/summative-ratings/bulk", summary="Rate everybody who has enough facts in a year")
async def rate_everybody(
    body: RateYearBody, principal: RaterOfAll, connection: Transaction, request: Request
) -> RatingReportView:
    """Whoever lacks facts is left out and named with what is missing."""
    state = request.app.state
    report = await rating.rate_everybody(
        connection, state.clock, principal, SchoolYear.parse(body.school_year), book=state.rubrics
    )
    return RatingReportView(
        rated=report.rated,
        changed=report.changed,
        unchanged=report.unchanged,
        lacking=lacking_views((one.educator_id, one.lacks) for one in report.lacking),
    )
