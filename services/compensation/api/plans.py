"""Plan versions: written by one person, published by another; what they say, and how far everybody's pay follows."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.compensation.api.callers import Office
from services.compensation.api.refusals import on_record
from services.compensation.domain import PlanState
from services.compensation.errors import (
    AllPayNotDescribed,
    PlanAlreadyPublished,
    PlanInvalid,
    PlanStepOutOfOrder,
    PlanUnreadable,
    PlanVersionUnknown,
    WriterCannotPublish,
    YearClosed,
)
from services.compensation.schemas.plans import DifferenceView, PlanVersionView, RecalculationView
from services.compensation.service import plans as service
from shared.events.types import SchoolYearLabel
from shared.web.auth import CurrentPrincipal
from shared.web.errors import MalformedBody, NotFound
from shared.web.once import NOT_ONCE, OnceCall
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["plans"])


@router.get("/plans", summary="Versions of all plans, without their documents")
async def list_plan_versions(
    principal: CurrentPrincipal,
    connection: Reading,
    request: Request,
    plan_year: Annotated[SchoolYearLabel | None, Query()] = None,
    state: Annotated[PlanState | None, Query()] = None,
) -> list[PlanVersionView]:
    """Before it is opened to comment, or that is waived, a version is seen by HR alone."""
    now = request.app.state.clock.now()
    versions = await service.plan_versions(connection, principal, plan_year=plan_year, state=state)
    return [PlanVersionView.of(version, now=now) for version in versions]


@router.post(
    "/plans",
    status_code=201,
    summary="Write a plan document as the next draft version of its plan",
    response_model=PlanVersionView,
    responses=responses(PlanUnreadable, PlanInvalid, MalformedBody, *NOT_ONCE),
    dependencies=[on_record()],
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The plan document, YAML or JSON whatever its Content-Type; the sample plan is a whole one.",
            "content": {
                "application/yaml": {
                    "schema": {"type": "string"},
                    "examples": {"begin": {"value": "language: 1\ncode: harmony-pbcs\nplan_year: 2020-21\n"}},
                }
            },
        }
    },
)
async def write_plan(_principal: Office, call: OnceCall) -> Response:
    """What is wrong with the document is answered place by place, each with its remedy; kept is only who tried then."""
    try:
        text = (await call.request.body()).decode()
    except UnicodeDecodeError as error:
        raise MalformedBody("The plan document is not UTF-8: save it as UTF-8.") from error

    async def written() -> PlanVersionView:
        version = await service.write_plan(call.connection, call.clock, text, by=call.by)
        return PlanVersionView.of(version, now=version.written_at, document=version.document)

    return await call.once(written, status=201)


@router.get(
    "/plans/{plan_version_id}", summary="A plan version with its document", responses=responses(PlanVersionUnknown)
)
async def get_plan_version(
    plan_version_id: UUID, principal: CurrentPrincipal, connection: Reading, request: Request
) -> PlanVersionView:
    version = await service.visible_version(connection, plan_version_id, principal)
    return PlanVersionView.of(version, now=request.app.state.clock.now(), document=version.document)


@router.get(
    "/plans/{plan_version_id}/differences",
    summary="What this version says otherwise than another, place by place",
    responses=responses(PlanVersionUnknown),
)
async def list_plan_differences(
    plan_version_id: UUID,
    principal: CurrentPrincipal,
    connection: Reading,
    earlier: Annotated[UUID, Query(alias="from", description="The version to compare it with.")],
) -> list[DifferenceView]:
    """Parts with a code are compared with the part of the same code; the order of parts is told where it changed."""
    found = await service.changes_between(connection, plan_version_id, principal, earlier_id=earlier)
    return [DifferenceView.of(one) for one in found]


@router.post(
    "/plans/{plan_version_id}/publication",
    summary="Publish an approved version: its year is paid by it from now on, everybody is recalculated",
    responses=responses(
        PlanVersionUnknown,
        PlanAlreadyPublished,
        PlanStepOutOfOrder,
        WriterCannotPublish,
        AllPayNotDescribed,
        YearClosed,
        *NOT_ONCE,
    ),
    response_model=PlanVersionView,
    dependencies=[on_record("plan_version_id")],
)
async def publish_plan(plan_version_id: UUID, _principal: Office, call: OnceCall) -> Response:
    """The version before it is superseded. The recalculation runs in the background; its address tells how far."""

    async def published() -> PlanVersionView:
        version = await service.publish_plan(call.connection, call.clock, plan_version_id, by=call.by)
        return PlanVersionView.of(version, now=call.clock.now())

    return await call.once(published)


@router.get(
    "/plans/{plan_version_id}/recalculation",
    summary="How far everybody's recalculation by this version has come",
    responses=responses(PlanVersionUnknown, NotFound),
)
async def get_recalculation(plan_version_id: UUID, _principal: Office, connection: Reading) -> RecalculationView:
    await service.plan_version(connection, plan_version_id)
    progress = await service.recalculation_progress(connection, plan_version_id)
    if progress is None:
        raise NotFound("This version was not published, so nothing was recalculated by it.")
    return RecalculationView(
        plan_version_id=plan_version_id,
        educators=progress.educators,
        # Whoever joined since is decided by the event that brought them.
        educators_total=progress.educators if progress.finished_at else progress.educators_total,
        requested_at=progress.requested_at,
        finished_at=progress.finished_at,
    )
