"""k-anonymity of the rows (Samarati and Sweeney, 1998): what could tell who somebody is, coarser until k rows share it.

Step by step, and always in the order of `STEPS`: whoever shares a combination with enough others keeps it; the others
are taken together on the next, coarser step; who is alone on the last one as well has nothing of it shown.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

ALL = "all"
SUPPRESSED = "suppressed"
_BAND_YEARS = 5


class Traits(NamedTuple):
    """What could tell who somebody is. `cohort` is the school year of hire, "unknown" where none is on file."""

    role: str
    subject_group: str
    cohort: str
    campus: str
    district: str
    comparison_group: str


Step = Callable[[Traits], Traits]


def band(cohort: str) -> str:
    """Five years of entry: `2017-18` -> `2015-2019`, the years that they begin in."""
    if not cohort[:4].isdigit():
        return cohort
    first = int(cohort[:4]) // _BAND_YEARS * _BAND_YEARS
    return f"{first}-{first + _BAND_YEARS - 1}"


def _in_district(one: Traits) -> Traits:
    return one._replace(campus=ALL, cohort=band(one.cohort))


STEPS: Sequence[tuple[str, Step]] = (
    ("as on file", lambda one: one),
    ("five years of entry together", lambda one: one._replace(cohort=band(one.cohort))),
    ("all subject groups together", lambda one: one._replace(cohort=band(one.cohort), subject_group=ALL)),
    ("all years of entry together", lambda one: one._replace(cohort=ALL, subject_group=ALL)),
    ("the district for the campus, five years of entry together", _in_district),
    (
        "the district for the campus, all subject groups together",
        lambda one: _in_district(one)._replace(subject_group=ALL),
    ),
    (
        "the network for the district, five years of entry together",
        lambda one: _in_district(one)._replace(district=ALL, subject_group=ALL),
    ),
    ("the role alone", lambda one: Traits(one.role, ALL, ALL, ALL, ALL, ALL)),
)
"""From the finest to the coarsest: the year of entry says least of the programme, and is given up before the campus."""


def generalised(rows: Sequence[Traits], k: int) -> list[tuple[int, Traits]]:
    """For each row the number of the step that it is shown on, and what is shown; every combination k times at least.

    Rows of the step after the last are suppressed, however many they are.
    """
    shown: list[tuple[int, Traits]] = [(len(STEPS), Traits(*[SUPPRESSED] * len(Traits._fields)))] * len(rows)
    left = list(range(len(rows)))
    for number, (_, coarser) in enumerate(STEPS):
        made = [coarser(rows[at]) for at in left]
        sizes = Counter(made)
        for at, traits in zip(left, made, strict=True):
            if sizes[traits] >= k:
                shown[at] = number, traits
        left = [at for at, traits in zip(left, made, strict=True) if sizes[traits] < k]
    return shown
