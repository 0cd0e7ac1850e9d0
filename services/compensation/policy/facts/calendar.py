"""The dates and moments of a plan in the form that facts carry them in, so that text compares with text."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.compensation.domain import moment_text
from services.compensation.policy.language.document import Plan
from shared.kernel.period import SchoolYear

OPEN_END = "9999-12-31"


class MomentCutOff(NamedTuple):
    """A cut-off for evidence whose moment may be on file: the first moment, and the last day, that it decides by."""

    before: str
    until: str

    def excludes(self, moment: str | None, day: str) -> bool:
        """`day` decides where there is no `moment`."""
        return day > self.until if moment is None else moment >= self.before


@dataclass(frozen=True, slots=True)
class PlanCalendar:
    """Dates as ISO text, moments as `moment_text`. `*_until` is the last date that counts, `*_before` excludes."""

    plan_year: str
    starts_in: int
    period_begins_on: str
    period_ends_on: str
    period_days: int
    reference_on: str
    year_begins_at: str
    year_ends_before: str
    observations_until: str
    slos_until: str
    awards_before: str
    observations_finalized: MomentCutOff | None
    slos_approved: MomentCutOff | None


def calendar_of(plan: Plan) -> PlanCalendar:
    """The calendar of a valid plan, its local times taken in the plan's time zone."""
    zone, year, period = ZoneInfo(plan.time_zone), SchoolYear.parse(plan.plan_year), plan.performance_period
    year_ends_before = _moment(datetime.combine(year.ends_on + timedelta(days=1), time()), zone)
    cut_offs = plan.cut_offs
    awards = cut_offs.awards if cut_offs else None
    return PlanCalendar(
        plan_year=plan.plan_year,
        starts_in=year.starts_in,
        period_begins_on=period.begins_on.isoformat(),
        period_ends_on=period.ends_on.isoformat(),
        period_days=(period.ends_on - period.begins_on).days + 1,
        reference_on=period.reference_on.isoformat(),
        year_begins_at=_moment(datetime.combine(year.begins_on, time()), zone),
        year_ends_before=year_ends_before,
        observations_until=_last_date(cut_offs.observations if cut_offs else None),
        slos_until=_last_date(cut_offs.slos if cut_offs else None),
        awards_before=_moment(awards, zone) if awards else year_ends_before,
        observations_finalized=_by_moment(cut_offs.observations_finalized if cut_offs else None, zone),
        slos_approved=_by_moment(cut_offs.slos_approved if cut_offs else None, zone),
    )


def without_cut_offs(calendar: PlanCalendar, *, plan_year: str, starts_in: int) -> PlanCalendar:
    """The calendar for an earlier year's observations and SLOs, of which all count: cut-offs are the plan year's."""
    return replace(
        calendar,
        plan_year=plan_year,
        starts_in=starts_in,
        observations_until=OPEN_END,
        slos_until=OPEN_END,
        observations_finalized=None,
        slos_approved=None,
    )


def _moment(local: datetime, zone: ZoneInfo) -> str:
    return moment_text(local.replace(tzinfo=zone).astimezone(UTC))


def _by_moment(cut_off: datetime | None, zone: ZoneInfo) -> MomentCutOff | None:
    return None if cut_off is None else MomentCutOff(_moment(cut_off, zone), _last_date(cut_off))


def _last_date(cut_off: datetime | None) -> str:
    """The last date whose day began before the cut-off."""
    if cut_off is None:
        return OPEN_END
    day = cut_off.date()
    return (day if cut_off.time() > time() else day - timedelta(days=1)).isoformat()


@lru_cache(maxsize=8_192)
def day_number(text: str) -> int:
    """The number of a date, so that a difference of two is days."""
    return date.fromisoformat(text).toordinal()


def full_years(since: str, until: str) -> int:
    """Anniversaries of `since` that have passed on `until`; a 29 February counts from 1 March."""
    years = int(until[:4]) - int(since[:4]) - (until[5:] < since[5:])
    return max(years, 0)
