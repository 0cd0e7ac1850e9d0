"""Refused steps go on the record: the request's transaction is rolled back, the attempt is kept in one of its own."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.exc import SQLAlchemyError

from services.compensation.errors import CompensationError
from services.compensation.service import refusals as service
from shared.db.direct import begin
from shared.db.faults import DRIVER_FAULTS
from shared.web.auth import CurrentPrincipal
from shared.web.logging import describe_fault, get_logger

_log = get_logger("rung.compensation.refusals")


def on_record(parameter: str) -> Any:
    """For `dependencies=` of a route: its refusals are kept under the id that its path has as `parameter`.

    A route's own dependencies are entered before its parameters, so an error reaches this one when the transaction
    has ended and its connection is free again.
    """

    async def recorded(request: Request, principal: CurrentPrincipal) -> AsyncIterator[None]:
        try:
            yield
        except CompensationError as error:
            await _keep(request, UUID(request.path_params[parameter]), principal.subject, error)
            raise

    return Depends(recorded, scope="function")


async def _keep(request: Request, subject_id: UUID, by: str, error: CompensationError) -> None:
    """The answer is the refusal, whatever becomes of its record: a fault here is logged beside it."""
    step = request.scope["endpoint"].__name__
    _log.warning("step refused", step=step, subject_id=str(subject_id), tried_by=by, code=error.code)
    if error.status == 404:
        return
    try:
        async with begin(request.app.state.engine) as connection:
            await service.record_refusal(connection, request.app.state.clock, subject_id, error, step=step, by=by)
    except (SQLAlchemyError, *DRIVER_FAULTS) as fault:
        _log.error("a refusal could not be recorded", step=step, fault=describe_fault(fault))
