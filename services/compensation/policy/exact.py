"""Exact numbers as 64-bit integers: decimals are counted in millionths (`SCALE`), money in cents. No float anywhere.

Rounding is half up (towards plus infinity on a tie) wherever it happens at all, and happens only where a step of the
evaluation says so.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SCALE = 1_000_000
"""One, in the unit that all decimals are counted in: 3.7 is 3_700_000."""

TEN_THOUSAND = 10_000
"""One, in the unit that shares and percentages are counted in: the language gives them four places."""

POINTS_ALL_AT_MAX = 1_000 * SCALE
"""The highest value of a measure that points can be given for, and"""
DENOMINATOR_MAX = 4_000
"""the most values that a mean can be taken of: within both, no step of the evaluation can leave 64 bits."""


_DECIMAL = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")


def is_decimal(text: str) -> bool:
    """Whether a value that HR keeps is a number that a plan can take: below a million, with at most six places."""
    return _DECIMAL.fullmatch(text) is not None


@lru_cache(maxsize=16_384)
def millionths(text: str) -> int:
    """`"63.5"` -> 63_500_000. The text is a plain decimal number with at most six places (`DecimalString`)."""
    whole, _, part = text.partition(".")
    value = abs(int(whole)) * SCALE + int((part + "000000")[:6])
    return -value if text.startswith("-") else value


def ten_thousandths(text: str) -> int:
    """`"0.25"` -> 2_500. The text has at most four places."""
    return millionths(text) // (SCALE // TEN_THOUSAND)


def integers(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int64)


def count_true(rows: Bools) -> Ints:
    """How many of the rows hold, for each column."""
    count = np.zeros(rows.shape[1], dtype=np.int64)
    for row in rows:
        count += row
    return count


def half_up(numerator: Ints, denominator: Ints | int) -> Ints:
    """numerator / denominator to the nearest integer, a tie upwards. The denominator is positive."""
    quotient: Ints = 2 * numerator
    quotient += denominator
    quotient //= 2 * denominator
    return quotient


def decimal_text(value: int, *, places: int = 6, shortest: bool = True) -> str:
    """Millionths as decimal text cut off (not rounded) after `places`; `shortest` leaves trailing zeros away."""
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value), SCALE)
    digits = f"{part:06d}"[:places]
    if shortest:
        digits = digits.rstrip("0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"
