"""What a roster entry comes to in one performance period: role, subject group, days, FTE days, years of service."""

from itertools import pairwise
from typing import Any, NamedTuple

from services.compensation.policy.exact import SCALE, millionths
from services.compensation.policy.facts.calendar import OPEN_END, PlanCalendar, day_number, full_years


class Span(NamedTuple):
    """The part of an eligible assignment that lies in the performance period, both days included."""

    begins_on: str
    ends_on: str
    assignment_id: str
    role: str
    full_time_equivalent: str
    campus_id: str


class Employment(NamedTuple):
    """`fte_days` is in millionths of a day. Role, group, campus and district are those of the deciding assignment, None
    without any assignment in the period.
    """

    role: str | None
    group: str | None
    spans: list[Span]
    days: int
    fte_days: int
    years_of_service: int
    hired_on: str | None
    campus_id: str | None
    district_id: str | None
    years_on_campus: int


def employment_of(roster: dict[str, Any], calendar: PlanCalendar, eligible: frozenset[str]) -> Employment:
    """Role and subject group come from an eligible assignment if there is one in the period; of those from the one that
    runs on the reference day, else from the one that ended last; of those from the primary one, else the latest."""
    ended_on = roster["ended_on"] or OPEN_END
    first_day, last_day, reference_on = calendar.period_begins_on, calendar.period_ends_on, calendar.reference_on
    running = []
    spans = []
    for part in roster["assignments"]:
        begins_on = part["begins_on"]
        ends_on = part["ends_on"] or ended_on
        ends_on = min(ends_on, ended_on)
        if begins_on > last_day or ends_on < first_day or ends_on < begins_on:
            continue
        running.append((begins_on, ends_on, part))
        if part["role"] in eligible:
            first, last = max(begins_on, first_day), min(ends_on, last_day)
            spans.append(
                Span(first, last, part["assignment_id"], part["role"], part["full_time_equivalent"], part["campus_id"])
            )
    decisive: dict[str, Any] = {}
    if len(running) == 1:
        decisive = running[0][2]
    elif running:
        decisive = max(running, key=lambda one: _rank(one, reference_on, eligible))[2]
    spans.sort()
    days, fte_days = days_of(spans)
    hired_on = roster["hired_on"]
    years = full_years(hired_on, min(reference_on, ended_on)) if hired_on is not None else 0
    campus_id = decisive.get("campus_id")
    return Employment(
        role=decisive.get("role"),
        group=decisive.get("subject_group"),
        spans=spans,
        days=days,
        fte_days=fte_days,
        years_of_service=years,
        hired_on=hired_on,
        campus_id=campus_id,
        district_id=decisive.get("district_id"),
        years_on_campus=_years_on(campus_id, roster["assignments"], min(reference_on, ended_on)),
    )


def _years_on(campus_id: str | None, assignments: list[dict[str, Any]], until: str) -> int:
    """Full years since the first assignment on the campus, whatever lay between."""
    begun = [part["begins_on"] for part in assignments if part["campus_id"] == campus_id]
    return full_years(min(begun), until) if begun else 0


def _rank(
    running: tuple[str, str, dict[str, Any]], reference_on: str, eligible: frozenset[str]
) -> tuple[bool, bool, str, bool, str, str]:
    begins_on, ends_on, part = running
    return (
        part["role"] in eligible,
        begins_on <= reference_on <= ends_on,
        min(ends_on, reference_on),
        part["is_primary"],
        begins_on,
        part["assignment_id"],
    )


def days_of(spans: list[Span]) -> tuple[int, int]:
    """Days with an eligible assignment, and the sum over the days of FTE, on each day no more than 1.0."""
    if len(spans) == 1:
        span = spans[0]
        days = day_number(span.ends_on) - day_number(span.begins_on) + 1
        return days, days * _fte(span)
    dated = [(day_number(span.begins_on), day_number(span.ends_on) + 1, _fte(span)) for span in spans]
    days = fte_days = 0
    for first, after in pairwise(sorted({border for begins, ends, _ in dated for border in (begins, ends)})):
        at_work = [fte for begins, ends, fte in dated if begins <= first < ends]
        if at_work:
            days += after - first
            fte_days += (after - first) * min(sum(at_work), SCALE)
    return days, fte_days


def _fte(span: Span) -> int:
    """An FTE below zero or above one is a roster's mistake: it pays neither less than nothing nor more than all."""
    return min(max(millionths(span.full_time_equivalent), 0), SCALE)
