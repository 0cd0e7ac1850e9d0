"""From many measurements to the few numbers that are shown. Arithmetic alone."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (over 0, at most 1) of the `ordered` values do not exceed: nearest rank.

    No interpolation: what is shown was measured. Raises ValueError where there is nothing to choose from.
    """
    if not ordered:
        raise ValueError("no percentile of nothing")
    if not 0 < share <= 1:
        raise ValueError(f"share {share} is not over 0 and at most 1")
    # Rounded first, since 0.07 * 100 is a little more than 7 and would become 8.
    rank = math.ceil(round(share * len(ordered), 9))
    return ordered[rank - 1]


@dataclass(frozen=True, slots=True)
class Spread:
    """The spread of a measurement that was repeated."""

    count: int
    p50: float
    p99: float
    largest: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Raises ValueError where there are no values."""
        ordered = sorted(values)
        return cls(len(ordered), percentile(ordered, 0.5), percentile(ordered, 0.99), ordered[-1] if ordered else 0.0)


def median(values: Iterable[float]) -> float:
    """The nearest-rank median. Raises ValueError where there are no values."""
    return percentile(sorted(values), 0.5)


@dataclass(frozen=True, slots=True)
class Progress:
    """How much was done at a moment (monotonic seconds), as somebody who looked in saw it."""

    at: float
    done: int


def rate(seen: Sequence[Progress], *, total: int) -> float:
    """How many a second, from the first sight of any work done to the first sight of all of it.

    What was done by the first sight is not counted: when it began was not seen. Raises ValueError where the end was not
    seen, or no work before it.
    """
    under_way = [one for one in seen if one.done > 0]
    ended = next((one for one in under_way if one.done >= total), None)
    if ended is None:
        raise ValueError(f"the end at {total} was not seen")
    began = under_way[0]
    if began.at >= ended.at:
        raise ValueError("nothing was seen under way before the end")
    return (total - began.done) / (ended.at - began.at)
