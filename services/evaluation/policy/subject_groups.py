"""Which teachers' students sit a state test, so that growth is measured by it and not by SLOs.

The grid of tested subjects and grades is data (rules/staar-1.yaml); here stands how it is read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from services.evaluation.domain.roster import Course, TaughtClass
from shared.events.evaluation import SubjectGroup
from shared.kernel.period import SchoolYear


@dataclass(frozen=True, slots=True)
class TestedSubject:
    """A subject under all the names and codes it goes by; `grades` empty means that it is tested in whatever grade."""

    subjects: frozenset[str]
    grades: frozenset[str]


@dataclass(frozen=True, slots=True)
class TestedGrid:
    """The subjects and grades that are tested, as one version of the law has them."""

    version: int
    source: str
    tested: tuple[TestedSubject, ...]


def is_tested(grid: TestedGrid, taught: TaughtClass, course: Course | None) -> bool:
    """True where one of the class's subjects is tested in one of its grades; its course speaks where it is silent."""
    subjects = {_folded(one) for one in taught.subjects or (course.subjects if course else ())}
    grades = {_padded(one) for one in taught.grades or (course.grades if course else ())}
    return any(
        not subjects.isdisjoint(one.subjects) and (not one.grades or not grades.isdisjoint(one.grades))
        for one in grid.tested
    )


def tested_subject(names: Iterable[str], grades: Iterable[str]) -> TestedSubject:
    """A line of the grid; names and codes are compared without regard to case, grades as two digits."""
    return TestedSubject(frozenset(map(_folded, names)), frozenset(map(_padded, grades)))


def _folded(subject: str) -> str:
    return " ".join(subject.casefold().split())


def _padded(grade: str) -> str:
    """CEDS writes grades `03`; many systems write `3`."""
    return grade.strip().upper().zfill(2)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of an assignment with one subject group; `ends_on` is its last day, None while it is open."""

    begins_on: date
    ends_on: date | None
    group: SubjectGroup


def stretches(begins_on: date, ends_on: date | None, groups: Mapping[SchoolYear, SubjectGroup]) -> Sequence[Stretch]:
    """A teacher's time on a campus, divided where the subject group changed from one school year to the next.

    `groups` has the years with classes; a year without any is as the one before, and the time before the first as the
    first. So a new year's classes never change what an earlier year's pay was worked out from.
    """
    years = sorted(groups)
    if not years:
        return [Stretch(begins_on, ends_on, SubjectGroup.NON_TESTED)]
    turns = [(date.min, groups[years[0]])]
    turns += [(year.begins_on, groups[year]) for before, year in pairwise(years) if groups[year] is not groups[before]]
    found = []
    for at, (turn, group) in enumerate(turns):
        following = turns[at + 1][0] if at + 1 < len(turns) else None
        first = max(turn, begins_on)
        last = _earlier(_day_before(following), ends_on)
        if last is None or first <= last:
            found.append(Stretch(first, last, group))
    return found


def _day_before(day: date | None) -> date | None:
    return None if day is None else date.fromordinal(day.toordinal() - 1)


def _earlier(one: date | None, other: date | None) -> date | None:
    days = [day for day in (one, other) if day is not None]
    return min(days, default=None)
