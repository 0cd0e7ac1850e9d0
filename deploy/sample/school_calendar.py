"""The calendar of the sample's school year 2020-21. Dates only: it never asks what day it is."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from shared.kernel.period import SchoolYear

YEAR = SchoolYear(2020)
CONTRACT_BEGINS_ON = date(2020, 8, 3)


@dataclass(frozen=True, slots=True)
class Session:
    identifier: str
    title: str
    kind: str
    begins_on: date
    ends_on: date


FULL_YEAR = Session("session-2020-21", "School year 2020-21", "schoolYear", date(2020, 8, 17), date(2021, 5, 28))
FALL = Session("session-2020-21-s1", "Semester 1, 2020-21", "semester", date(2020, 8, 17), date(2020, 12, 18))
SPRING = Session("session-2020-21-s2", "Semester 2, 2020-21", "semester", date(2021, 1, 5), date(2021, 5, 28))
SESSIONS = (FULL_YEAR, FALL, SPRING)

_BREAKS = (
    (date(2020, 9, 7), date(2020, 9, 7)),
    (date(2020, 11, 23), date(2020, 11, 27)),
    (date(2020, 12, 19), date(2021, 1, 4)),
    (date(2021, 1, 18), date(2021, 1, 18)),
    (date(2021, 3, 15), date(2021, 3, 19)),
    (date(2021, 4, 2), date(2021, 4, 2)),
)


def is_school_day(day: date) -> bool:
    if not FULL_YEAR.begins_on <= day <= FULL_YEAR.ends_on or day.weekday() >= 5:
        return False
    return not any(first <= day <= last for first, last in _BREAKS)


_SCHOOL_DAYS = tuple(
    day
    for offset in range((FULL_YEAR.ends_on - FULL_YEAR.begins_on).days + 1)
    if is_school_day(day := FULL_YEAR.begins_on + timedelta(days=offset))
)


def school_days(first: date, last: date) -> tuple[date, ...]:
    """The days of instruction from `first` to `last`, both included."""
    return _SCHOOL_DAYS[bisect_left(_SCHOOL_DAYS, first) : bisect_right(_SCHOOL_DAYS, last)]


def weekday_from(day: date) -> date:
    """`day` itself, or the Monday after it."""
    return day + timedelta(days=(7 - day.weekday()) % 7) if day.weekday() >= 5 else day
