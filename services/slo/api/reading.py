"""What is shown: an SLO, an educator's SLOs, the review queue, the rubric."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.slo.errors import EducatorUnknown, SloUnknown
from services.slo.policy import ApprovalRubric
from services.slo.schemas.rest import SloFileView, SloView, file_view
from services.slo.service import reading
from services.slo.service.access import READERS_OF_ALL, REVIEWERS
from shared.events.types import SchoolYearLabel
from shared.kernel.period import SchoolYear
from shared.web.auth import CurrentPrincipal, NotYours, Principal, require
from shared.web.conditional import IfNoneMatch, is_not_modified, not_modified, version_tag
from shared.web.pagination import BadCursor, Page, Paging, link_next
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["reading"])

QueueReader = Annotated[Principal, require(*REVIEWERS, *READERS_OF_ALL)]


@router.get(
    "/slos/{slo_id}",
    summary="An SLO with its reviews and versions",
    response_model=SloFileView,
    responses={**responses(SloUnknown, NotYours), 304: {"description": "What you have is current."}},
)
async def get_slo(
    slo_id: UUID,
    principal: CurrentPrincipal,
    connection: Reading,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> SloFileView | Response:
    """The educator in person, the reviewers and principals of the campuses, HR, administrators."""
    found = await reading.read_slo(connection, principal, slo_id)
    tag = version_tag(found.slo.revision)
    if is_not_modified(if_none_match, tag):
        return not_modified(tag)
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    return file_view(found.slo, found.reviews, found.versions)


@router.get(
    "/educators/{educator_id}/slos",
    summary="The SLOs of an educator",
    responses=responses(EducatorUnknown, NotYours),
)
async def list_slos(
    educator_id: UUID,
    principal: CurrentPrincipal,
    connection: Reading,
    school_year: Annotated[SchoolYearLabel | None, Query(description="Of one year; of all without it.")] = None,
) -> list[SloView]:
    """A campus sees the years in which the educator worked there, and what an educator of its own brings along."""
    year = None if school_year is None else SchoolYear.parse(school_year)
    return [SloView.of(slo) for slo in await reading.slos_of(connection, principal, educator_id, year)]


@router.get(
    "/review-queue",
    summary="Submitted SLOs that wait for a review, the longest waiting first",
    responses=responses(BadCursor),
)
async def list_review_queue(
    principal: QueueReader, connection: Reading, paging: Paging, request: Request, response: Response
) -> Page[SloView]:
    """Of the caller's campuses, without the caller's own; HR and administrators see all campuses."""
    rows = await reading.review_queue(connection, principal, after=paging.after, limit=paging.fetch)
    kept, following = paging.cut(rows, reading.place_of)
    link_next(request, response, following)
    return Page(items=[SloView.of(slo) for slo in kept], next=following)


@router.get("/approval-rubric", summary="The rubric that SLOs are reviewed against")
async def get_approval_rubric(_principal: CurrentPrincipal, request: Request) -> ApprovalRubric:
    rubric: ApprovalRubric = request.app.state.rules.rubric
    return rubric
