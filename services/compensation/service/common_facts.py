"""The common facts of a plan year: what is kept of campuses, and what depends on all educators at once.

Each change has a number, an event and a recalculation of everybody. A year that was settled for good is closed: nothing
changes until it is reopened.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import CommonFacts, EducatorFacts, PayoutState, PlanVersion
from services.compensation.errors import (
    CampusesTooMany,
    CloserCannotReopen,
    CommonFactsAbsent,
    NothingToSettle,
    YearBeingPaid,
    YearClosed,
    YearNotClosed,
)
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.evaluation.settlement import Settlement
from services.compensation.policy.evaluation.settling import settle
from services.compensation.policy.facts.gather import CampusAttributes
from services.compensation.policy.plan import parse_plan
from services.compensation.repository import accounts, common_facts, payouts, plans, recalculations
from services.compensation.service.plans import how_to_reopen, is_settled_at_close, version_to_settle
from services.compensation.service.suspensions import hold_payouts
from shared.events.compensation import CampusValue, CommonFactsChanged, SettledNumber
from shared.kernel.clock import Clock
from shared.messaging import outbox

_READ_AT_ONCE = 1_000
CAMPUSES_CHARACTERS_MAX = 60_000
"""They travel in one event with the settlement, under a line for each value that is up to twice as long."""


async def of_year(connection: AsyncConnection, plan_year: str) -> CommonFacts:
    """Those that stand. Raises CommonFactsAbsent."""
    found = await common_facts.standing(connection, plan_year)
    if not found.number:
        raise CommonFactsAbsent(f"nothing is kept yet for {plan_year} that would be common to all educators")
    return found


async def keep_campuses(
    connection: AsyncConnection, clock: Clock, plan_year: str, campuses: CampusAttributes, *, by: str
) -> CommonFacts:
    """Keep the attributes of all campuses for a year, in place of those before. Raises YearClosed."""
    await plans.hold_plans(connection)
    standing = await _open(connection, plan_year)
    kept = {campus: dict(attributes) for campus, attributes in campuses.items() if attributes}
    if standing.number and standing.campuses == kept:
        return standing
    if len(orjson.dumps(kept)) > CAMPUSES_CHARACTERS_MAX:
        raise CampusesTooMany(
            f"more than {CAMPUSES_CHARACTERS_MAX} characters of campuses: leave out what no plan asks for"
        )
    changed = await _change(connection, clock, replace(standing, campuses=kept), by=by)
    version = await version_to_settle(connection, plan_year)
    if version is not None:
        await plans.ask_for_settlement(connection, version.id, at=clock.now(), final=False, by=by)
    return changed


async def ask_for_settlement(
    connection: AsyncConnection, clock: Clock, plan_year: str, *, final: bool, by: str
) -> UUID:
    """Have the worker settle what depends on all educators, as an estimate or for good; the plan version it is for.

    For good, any year is settled, which closes it: where its plan looks at nobody else, with nothing in the settlement.
    Raises NothingToSettle, YearClosed.
    """
    await plans.hold_plans(connection)
    await _open(connection, plan_year)
    version = await _version_to_settle(connection, plan_year, final=final)
    if version is None:
        unless = "" if final else " that looks at all educators at once"
        raise NothingToSettle(f"no plan is published for {plan_year}{unless}")
    await plans.ask_for_settlement(connection, version.id, at=clock.now(), final=final, by=by)
    return version.id


async def reopen_year(
    connection: AsyncConnection, clock: Clock, plan_year: str, *, reason: str, by: str
) -> CommonFacts:
    """Make an estimate again of what was settled for good, until it is settled anew.

    Raises YearNotClosed, CloserCannotReopen, YearBeingPaid, PayoutsSuspended.
    """
    # In the order of whoever prepares a batch: none is prepared of a year that is being reopened.
    await hold_payouts(connection)
    await plans.hold_plans(connection)
    standing = await common_facts.standing(connection, plan_year)
    if not standing.is_final:
        raise YearNotClosed(f"{plan_year} is open: there is nothing to reopen")
    if by == await common_facts.closed_by(connection, plan_year, standing.number):
        raise CloserCannotReopen(f"{by} had {plan_year} settled for good: another person has to reopen it")
    states = (PayoutState.PREPARED, PayoutState.APPROVED)
    for batch in await payouts.list_all(connection, plan_year=plan_year, states=states):
        raise YearBeingPaid(f"batch {batch.id} of {plan_year} is {batch.state}: withdraw or seal it first")
    return await _change(connection, clock, replace(standing, is_final=False), by=by, reason=reason)


async def settle_next(connection: AsyncConnection, clock: Clock) -> bool:
    """Do the oldest settlement that was asked for; False where none was.

    The facts of all educators are read as they stand, without holding anybody up: what arrives meanwhile is in the
    next settlement.
    """
    asked = await plans.due_settlement(connection)
    if asked is None:
        return False
    version = await plans.get(connection, asked.plan_version_id)
    assert version is not None  # noqa: S101 - a foreign key says so
    campuses = (await common_facts.standing(connection, version.plan_year)).campuses
    settlement = Settlement()
    if is_settled_at_close(version):
        # Away from the loop, which answers the bus meanwhile.
        settlement = await asyncio.to_thread(_settled, version, await _everybody(connection), campuses)
    await plans.hold_plans(connection)
    standing = await common_facts.standing(connection, version.plan_year)
    if standing.campuses != campuses:
        # Asked for again: it stays due.
        return True
    to_settle = await _version_to_settle(connection, version.plan_year, final=asked.final)
    if to_settle is not None and to_settle != version:
        # What was asked of the version before is asked of the one in its place.
        await plans.ask_for_settlement(connection, to_settle.id, at=clock.now(), final=asked.final, by=asked.asked_by)
    if not standing.is_final and to_settle == version:
        document = settlement.to_document()
        changed = replace(standing, settlement=document, settled_for=version.id, is_final=asked.final)
        if changed != standing:
            await _change(connection, clock, changed, by=asked.asked_by)
    await plans.settled(connection, asked.id, at=clock.now())
    return True


async def give_up_settlement(connection: AsyncConnection, clock: Clock) -> None:
    """Have the oldest settlement that was asked for not be due any more."""
    asked = await plans.due_settlement(connection)
    if asked is not None:
        await plans.settled(connection, asked.id, at=clock.now())


async def _everybody(connection: AsyncConnection) -> list[EducatorFacts]:
    facts: list[EducatorFacts] = []
    after: UUID | None = None
    while page := await accounts.facts_after(connection, after, _READ_AT_ONCE):
        facts += page
        after = UUID(page[-1].educator_id)
    return facts


async def _open(connection: AsyncConnection, plan_year: str) -> CommonFacts:
    standing = await common_facts.standing(connection, plan_year)
    if standing.is_final:
        raise YearClosed(f"{plan_year} was settled for good under number {standing.number}; {how_to_reopen(plan_year)}")
    return standing


async def _version_to_settle(connection: AsyncConnection, plan_year: str, *, final: bool) -> PlanVersion | None:
    """The version that the year is paid by; unless for good, only where there is something to settle."""
    return await (plans.published_for if final else version_to_settle)(connection, plan_year)


async def _change(
    connection: AsyncConnection, clock: Clock, common: CommonFacts, *, by: str, reason: str | None = None
) -> CommonFacts:
    changed, now = replace(common, number=common.number + 1), clock.now()
    event = CommonFactsChanged(
        plan_year=changed.plan_year,
        number=changed.number,
        campuses=[
            CampusValue(campus_id=UUID(campus), attribute=attribute, value=value)
            for campus, attributes in changed.campuses.items()
            for attribute, value in attributes.items()
        ],
        settlement=[
            SettledNumber(of=part, code=code, place=place, number=number)
            for part, by_code in changed.settlement.items()
            for code, by_place in by_code.items()
            for place, number in by_place.items()
        ],
        settled_for=changed.settled_for,
        is_final=changed.is_final,
    )
    [event_id] = await outbox.record(connection, [event], now=now)
    # The reason stays here: what people write freely may name somebody, and events name nobody.
    await common_facts.add(connection, changed, by=by, at=now, event_id=event_id, reason=reason)
    version = await plans.published_for(connection, changed.plan_year)
    if version is not None:
        await recalculations.ask_for(connection, version.id, cause_event_id=event_id, at=now)
    return changed


def common_facts_of(event: CommonFactsChanged) -> CommonFacts:
    """What an event told of."""
    campuses: dict[str, dict[str, str]] = {}
    for one in event.campuses:
        campuses.setdefault(str(one.campus_id), {})[one.attribute] = one.value
    settlement: dict[str, dict[str, dict[str, int]]] = {}
    for settled in event.settlement:
        settlement.setdefault(settled.of, {}).setdefault(settled.code, {})[settled.place] = settled.number
    return CommonFacts(
        plan_year=event.plan_year,
        number=event.number,
        campuses=campuses,
        settlement=settlement,
        settled_for=event.settled_for,
        is_final=event.is_final,
    )


def _settled(version: PlanVersion, everybody: Sequence[EducatorFacts], campuses: CampusAttributes) -> Settlement:
    return settle(compile_plan(parse_plan(version.document), version=version.version), everybody, campuses)
