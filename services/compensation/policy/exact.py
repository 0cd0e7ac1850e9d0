"""Exact numbers as 64-bit integers: decimals are counted in millionths (`SCALE`), money in cents. No float anywhere.

Rounding is half up (towards plus infinity on a tie) wherever it happens at all, and happens only where a step of the
evaluation says so.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SCALE = 1_000_000
"""One, in the unit that all decimals are counted in: 3.7 is 3_700_000."""

POINTS_ALL_AT_MAX = 1_000 * SCALE
"""The highest value of a measure that points can be given for, and"""
DENOMINATOR_MAX = 4_000
"""the most values that a mean can be taken of: within both, no step of the evaluation can leave 64 bits."""


@lru_cache(maxsize=16_384)
def millionths(text: str) -> int:
    """`"63.5"` -> 63_500_000. The text is a plain decimal number with at most six places (`DecimalString`)."""
    whole, _, part = text.partition(".")
    value = abs(int(whole)) * SCALE + int((part + "000000")[:6])
    return -value if text.startswith("-") else value


def half_up(numerator: Ints, denominator: Ints | int) -> Ints:
    """numerator / denominator to the nearest integer, a tie upwards. The denominator is positive."""
    quotient: Ints = (2 * numerator + denominator) // (2 * denominator)
    return quotient


def decimal_text(value: int, *, places: int = 6, shortest: bool = True) -> str:
    """Millionths as decimal text cut off (not rounded) after `places`; `shortest` leaves trailing zeros away."""
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value), SCALE)
    digits = f"{part:06d}"[:places]
    if shortest:
        digits = digits.rstrip("0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"
