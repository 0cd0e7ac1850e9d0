"""Use cases of budgets: what may be spent, and how a plan year stands against it."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.compensation.domain import Budget, BudgetPlace, BudgetPosition, CostToDate, Forecast
from services.compensation.errors import BudgetAbsent, BudgetChanged
from services.compensation.policy.forecast import develop
from services.compensation.repository import budgets, plans
from shared.kernel.clock import Clock
from shared.kernel.period import SchoolYear


async def decide_budget(
    connection: AsyncConnection,
    clock: Clock,
    plan_year: str,
    amounts: Mapping[BudgetPlace, int],
    *,
    replaces: int,
    reason: str,
    by: str,
) -> Budget:
    """Keep a budget in place of number `replaces`, 0 for none. The same amounts again change nothing.

    Raises BudgetChanged.
    """
    await budgets.hold(connection)
    standing = await budgets.standing(connection, plan_year)
    if standing is not None and standing.amounts == amounts:
        return standing
    number = standing.number if standing else 0
    if replaces != number:
        raise BudgetChanged(
            f"budget {number} of {plan_year} stands, not {replaces}: read it again and say number {number}"
        )
    decided = Budget(plan_year, number + 1, amounts, reason, decided_by=by, decided_at=clock.now())
    await budgets.add(connection, decided)
    return decided


async def history(connection: AsyncConnection, plan_year: str) -> list[Budget]:
    """Every budget of the year, the one that stands last. Raises BudgetAbsent."""
    found = await budgets.history(connection, plan_year)
    if not found:
        raise BudgetAbsent(f"no budget is kept for {plan_year}: PUT /compensation/v1/budgets/{plan_year} keeps one")
    return found


async def report(connection: AsyncConnection, clock: Clock, plan_year: str) -> list[BudgetPosition]:
    """Budget, cost to date and forecast for the network, each district, each component, and each of both together."""
    now = clock.now()
    budget = await budgets.standing(connection, plan_year)
    amounts = budget.amounts if budget else {}
    cost = await budgets.cost_to_date(connection, plan_year, then=now)
    last = str(SchoolYear(SchoolYear.parse(plan_year).starts_in - 1))
    why_none = await _why_no_forecast(connection, plan_year, last)
    last_cost: Mapping[BudgetPlace, CostToDate] = {}
    if why_none is None:
        last_cost = await budgets.cost_to_date(connection, last, then=await _a_year_before(connection, last, now))
    rows = []
    for place in sorted(cost.keys() | amounts.keys(), key=_order):
        here, before = cost.get(place, CostToDate()), last_cost.get(place, CostToDate())
        forecast = (
            Forecast(reason=why_none)
            if why_none
            else develop(here.accrued, last_final=before.accrued, last_then=before.accrued_then, last_year=last)
        )
        rows.append(BudgetPosition(place, amounts.get(place), here, forecast))
    return rows


async def _why_no_forecast(connection: AsyncConnection, plan_year: str, last: str) -> str | None:
    if await plans.is_closed(connection, plan_year):
        return f"{plan_year} is closed: what is accrued is final"
    if not await plans.is_closed(connection, last):
        return f"{last} is not closed: what it came to in the end is not known"
    return None


async def _a_year_before(connection: AsyncConnection, last: str, now: datetime) -> datetime:
    """The end of the same day of the year before, in the time zone of the plan of `last`."""
    version = await plans.published_for(connection, last)
    zone = ZoneInfo(version.document["time_zone"] if version else "UTC")
    today = now.astimezone(zone).date()
    # What has no 29 February has a 28th.
    day = date(today.year - 1, today.month, min(today.day, 28) if today.month == 2 else today.day)
    return datetime.combine(day + timedelta(days=1), time(), zone)


def _order(place: BudgetPlace) -> tuple[str, str]:
    return str(place.district_id or ""), place.component or ""
