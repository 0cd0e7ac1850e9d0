"""Placements on the ladder: what is confirmed, brought along or came of a year, and everybody's way over the years."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field

from services.compensation.api.callers import Office
from services.compensation.api.refusals import on_record
from services.compensation.errors import (
    ConflictOfInterest,
    EducatorNotRostered,
    NothingToPlace,
    PlacementAlreadyWithdrawn,
    PlacementInvalid,
    PlacementUnknown,
    RungNotReached,
    YearNotOver,
)
from services.compensation.schemas.attributes import RecordedView
from services.compensation.schemas.placements import (
    PlacedView,
    PlaceEverybodyRequest,
    PlacementRequest,
    PlacementView,
    WithdrawalOfPlacement,
    YearOnLadderView,
)
from services.compensation.service import ladder_history
from services.compensation.service import placements as service
from shared.events.types import SchoolYearLabel
from shared.web.auth import CurrentPrincipal, NotYours
from shared.web.once import NOT_ONCE, OnceCall
from shared.web.problems import responses
from shared.web.transaction import Reading

router = APIRouter(tags=["ladder"])

Placements = Annotated[list[PlacementRequest], Field(min_length=1, max_length=500)]


@router.post(
    "/placements",
    summary="Confirm rungs, or record those brought along; who changes by it is recalculated at once",
    response_model=RecordedView,
    responses=responses(EducatorNotRostered, ConflictOfInterest, PlacementInvalid, RungNotReached, *NOT_ONCE),
    dependencies=[on_record()],
)
async def record_placements(body: Placements, principal: Office, call: OnceCall) -> Response:
    """All of them or none. Only what the year's statement reaches can be confirmed, and nobody records their own."""

    async def kept() -> RecordedView:
        new = [one.to_placement() for one in body]
        book = call.request.app.state.plan_book
        recorded = await service.record_placements(call.connection, call.clock, book, new, principal)
        return RecordedView(changed=recorded.changed, unchanged=recorded.unchanged)

    return await call.once(kept)


@router.post(
    "/placements/{placement_id}/withdrawal",
    summary="Withdraw a placement, with the reason",
    response_model=PlacementView,
    responses=responses(ConflictOfInterest, PlacementAlreadyWithdrawn, PlacementUnknown, *NOT_ONCE),
    dependencies=[on_record("placement_id")],
)
async def withdraw_placement(
    placement_id: UUID, body: WithdrawalOfPlacement, principal: Office, call: OnceCall
) -> Response:
    """A new version; the one before is kept. Who stood by it is recalculated at once."""

    async def withdrawn() -> PlacementView:
        book = call.request.app.state.plan_book
        done = await service.withdraw_placement(
            call.connection, call.clock, book, placement_id, reason=body.reason, principal=principal
        )
        return PlacementView.of(done)

    return await call.once(withdrawn)


@router.post(
    "/ladder/{plan_year}/placements",
    summary="Keep what a year came to on the ladder, five hundred educators at a time",
    response_model=PlacedView,
    responses=responses(NothingToPlace, YearNotOver, *NOT_ONCE),
)
async def place_everybody(
    plan_year: Annotated[SchoolYearLabel, Path(description="A school year that is over.")],
    body: PlaceEverybodyRequest,
    _principal: Office,
    call: OnceCall,
) -> Response:
    """Call it with `next` of the answer until that is null. Done again it changes only what came out differently."""

    async def placed() -> PlacedView:
        book = call.request.app.state.plan_book
        page = await service.place_everybody(call.connection, call.clock, book, plan_year, after=body.after, by=call.by)
        return PlacedView(changed=page.recorded.changed, unchanged=page.recorded.unchanged, next=page.following)

    return await call.once(placed)


@router.get(
    "/educators/{educator_id}/placements",
    summary="Every version of every placement of an educator",
    responses=responses(NotYours),
)
async def list_placements(educator_id: UUID, principal: CurrentPrincipal, connection: Reading) -> list[PlacementView]:
    return [PlacementView.of(one) for one in await service.placements_of(connection, educator_id, principal)]


@router.get(
    "/educators/{educator_id}/ladder/history",
    summary="The rung by plan year, since when and until when",
    responses=responses(NotYours),
)
async def get_ladder_history(
    educator_id: UUID, principal: CurrentPrincipal, connection: Reading
) -> list[YearOnLadderView]:
    """From the last statement of each year, and from placements where there is none."""
    years = await ladder_history.ladder_history(connection, educator_id, principal)
    return [YearOnLadderView.of(one) for one in years]
