"""The reviewer's doors: approve or return, amend, score. Each is taken once for an Idempotency-Key."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.slo.domain.values import Slo
from services.slo.errors import (
    ReviewerIsTheEducator,
    RubricNotMet,
    RubricScoreUnknown,
    SloAlreadyScored,
    SloIncomplete,
    SloNotApproved,
    SloNotSubmitted,
    SloUnknown,
)
from services.slo.schemas.rest import AmendmentBody, ReviewBody, ScoreBody, SloView
from services.slo.service import reviewing
from services.slo.service.access import REVIEWERS
from services.slo.service.reviewing import ReviewWord, ScoreWord
from shared.web.auth import NotYours, Principal, require
from shared.web.conditional import MalformedIfMatch, Precondition, StaleVersion, version_tag
from shared.web.idempotency import (
    Answer,
    IdempotencyKey,
    IdempotencyKeyMalformed,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    StillRunning,
    call_of,
    run_once,
)
from shared.web.problems import responses
from shared.web.transaction import Transaction

router = APIRouter(tags=["reviewing"], prefix="/slos/{slo_id}")

Reviewer = Annotated[Principal, require(*REVIEWERS)]
_STEP = (
    SloUnknown,
    NotYours,
    ReviewerIsTheEducator,
    IdempotencyKeyMissing,
    IdempotencyKeyMalformed,
    IdempotencyKeyReused,
    StillRunning,
)


async def _step_once(
    request: Request,
    connection: AsyncConnection,
    principal: Principal,
    key: str,
    step: Callable[[], Awaitable[Slo]],
) -> Response:
    """A step of an SLO, with its answer kept beside it."""

    async def work() -> Answer:
        slo = await step()
        return Answer.of(SloView.of(slo), headers={"ETag": version_tag(slo.revision)})

    call = await call_of(request, principal=principal.subject, key=key)
    return (await run_once(connection, call, now=request.app.state.clock.now(), work=work)).response()


@router.post(
    "/review",
    summary="Approve a submitted SLO, or return it",
    response_model=SloView,
    responses=responses(*_STEP, SloNotSubmitted, RubricScoreUnknown, RubricNotMet, MalformedIfMatch, StaleVersion),
)
async def review_slo(
    slo_id: UUID,
    body: ReviewBody,
    principal: Reviewer,
    connection: Transaction,
    key: IdempotencyKey,
    request: Request,
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", description="The ETag of what was reviewed: then nothing unseen is approved."),
    ] = None,
) -> Response:
    """Approval locks the targets. A reviewer or principal of one of the educator's campuses, never the educator."""
    precondition = None if if_match is None else Precondition.parse(if_match)
    word = ReviewWord(body.decision, body.scores, body.comment, precondition)

    async def step() -> Slo:
        return await reviewing.review_slo(
            connection,
            request.app.state.clock,
            principal=principal,
            slo_id=slo_id,
            rubric=request.app.state.rules.rubric,
            word=word,
        )

    return await _step_once(request, connection, principal, key, step)


@router.post(
    "/amendments",
    summary="Amend locked targets, for extreme circumstances and with the reason",
    response_model=SloView,
    responses=responses(*_STEP, SloNotApproved, SloAlreadyScored, SloIncomplete),
)
async def amend_slo_targets(
    slo_id: UUID,
    body: AmendmentBody,
    principal: Reviewer,
    connection: Transaction,
    key: IdempotencyKey,
    request: Request,
) -> Response:
    """Makes a new version; the one before stays readable."""
    targets = {level: target.to_domain() for level, target in body.targets.items()}

    async def step() -> Slo:
        return await reviewing.amend_slo_targets(
            connection,
            request.app.state.clock,
            principal=principal,
            slo_id=slo_id,
            targets=targets,
            reason=body.reason,
        )

    return await _step_once(request, connection, principal, key, step)


@router.post(
    "/score",
    summary="Score an approved SLO, or score it again with a reason",
    response_model=SloView,
    responses=responses(*_STEP, SloNotApproved, SloAlreadyScored),
)
async def score_slo(
    slo_id: UUID, body: ScoreBody, principal: Reviewer, connection: Transaction, key: IdempotencyKey, request: Request
) -> Response:
    """The share of students that met their target, rated 5 from 90 %, 4 from 80, 3 from 70, 2 from 60, else 1."""
    word = ScoreWord(body.students, body.students_met, body.reason)

    async def step() -> Slo:
        return await reviewing.score_slo(
            connection, request.app.state.clock, principal=principal, slo_id=slo_id, word=word
        )

    return await _step_once(request, connection, principal, key, step)
