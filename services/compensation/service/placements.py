"""Placements on the ladder: confirmed, brought along, or what a year's end comes to.

Recorded, decided and posted in one transaction, since they are facts that later years rest on.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import (
    Arrival,
    Confirmer,
    NewPlacement,
    Placement,
    PlacementKey,
    PlacementKind,
    PlacementTerms,
)
from services.compensation.errors import (
    NothingToPlace,
    PlacementAlreadyWithdrawn,
    PlacementInvalid,
    PlacementUnknown,
    RungNotReached,
    YearNotOver,
)
from services.compensation.policy.placing import (
    at_years_end,
    faults_of_placement,
    has_ladder,
    is_reached,
    newest_with,
    with_validity,
)
from services.compensation.policy.plan import Plan, parse_plan
from services.compensation.policy.plan_book import PlanBook
from services.compensation.repository import accounts, placements, plans
from services.compensation.service import recording
from services.compensation.service.access import is_in_person_or_hr, none_on_oneself, not_on_oneself
from services.compensation.service.recording import Recorded
from shared.events.compensation import PlacementRecorded
from shared.kernel.clock import Clock
from shared.kernel.errors import FieldError
from shared.kernel.ids import uuid7
from shared.web.auth import NotYours, Principal

PAGE = 500


class PlacedPage(NamedTuple):
    """How many of a page were placed or changed, how many stood already, and whom the next page begins after."""

    recorded: Recorded
    following: UUID | None


async def record_placements(
    connection: AsyncConnection, clock: Clock, book: PlanBook, new: Sequence[NewPlacement], principal: Principal
) -> Recorded:
    """Keep confirmations and what was brought along; all of them or none.

    Raises EducatorNotRostered, ConflictOfInterest, PlacementInvalid, RungNotReached.
    """
    none_on_oneself([one.key.educator_id for one in new], principal)
    await placements.hold(connection)
    # What they are checked by stands still: no plan is published meanwhile.
    await accounts.share_plans(connection)
    await recording.all_known(connection, [one.key.educator_id for one in new])
    published = await _published(connection)
    faults = [
        FieldError(f"/{index}{fault.pointer}", fault.detail)
        for index, one in enumerate(new)
        for fault in [*faults_of_placement(one.key, one.terms, published), *_twice(new, index)]
    ]
    if faults:
        raise PlacementInvalid(f"{faults[0].pointer}: {faults[0].detail}; none was kept", errors=faults)
    await _all_reached(connection, new, published)
    valid = [
        NewPlacement(one.key, with_validity(one.key, one.terms, newest_with(published, one.key.ladder))) for one in new
    ]
    return await _keep(connection, clock, book, valid, by=principal.subject)


async def withdraw_placement(
    connection: AsyncConnection,
    clock: Clock,
    book: PlanBook,
    placement_id: UUID,
    *,
    reason: str,
    principal: Principal,
) -> Placement:
    """Raises PlacementUnknown, PlacementAlreadyWithdrawn, ConflictOfInterest."""
    await placements.hold(connection)
    known = await _placement(connection, placement_id)
    not_on_oneself(known.key.educator_id, principal)
    if known.terms.withdrawn:
        raise PlacementAlreadyWithdrawn(f"placement {placement_id} was withdrawn: nothing rests on it any more")
    withdrawn = NewPlacement(known.key, replace(known.terms, withdrawn=True, reason=reason))
    await _keep(connection, clock, book, [withdrawn], by=principal.subject)
    return await _placement(connection, placement_id)


async def place_everybody(
    connection: AsyncConnection, clock: Clock, book: PlanBook, plan_year: str, *, after: UUID | None, by: str
) -> PlacedPage:
    """Keep what the year comes to on the ladder for the next educators, by their statements as they stand.

    The same again changes nothing; what a statement does not come to any more has lapsed, and what a person withdrew
    stays withdrawn. Raises NothingToPlace, YearNotOver.
    """
    await placements.hold(connection)
    await accounts.share_plans(connection)
    version = await plans.published_for(connection, plan_year)
    plan = None if version is None else parse_plan(version.document)
    if plan is None or not has_ladder(plan):
        raise NothingToPlace(f"no plan with a ladder is published for {plan_year}: publish one first")
    ends_on = plan.performance_period.ends_on
    if _today(clock, plan) <= ends_on:
        raise YearNotOver(f"the performance period of {plan_year} runs until {ends_on}: place everybody after that day")
    rows = await placements.ladders(connection, plan_year, after=after, limit=PAGE)
    terms = {UUID(str(row.educator_id)): at_years_end(row.ladder, plan) for row in rows}
    keys = {educator: PlacementKey(educator, plan.ladder_code, plan_year, PlacementKind.PLACED) for educator in terms}
    standing = await placements.standing(connection, list(keys.values()))
    new = [
        NewPlacement(keys[educator], outcome)
        for educator, placed in terms.items()
        if (outcome := _outcome(keys[educator], placed, plan, standing.get(keys[educator]))) is not None
    ]
    recorded = await _keep(connection, clock, book, new, by=by)
    return PlacedPage(recorded, UUID(str(rows[-1].educator_id)) if len(rows) == PAGE else None)


async def placements_of(connection: AsyncConnection, educator_id: UUID, principal: Principal) -> list[Placement]:
    """Every version of every placement, for the educator in person, HR and administrators. Raises NotYours."""
    may_see_placements(educator_id, principal)
    return await placements.of_educator(connection, educator_id)


def may_see_placements(educator_id: UUID, principal: Principal) -> None:
    """Raises NotYours: where somebody stood in other years, a campus of this year need not know."""
    if not is_in_person_or_hr(educator_id, principal):
        raise NotYours("this is another educator's ladder: only the educator and HR see all years of it")


def placement_of(arrival: Arrival, *, by: str) -> Placement:
    """The version of a placement that a fact told of."""
    data = arrival.fact.data
    return Placement(
        id=UUID(arrival.fact.key),
        key=PlacementKey(UUID(arrival.educator_id), data["ladder"], data["school_year"], PlacementKind(data["kind"])),
        version=arrival.fact.version,
        terms=PlacementTerms(
            rung=data["rung"],
            reached=data["reached"],
            confirmed_by=None if data["confirmed_by_kind"] is None else Confirmer(data["confirmed_by_kind"]),
            minute_reference=data["minute_reference"],
            valid_through_year=data["valid_through_year"],
            withdrawn=data["withdrawn"],
            lapsed=data["lapsed"],
        ),
        recorded_by=by,
        recorded_at=arrival.recorded_at,
    )


async def _keep(
    connection: AsyncConnection, clock: Clock, book: PlanBook, new: Sequence[NewPlacement], *, by: str
) -> Recorded:
    """The next version of each that says something else than the one that stands."""
    standing, now = await placements.standing(connection, [one.key for one in new]), clock.now()
    changed = [
        Placement(known.id if known else uuid7(now), one.key, known.version + 1 if known else 1, one.terms, by, now)
        for one in new
        if (known := standing.get(one.key)) is None or not known.terms.says_the_same_as(one.terms)
    ]
    if changed:
        await placements.add(connection, changed)
        await recording.post(connection, clock, book, [_event(one) for one in changed], now=now)
    return Recorded(len(changed), len(new) - len(changed))


async def _placement(connection: AsyncConnection, placement_id: UUID) -> Placement:
    known = await placements.get(connection, placement_id)
    if known is None:
        raise PlacementUnknown(f"there is no placement {placement_id}: GET the educator's placements for their ids")
    return known


async def _published(connection: AsyncConnection) -> list[Plan]:
    return [parse_plan(version.document) for version in await plans.published(connection)]


async def _all_reached(connection: AsyncConnection, new: Sequence[NewPlacement], published: Sequence[Plan]) -> None:
    """A confirmation says that what was reached counts; it is no way around what the plan asks for."""
    of_year = {plan.plan_year: plan for plan in published}
    for year in sorted({one.key.school_year for one in new if one.key.kind is PlacementKind.CONFIRMED}):
        asked = {one.key.educator_id for one in new}
        rows = await placements.ladders(connection, year, educators=list(asked), limit=len(asked))
        told = {UUID(str(row.educator_id)): row.ladder for row in rows}
        faults = [
            FieldError(
                f"/{index}/rung", "its needs are not met by the statement of the year: see what is missing there"
            )
            for index, one in enumerate(new)
            if one.key.kind is PlacementKind.CONFIRMED and one.key.school_year == year
            if not is_reached(told.get(one.key.educator_id), one.terms.rung, of_year[year])
        ]
        if faults:
            raise RungNotReached(
                f"{len(faults)} of the rungs are not reached in {year}, so that there is nothing to confirm; none was "
                "kept: leave them out, or record as brought_along what comes from elsewhere",
                errors=faults,
            )


def _twice(new: Sequence[NewPlacement], index: int) -> list[FieldError]:
    if all(one.key != new[index].key for one in new[:index]):
        return []
    return [FieldError("", "is of the same educator, ladder, year and kind as one before it: keep one of them")]


def _outcome(
    key: PlacementKey, placed: PlacementTerms | None, plan: Plan, known: Placement | None
) -> PlacementTerms | None:
    """What stands of a year's end now; None where there was nothing and is nothing."""
    if known is not None and known.terms.withdrawn:
        return known.terms
    if placed is not None:
        return with_validity(key, placed, plan)
    return None if known is None else replace(known.terms, lapsed=True)


def _today(clock: Clock, plan: Plan) -> date:
    return clock.now().astimezone(ZoneInfo(plan.time_zone)).date()


def _event(one: Placement) -> PlacementRecorded:
    return PlacementRecorded(
        educator_id=one.key.educator_id,
        placement_id=one.id,
        version=one.version,
        school_year=one.key.school_year,
        ladder=one.key.ladder,
        rung=one.terms.rung,
        kind=one.key.kind.value,
        reached=one.terms.reached,
        confirmed_by_kind=None if one.terms.confirmed_by is None else one.terms.confirmed_by.value,
        minute_reference=one.terms.minute_reference,
        valid_through_year=one.terms.valid_through_year,
        withdrawn=one.terms.withdrawn,
        lapsed=one.terms.lapsed,
    )
