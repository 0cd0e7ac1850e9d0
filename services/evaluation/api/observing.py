"""The doors of an observation's life. Edits carry `If-Match`; what publishes carries an `Idempotency-Key`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.evaluation.domain.observation import Observation, ObservationState
from services.evaluation.errors import (
    AmendmentChangesNothing,
    AppraiserIsEducator,
    AppraiserUnknown,
    DimensionUnknown,
    EducatorNotOnCampus,
    EducatorUnknown,
    LevelOutsideRubric,
    ObservationAlreadyFinalized,
    ObservationIncomplete,
    ObservationIsCancelled,
    ObservationNotFinalized,
    ObservationUnknown,
    ObservedInFuture,
    RubricUnknown,
)
from services.evaluation.schemas.observations import (
    AmendmentBody,
    CancellationBody,
    ObservationVersionView,
    ObservationView,
    PlanBody,
    ScheduleBody,
    ScoreBody,
    ScoreView,
)
from services.evaluation.service import access, observing
from services.evaluation.service.observing import Correction, Edit, GivenScore, Schedule
from shared.web.auth import CurrentPrincipal, NotYours, Principal, Role, require
from shared.web.conditional import (
    IfMatch,
    IfMatchRequired,
    IfNoneMatch,
    MalformedIfMatch,
    Precondition,
    StaleVersion,
    is_not_modified,
    not_modified,
)
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
from shared.web.pagination import BadCursor, Page, Paging, link_next
from shared.web.problems import responses
from shared.web.transaction import Reading, Transaction

router = APIRouter(tags=["observations"])

Planner = Annotated[Principal, require(Role.APPRAISER, Role.PRINCIPAL, Role.ADMIN)]
Appraiser = Annotated[Principal, require(*access.RATERS)]
_EDIT = (ObservationUnknown, NotYours, MalformedIfMatch, IfMatchRequired, StaleVersion)
_ONCE = (IdempotencyKeyMissing, IdempotencyKeyMalformed, IdempotencyKeyReused, StillRunning)
_CLOSED = (ObservationAlreadyFinalized, ObservationIsCancelled)


@dataclass(frozen=True, slots=True)
class _Edit:
    """What a change of an observation needs of the request besides its body."""

    seen: Precondition
    request: Request
    response: Response


async def _edit(if_match: IfMatch, request: Request, response: Response) -> _Edit:
    return _Edit(if_match, request, response)


Editing = Annotated[_Edit, Depends(_edit)]


def _view(principal: Principal, observation: Observation) -> ObservationView:
    return ObservationView.of(observation, with_scores=access.may_see_scores(principal, observation))


def _edited(principal: Principal, observation: Observation, response: Response) -> ObservationView:
    response.headers["ETag"] = observing.tag(observation)
    return _view(principal, observation)


async def _once(
    request: Request,
    connection: AsyncConnection,
    principal: Principal,
    key: str,
    step: Callable[[], Awaitable[Observation]],
    *,
    status: int,
) -> Response:
    """A step whose answer is kept with its work, so that a retry gets the same answer."""

    async def work() -> Answer:
        observation = await step()
        return Answer.of(
            _view(principal, observation),
            status=status,
            headers={
                "ETag": observing.tag(observation),
                "Location": f"/evaluation/v1/observations/{observation.observation_id}",
            },
        )

    call = await call_of(request, principal=principal.subject, key=key)
    return (await run_once(connection, call, now=request.app.state.clock.now(), work=work)).response()


@router.post(
    "/observations",
    status_code=201,
    summary="Plan a visit to an educator",
    response_model=ObservationView,
    responses=responses(
        *_ONCE, EducatorUnknown, EducatorNotOnCampus, AppraiserUnknown, AppraiserIsEducator, RubricUnknown, NotYours
    ),
)
async def schedule_observation(
    body: ScheduleBody, principal: Planner, connection: Transaction, key: IdempotencyKey, request: Request
) -> Response:
    """On a campus of the caller's; administrators everywhere. Nobody appraises themselves."""
    state = request.app.state
    wanted = Schedule(
        educator_id=body.educator_id,
        campus_id=body.campus_id,
        kind=body.kind,
        is_announced=body.is_announced,
        planned_on=body.planned_on,
        rubric=body.rubric,
        rubric_version=body.rubric_version,
        appraiser_id=body.appraiser_id,
    )

    async def step() -> Observation:
        return await observing.schedule_observation(connection, state.clock, principal, wanted, book=state.rubrics)

    return await _once(request, connection, principal, key, step, status=201)


@router.get(
    "/observations",
    summary="The observations that are yours to make",
    responses=responses(AppraiserUnknown, BadCursor),
)
async def list_own_observations(
    principal: Appraiser,
    connection: Reading,
    paging: Paging,
    request: Request,
    response: Response,
    state: Annotated[ObservationState | None, Query()] = None,
) -> Page[ObservationView]:
    rows, following = await observing.own_observations(connection, principal, state=state, paging=paging)
    link_next(request, response, following)
    return Page(items=[_view(principal, one) for one in rows], next=following)


@router.get(
    "/observations/{observation_id}",
    summary="An observation as it stands",
    response_model=ObservationView,
    responses=responses(ObservationUnknown, NotYours) | {304: {"description": "You have the current version."}},
)
async def get_observation(
    observation_id: UUID,
    principal: CurrentPrincipal,
    connection: Reading,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> Response | ObservationView:
    """The educator sees announced visits, and scores once they are finalized."""
    observation = await observing.observation(connection, principal, observation_id)
    if is_not_modified(if_none_match, observing.tag(observation)):
        return not_modified(observing.tag(observation))
    response.headers["Cache-Control"] = "private, no-cache"
    return _edited(principal, observation, response)


@router.get(
    "/observations/{observation_id}/versions",
    summary="The published versions of an observation",
    responses=responses(ObservationUnknown, NotYours),
)
async def list_observation_versions(
    observation_id: UUID, principal: CurrentPrincipal, connection: Reading
) -> list[ObservationVersionView]:
    """The first is what was finalized, each later one an amendment with its reason."""
    return [
        ObservationVersionView(
            version=one.version,
            observed_on=one.observed_on,
            scores=[ScoreView.of(score) for score in one.scores],
            changed_at=one.changed_at,
            changed_by=one.changed_by,
            reason=one.reason,
        )
        for one in await observing.versions(connection, principal, observation_id)
    ]


@router.get(
    "/educators/{educator_id}/observations",
    summary="The observations of an educator that you may see",
    responses=responses(EducatorUnknown, NotYours, BadCursor),
)
async def list_educator_observations(
    educator_id: UUID,
    principal: CurrentPrincipal,
    connection: Reading,
    paging: Paging,
    request: Request,
    response: Response,
) -> Page[ObservationView]:
    rows, following = await observing.observations_of(connection, principal, educator_id, paging=paging)
    link_next(request, response, following)
    return Page(items=[_view(principal, one) for one in rows], next=following)


@router.patch(
    "/observations/{observation_id}",
    summary="Change the plan, or set the day of the visit",
    responses=responses(*_EDIT, *_CLOSED, ObservedInFuture, EducatorNotOnCampus),
)
async def plan_observation(
    observation_id: UUID,
    body: PlanBody,
    principal: Appraiser,
    connection: Transaction,
    edit: Editing,
) -> ObservationView:
    planned = await observing.plan_observation(
        connection, edit.request.app.state.clock, Edit(principal, observation_id, edit.seen), body.to_domain()
    )
    return _edited(principal, planned, edit.response)


@router.put(
    "/observations/{observation_id}/scores/{dimension}",
    summary="Score a dimension, with evidence",
    responses=responses(*_EDIT, *_CLOSED, DimensionUnknown, LevelOutsideRubric),
)
async def score_dimension(
    observation_id: UUID,
    dimension: Annotated[str, Path(max_length=64, examples=["student_engagement"])],
    body: ScoreBody,
    principal: Appraiser,
    connection: Transaction,
    edit: Editing,
) -> ObservationView:
    """The appraiser who owns the observation, until it is finalized."""
    scored = await observing.score_dimension(
        connection,
        Edit(principal, observation_id, edit.seen),
        GivenScore(dimension, body.level, body.evidence),
        book=edit.request.app.state.rubrics,
    )
    return _edited(principal, scored, edit.response)


@router.post(
    "/observations/{observation_id}/finalization",
    summary="Close the scoring and publish it",
    response_model=ObservationView,
    responses=responses(*_ONCE, ObservationUnknown, NotYours, *_CLOSED, ObservationIncomplete, ObservedInFuture),
)
async def finalize_observation(
    observation_id: UUID, principal: Appraiser, connection: Transaction, key: IdempotencyKey, request: Request
) -> Response:
    """Every dimension of the rubric's required domain has to be scored, and the day of the visit set."""
    state = request.app.state

    async def step() -> Observation:
        return await observing.finalize_observation(
            connection, state.clock, principal, observation_id, book=state.rubrics
        )

    return await _once(request, connection, principal, key, step, status=200)


@router.post(
    "/observations/{observation_id}/amendments",
    summary="Correct a finalized observation, with a reason",
    responses=responses(
        *_EDIT,
        ObservationNotFinalized,
        ObservationIsCancelled,
        AmendmentChangesNothing,
        DimensionUnknown,
        LevelOutsideRubric,
        ObservedInFuture,
        EducatorNotOnCampus,
    ),
)
async def amend_observation(
    observation_id: UUID,
    body: AmendmentBody,
    principal: Planner,
    connection: Transaction,
    edit: Editing,
) -> ObservationView:
    """A new version is published and counts instead of the one before, which is kept."""
    state = edit.request.app.state
    correction = Correction(
        body.reason,
        [GivenScore(one.dimension, one.level, one.evidence) for one in body.scores],
        body.observed_on,
    )
    amended = await observing.amend_observation(
        connection, state.clock, Edit(principal, observation_id, edit.seen), correction, book=state.rubrics
    )
    return _edited(principal, amended, edit.response)


@router.post(
    "/observations/{observation_id}/cancellation",
    summary="Call a visit off",
    responses=responses(*_EDIT, *_CLOSED),
)
async def cancel_observation(
    observation_id: UUID,
    body: CancellationBody,
    principal: Planner,
    connection: Transaction,
    edit: Editing,
) -> ObservationView:
    cancelled = await observing.cancel_observation(
        connection,
        edit.request.app.state.clock,
        Edit(principal, observation_id, edit.seen),
        reason=body.reason,
    )
    return _edited(principal, cancelled, edit.response)
