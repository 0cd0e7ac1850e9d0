"""Repeatable chance: every part of the sample draws from a stream of its own, so a change in one leaves the rest."""

import random
from datetime import date, timedelta


def stream(seed: int, part: str) -> random.Random:
    """The same numbers for the same seed and part, on every machine."""
    return random.Random(f"rung-sample:{seed}:{part}")


def quota(share: float, of: int, *, at_least: int = 1) -> int:
    """How many of `of` make up `share`; never fewer than `at_least`, so that no special case is missing."""
    return max(at_least, round(share * of))


def day_between(rng: random.Random, first: date, last: date) -> date:
    """Any day from `first` to `last`; `first` where they are in the wrong order."""
    return first + timedelta(days=rng.randint(0, max(0, (last - first).days)))


def clipped(value: float, low: float, high: float) -> float:
    return min(high, max(low, value))
