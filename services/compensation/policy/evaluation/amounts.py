"""The ways in which a component comes to its full amount, in whole cents, before gates and proration."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np

from services.compensation.policy.evaluation.columns import Columns
from services.compensation.policy.evaluation.measures import Values
from services.compensation.policy.exact import SCALE, TEN_THOUSAND, Ints, half_up
from services.compensation.policy.language.people import Within
from services.compensation.policy.language.terms import AMOUNT_CENTS_MAX, POT_CENTS_MAX

CENT = SCALE // 100
"""A cent in millionths of a dollar."""


class Standing(NamedTuple):
    """What is known of educators when their components are computed; `bands` has a row for each band set."""

    columns: Columns
    values: Values
    bands: Ints


class Amounts(Protocol):
    """What a component pays before gates and proration."""

    def full(self, standing: Standing) -> Ints:
        """Cents, a value for each educator."""
        ...


@dataclass(frozen=True, slots=True)
class ByBand:
    """By kind of person (rows) and band (columns)."""

    amounts: Ints
    bands: int

    def full(self, standing: Standing) -> Ints:
        amounts: Ints = self.amounts[standing.columns.kind, standing.bands[self.bands]]
        return amounts


@dataclass(frozen=True, slots=True)
class ByKind:
    amounts: Ints

    def full(self, standing: Standing) -> Ints:
        amounts: Ints = self.amounts[standing.columns.kind]
        return amounts


@dataclass(frozen=True, slots=True)
class ByTwoBands:
    amounts: Ints
    rows: int
    columns: int

    def full(self, standing: Standing) -> Ints:
        amounts: Ints = self.amounts[standing.bands[self.rows], standing.bands[self.columns]]
        return amounts


@dataclass(frozen=True, slots=True)
class ByAward:
    cents: int
    at_most: int
    stipend: int
    """The row of the columns that counts its awards."""

    def full(self, standing: Standing) -> Ints:
        counted: Ints = np.minimum(standing.columns.stipend_counts[self.stipend], self.at_most)
        return counted * self.cents


@dataclass(frozen=True, slots=True)
class ByUnit:
    """`base` and `cents` have one value, or one for each band of `bands`. Rounded half up to the cent."""

    measure: int
    at_most: int
    base: Ints
    cents: Ints
    bands: int | None

    def full(self, standing: Standing) -> Ints:
        values = standing.values
        band = 0 if self.bands is None else standing.bands[self.bands]
        under = values.denominators[self.measure]
        counted = np.minimum(np.maximum(values.numerators[self.measure], 0), self.at_most * under)
        amount = self.base[band] + half_up(counted * self.cents[band], under * SCALE)
        return np.where(values.measured[self.measure], amount, 0)


@dataclass(frozen=True, slots=True)
class PercentOfIndex:
    cents: int
    """The index's percentage, rounded half up to the cent when the plan is readied."""

    def full(self, standing: Standing) -> Ints:
        return np.full(len(standing.columns.kind), self.cents, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class PercentOfMeasure:
    measure: int
    percent: int
    """In ten-thousandths of one percent."""

    def full(self, standing: Standing) -> Ints:
        return half_up(dollars_of(standing.values, self.measure) * self.percent, 100 * TEN_THOUSAND)


@dataclass(frozen=True, slots=True)
class GreatestOfSeveral:
    of: Ints
    """The positions of the components, which all stand before it."""


@dataclass(frozen=True, slots=True)
class PercentOfComponent:
    of: int
    """The position of the component, which stands before it."""
    percent: int
    """In ten-thousandths of one percent."""


@dataclass(frozen=True, slots=True)
class SharedPot:
    """Cut off to the cent. `units` is by band; None where everybody, or every full-time day, is a unit."""

    code: str
    cents: int
    total_measure: int | None
    """The measure that holds the sum in dollars, instead of `cents`."""
    within: Within
    units: Ints | None
    bands: int
    is_by_days: bool

    def total_of(self, standing: Standing) -> Ints:
        """The cents that are shared where each educator is."""
        if self.total_measure is None:
            return np.full_like(standing.columns.kind, self.cents)
        return np.minimum(dollars_of(standing.values, self.total_measure), POT_CENTS_MAX)

    def units_of(self, standing: Standing) -> Ints:
        if self.is_by_days:
            return standing.columns.fte_days
        if self.units is None:
            return np.ones(len(standing.columns.kind), dtype=np.int64)
        units: Ints = self.units[standing.bands[self.bands]]
        return units


AnyAmounts: TypeAlias = Amounts | GreatestOfSeveral | PercentOfComponent | SharedPot


def dollars_of(values: Values, measure: int) -> Ints:
    """A measure in dollars as cents, rounded half up, from none to `AMOUNT_CENTS_MAX`; nothing measured is none."""
    cents = half_up(values.numerators[measure], values.denominators[measure] * CENT)
    within: Ints = np.clip(cents, 0, AMOUNT_CENTS_MAX)
    return within
