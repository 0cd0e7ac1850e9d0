"""How amounts are spread over educators: bins with stated borders, and quartiles by nearest rank. Whole cents only."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from services.compensation.policy.exact import Ints, integers

BINS_AT_MOST = 20
"""On either side of nothing."""


def quartiles(cents: Ints) -> dict[str, int] | None:
    """By nearest rank: of n amounts in order the one at rank n * p, rounded up, so each is an amount that somebody
    gets. None where there is nobody.
    """
    if not len(cents):
        return None
    ranked = np.sort(cents)
    at = {name: -(-len(ranked) * part // 4) - 1 for name, part in (("lower", 1), ("median", 2), ("upper", 3))}
    return {
        "lowest_cents": int(ranked[0]),
        **{f"{name}_cents": int(ranked[rank]) for name, rank in at.items()},
        "highest_cents": int(ranked[-1]),
    }


def within_bins(series: Mapping[str, Ints]) -> list[dict[str, Any]]:
    """How many amounts of each series are in each bin; a bin holds its two borders. Exactly nothing is a bin by itself,
    and all others are equally wide: the narrowest of 1, 2 or 5 dollars, times a power of ten, with which
    `BINS_AT_MOST` reach the amount farthest from nothing.
    """
    farthest = max((int(np.abs(cents).max(initial=0)) for cents in series.values()), default=0)
    width = next(width for width in _widths() if width * BINS_AT_MOST >= farthest)
    numbers = {name: _numbers(cents, width) for name, cents in series.items()}
    least = min(int(of_series.min(initial=0)) for of_series in numbers.values())
    most = max(int(of_series.max(initial=0)) for of_series in numbers.values())
    counts = {name: np.bincount(of_series - least, minlength=most - least + 1) for name, of_series in numbers.items()}
    return [
        {**_borders(number, width), **{name: int(counted[number - least]) for name, counted in counts.items()}}
        for number in range(least, most + 1)
    ]


def _widths() -> Iterator[int]:
    return (unit * 10**power for power, unit in product(range(2, 18), (1, 2, 5)))


def _numbers(cents: Ints, width: int) -> Ints:
    """0 is exactly nothing; 1 from one cent up to `width`; -1 the same below."""
    away = -(-np.abs(cents) // width)
    signed: Ints = np.sign(cents) * away
    return signed if len(cents) else integers([])


def _borders(number: int, width: int) -> dict[str, int]:
    if number == 0:
        return {"at_least_cents": 0, "at_most_cents": 0}
    near, far = (abs(number) - 1) * width + 1, abs(number) * width
    return (
        {"at_least_cents": near, "at_most_cents": far}
        if number > 0
        else {"at_least_cents": -far, "at_most_cents": -near}
    )
