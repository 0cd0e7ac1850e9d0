"""Facts of many educators as columns of 64-bit integers: the only input of the evaluator's arithmetic."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from services.compensation.policy.exact import Ints


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """Where each educator is: a position in `ids`."""

    at: Ints
    ids: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Columns:
    """One column an educator. Measures as numerator (millionths) over denominator, 0 where nothing was measured."""

    kind: Ints
    """The position of the kind of person (`People`)."""
    fte_days: Ints
    numerators: Ints
    denominators: Ints
    stipend_counts: Ints
    hire_shares: Ints
    worked: Ints
    """What a component goes by that does not go by all full-time days: a row for each such component."""
    offers: Ints
    """The answer to each offer of the plan: `facts.offers`."""
    shortfalls: Ints
    campuses: Places
    districts: Places

    def places(self, within: Literal["network", "district", "campus"]) -> Places:
        if within == "network":
            return Places(np.zeros_like(self.kind), ("",))
        return self.campuses if within == "campus" else self.districts
