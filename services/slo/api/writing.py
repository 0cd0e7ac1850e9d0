"""The educator's doors: start an SLO, revise it, submit it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.slo.errors import (
    EducatorNotOnRoster,
    SloAlreadySubmitted,
    SloIncomplete,
    SloLocked,
    SloUnknown,
    TokenNamesNoEducator,
)
from services.slo.schemas.rest import DraftBody, RevisionBody, SloView
from services.slo.service import writing
from shared.kernel.period import SchoolYear
from shared.web.auth import NotYours, Principal, Role, require
from shared.web.conditional import IfMatch, IfMatchRequired, MalformedIfMatch, StaleVersion, version_tag
from shared.web.problems import responses
from shared.web.transaction import Transaction

router = APIRouter(tags=["writing"], prefix="/slos")

Educator = Annotated[Principal, require(Role.EDUCATOR)]


@router.post(
    "",
    status_code=201,
    summary="Start an SLO of your own",
    responses=responses(TokenNamesNoEducator, EducatorNotOnRoster),
)
async def start_slo(
    body: DraftBody, principal: Educator, connection: Transaction, request: Request, response: Response
) -> SloView:
    started = await writing.start_slo(
        connection,
        request.app.state.clock,
        principal=principal,
        school_year=SchoolYear.parse(body.school_year),
        interval=body.interval,
        content=body.to_content(),
    )
    response.headers["Location"] = f"/slo/v1/slos/{started.slo_id}"
    response.headers["ETag"] = version_tag(started.revision)
    return SloView.of(started)


@router.patch(
    "/{slo_id}",
    summary="Revise a draft or a returned SLO",
    responses=responses(SloUnknown, NotYours, IfMatchRequired, MalformedIfMatch, StaleVersion, SloLocked),
)
async def revise_slo(
    slo_id: UUID,
    body: RevisionBody,
    principal: Educator,
    connection: Transaction,
    precondition: IfMatch,
    response: Response,
) -> SloView:
    revised = await writing.revise_slo(
        connection, principal=principal, slo_id=slo_id, changes=body.to_changes(), precondition=precondition
    )
    response.headers["ETag"] = version_tag(revised.revision)
    return SloView.of(revised)


@router.post(
    "/{slo_id}/submission",
    summary="Submit an SLO for review",
    responses=responses(SloUnknown, NotYours, SloAlreadySubmitted, SloIncomplete),
)
async def submit_slo(
    slo_id: UUID, principal: Educator, connection: Transaction, request: Request, response: Response
) -> SloView:
    submitted = await writing.submit_slo(connection, request.app.state.clock, principal=principal, slo_id=slo_id)
    response.headers["ETag"] = version_tag(submitted.revision)
    return SloView.of(submitted)
