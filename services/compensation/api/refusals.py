"""Refused steps go on the record: the request's transaction is rolled back, the attempt is kept in one of its own."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from services.compensation.api.callers import Office
from services.compensation.errors import CompensationError
from services.compensation.schemas.payouts import RefusedStepView
from services.compensation.service import refusals as service
from shared.db.direct import begin
from shared.db.faults import DRIVER_FAULTS
from shared.web.auth import CurrentPrincipal
from shared.web.logging import describe_fault, get_logger
from shared.web.pagination import BadCursor, Cursor, Page, Paging, link_next
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["payouts"])
_log = get_logger("rung.compensation.refusals")


@router.get(
    "/refusals",
    summary="Steps of the office that were tried and refused: by whom, when, why",
    responses=responses(BadCursor),
)
async def list_refusals(
    _principal: Office, connection: Reading, paging: Paging, request: Request, response: Response
) -> Page[RefusedStepView]:
    """The oldest first, also those of which nothing came: a document that is no plan, a batch with nothing to pay.

    Of plans, what HR keeps, placements, settlements, payouts, holds, recoveries, inquiries and months; what the role of
    the caller forbids is in the log alone.
    """
    after = paging.after.as_uuid() if paging.after else None
    rows = await service.all_refusals(connection, after=after, limit=paging.fetch)
    kept, following = paging.cut(rows, lambda refused: Cursor("", str(refused.id)))
    link_next(request, response, following)
    return Page(items=[RefusedStepView.of(one) for one in kept], next=following)


def on_record(parameter: str | None = None) -> Any:
    """For `dependencies=` of a route: its refusals are kept under the id that its path has as `parameter`, if it has.

    A route's own dependencies are entered before its parameters, so an error reaches this one when the transaction
    has ended and its connection is free again.
    """

    async def recorded(request: Request, principal: CurrentPrincipal) -> AsyncIterator[None]:
        try:
            yield
        except CompensationError as error:
            subject_id = None if parameter is None else UUID(request.path_params[parameter])
            await _keep(request, subject_id, principal.subject, error)
            raise

    return Depends(recorded, scope="function")


async def _keep(request: Request, subject_id: UUID | None, by: str, error: CompensationError) -> None:
    """The answer is the refusal, whatever becomes of its record: a fault here is logged beside it."""
    step = request.scope["endpoint"].__name__
    _log.warning("step refused", step=step, subject_id=subject_id and str(subject_id), tried_by=by, code=error.code)
    if error.status == 404:
        return
    try:
        async with begin(request.app.state.engine) as connection:
            await service.record_refusal(connection, request.app.state.clock, subject_id, error, step=step, by=by)
    except (SQLAlchemyError, *DRIVER_FAULTS) as fault:
        _log.error("a refusal could not be recorded", step=step, fault=describe_fault(fault))
