"""Measures as numerator over denominator, exact, and their points: the tables of a plan, and the arithmetic on them.

What was not measured is 0 over 1, which is never above what no points are given for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from services.compensation.policy.evaluation.columns import Columns, Places
from services.compensation.policy.exact import SCALE, Bools, Ints, count_true, half_up, integers, millionths
from services.compensation.policy.language.measures import Chosen, Combined, GroupMean, Measure, Points, Weighted
from services.compensation.policy.language.people import Within
from services.compensation.policy.people import People

SUM_MAX = 1_000_000_000 * SCALE
"""A thousand millions: a sum or a difference stops there, so that sums of sums stay within 64 bits."""

COUNTED_MAX = 1_000_000 * SCALE
"""A million: beyond it no value counts in the mean of a group, so that millions of educators stay within 64 bits."""

GroupTotals: TypeAlias = Mapping[str, tuple[int, int]]
"""Of each place the sum of what is counted there, in millionths, and how many are."""

DERIVED = (Weighted, Chosen, Combined, GroupMean)
"""The measures that are made of other measures; all others are read from facts."""


@dataclass(frozen=True, eq=False, slots=True)
class Values:
    """Every measure of every educator: a row for each measure; `kinds` is the kind of person of each educator."""

    numerators: Ints
    denominators: Ints
    measured: Bools
    points: Ints
    kinds: Ints
    columns: Columns
    given: Mapping[str, GroupTotals] | None
    """What was settled for means of groups; None where those at hand are all that there are."""
    group_totals: dict[str, GroupTotals]
    """What each mean of a group is taken of."""

    def rounded(self, measure: int, unit: int) -> Ints:
        """A measure rounded half up to a multiple of `unit` millionths."""
        nearest: Ints = half_up(self.numerators[measure], self.denominators[measure] * unit) * unit
        return nearest


class Derivation(Protocol):
    """A measure that is made of those before it."""

    def fill(self, values: Values) -> None:
        """Write its row of `values`."""
        ...


@dataclass(frozen=True, slots=True)
class LinearPoints:
    """Points on a straight line, for several measures at once: a row for each."""

    measure: Ints
    none_at: Ints
    all_at: Ints
    unit: int

    def fill(self, values: Values) -> None:
        # In place, and one array for all that is under the line: what is touched anew costs more than what is computed.
        under, points = values.denominators[self.measure], values.numerators[self.measure]
        points -= self.none_at * under
        under *= self.all_at - self.none_at
        np.maximum(points, 0, out=points)
        np.minimum(points, under, out=points)
        # Half up, as `half_up` does it.
        points *= 2 * (100 * SCALE // self.unit)
        points += under
        under *= 2
        points //= under
        points *= self.unit
        values.points[self.measure] = points


@dataclass(frozen=True, slots=True)
class StepPoints:
    """Points by the highest step reached; `points` begins with the none below the lowest."""

    measure: int
    at_least: Ints
    points: Ints

    def fill(self, values: Values) -> None:
        reached = values.numerators[self.measure] >= self.at_least[:, None] * values.denominators[self.measure]
        values.points[self.measure] = np.where(values.measured[self.measure], self.points[count_true(reached)], 0)


@dataclass(frozen=True, slots=True)
class WeightTable:
    """A weight in millionths for each kind of person and measure; nothing is measured for who has none."""

    measure: int
    weights: Ints
    unit: int
    of: Ints
    """The positions of the measures that any kind of person has a weight for."""
    columns: Ints
    """The weights once more, a row for each of these measures."""
    weighs: Bools
    """For each kind of person whether it has any weight."""

    def fill(self, values: Values) -> None:
        parts = self.columns.take(values.kinds, axis=1)
        parts *= values.points[self.of]
        points = half_up(parts.sum(axis=0), SCALE * self.unit) * self.unit
        values.points[self.measure] = values.numerators[self.measure] = points
        values.measured[self.measure] = self.weighs[values.kinds]


@dataclass(frozen=True, slots=True)
class ChosenTable:
    """The best of several measures; the lowest is the best by `sign` -1."""

    measure: int
    of: Ints
    sign: int
    is_in_points: bool
    needs_all: bool

    def fill(self, values: Values) -> None:
        numerators, denominators, measured = _parts(values, self.of, is_in_points=self.is_in_points)
        best, under, is_found = numerators[0].copy(), denominators[0].copy(), measured[0].copy()
        for numerator, denominator, is_measured in zip(numerators[1:], denominators[1:], measured[1:], strict=True):
            is_better = self.sign * (numerator * under - best * denominator) > 0
            takes = is_measured & (~is_found | is_better)
            best[takes], under[takes] = numerator[takes], denominator[takes]
            is_found |= is_measured
        _set(values, self.measure, best, under, measured, needs_all=self.needs_all)
        if self.is_in_points:
            values.points[self.measure] = values.numerators[self.measure]


@dataclass(frozen=True, slots=True)
class CombinedTable:
    """The mean or the sum of several measures, each rounded to a multiple of `part_unit` first and taken times its
    sign: of a difference all but the first are -1.
    """

    measure: int
    of: Ints
    signs: Ints
    part_unit: int
    is_mean: bool
    is_in_points: bool
    needs_all: bool
    points_unit: int

    def fill(self, values: Values) -> None:
        numerators, denominators, measured = _parts(values, self.of, is_in_points=self.is_in_points)
        rounded = half_up(numerators, denominators * self.part_unit) * self.part_unit
        total = np.clip(np.where(measured, rounded * self.signs, 0).sum(axis=0), -SUM_MAX, SUM_MAX)
        count = np.maximum(measured.sum(axis=0), 1) if self.is_mean else np.ones_like(total)
        if self.is_in_points:
            total = half_up(total, count * self.points_unit) * self.points_unit
            count = np.ones_like(total)
        _set(values, self.measure, total, count, measured, needs_all=self.needs_all)
        if self.is_in_points:
            values.points[self.measure] = values.numerators[self.measure]


_UNMEASURED = 1 << 62


@dataclass(frozen=True, slots=True)
class GroupMeanTable:
    """The mean of the measure `of` where each educator is. It is kept in halves of a millionth, as the language has it,
    for the exact one may have more under the line than `DENOMINATOR_MAX`.
    """

    measure: int
    code: str
    of: int
    within: Within
    eligible: Bools
    """By kind of person, whether the plan is for it."""
    unit: int
    """What each value is rounded to, in millionths."""

    def fill(self, values: Values) -> None:
        places = values.columns.places(self.within)
        totals = self._totals(values, places) if values.given is None else values.given.get(self.code, {})
        halves = {place: 2 * (total // count) + (total % count > 0) for place, (total, count) in totals.items()}
        mean = places.of_each(halves, _UNMEASURED)
        is_measured = mean != _UNMEASURED
        values.group_totals[self.code] = totals
        values.measured[self.measure] = is_measured
        values.numerators[self.measure] = np.where(is_measured, mean, 0)
        values.denominators[self.measure] = np.where(is_measured, 2, 1)

    def _totals(self, values: Values, places: Places) -> GroupTotals:
        """Through those at hand; of a place where nobody is counted there is none."""
        counted = self.eligible[values.kinds] & values.measured[self.of]
        rounded = np.clip(values.rounded(self.of, self.unit), -COUNTED_MAX, COUNTED_MAX)
        # The last is of those who are nowhere.
        sums, counts = np.zeros((2, len(places.ids) + 1), dtype=np.int64)
        np.add.at(sums, places.at[counted], rounded[counted])
        np.add.at(counts, places.at[counted], 1)
        found = zip(places.ids, sums.tolist(), counts.tolist(), strict=False)
        return {place: (total, count) for place, total, count in found if count}


def _parts(values: Values, of: Ints, *, is_in_points: bool) -> tuple[Ints, Ints, Bools]:
    if is_in_points:
        points = values.points[of]
        return points, np.ones_like(points), values.measured[of]
    return values.numerators[of], values.denominators[of], values.measured[of]


def _set(values: Values, at: int, numerator: Ints, denominator: Ints, measured: Bools, *, needs_all: bool) -> None:
    is_measured = measured.all(axis=0) if needs_all else measured.any(axis=0)
    values.measured[at] = is_measured
    values.numerators[at] = np.where(is_measured, numerator, 0)
    values.denominators[at] = np.where(is_measured, denominator, 1)


def derivations(measures: Sequence[Measure], people: People, eligible: Bools, unit: int) -> tuple[Derivation, ...]:
    """What fills the rows of `measures` that are not read from facts, and all points, in the order to do it in.

    `eligible` is by kind of person; `unit` is the smallest difference of points, in millionths. Those read from facts
    come first in `measures`.
    """
    position = {measure.code: at for at, measure in enumerate(measures)}
    read = [(at, one.points) for at, one in enumerate(measures) if one.points and not isinstance(one, DERIVED)]
    steps: list[Derivation] = [_linear(read, unit)] if read else []
    for at, measure in enumerate(measures):
        if isinstance(measure, Weighted):
            steps.append(_weights(measure, at, position, people, unit))
        elif isinstance(measure, DERIVED):
            if isinstance(measure, GroupMean):
                of = position[measure.of]
                steps.append(GroupMeanTable(at, measure.code, of, measure.within, eligible, unit))
            else:
                steps.append(_of_several(measure, at, position, unit))
            if measure.points:
                steps.append(_linear([(at, measure.points)], unit))
        if measure.points_by_step:
            at_least = integers(millionths(step.at_least) for step in measure.points_by_step)
            points = integers([0, *(millionths(step.points) for step in measure.points_by_step)])
            steps.append(StepPoints(at, at_least, points))
    return tuple(steps)


def _linear(given: Sequence[tuple[int, Points]], unit: int) -> LinearPoints:
    return LinearPoints(
        measure=integers(at for at, _ in given),
        none_at=integers(millionths(points.none_at) for _, points in given)[:, None],
        all_at=integers(millionths(points.all_at) for _, points in given)[:, None],
        unit=unit,
    )


def _weights(measure: Weighted, at: int, position: Mapping[str, int], people: People, unit: int) -> WeightTable:
    table = np.zeros((len(people.kinds) + 1, len(position)), dtype=np.int64)
    for row in measure.weights:
        weighed = people.who(row.applies_to.covers)
        for code, weight in row.of.items():
            table[weighed, position[code]] = millionths(weight)
    of = integers(position[code] for code in dict.fromkeys(code for row in measure.weights for code in row.of))
    return WeightTable(at, table, unit, of, np.ascontiguousarray(table[:, of].T), table.max(axis=1) > 0)


def _of_several(measure: Chosen | Combined, at: int, position: Mapping[str, int], unit: int) -> Derivation:
    of = integers(position[code] for code in measure.of)
    is_in_points, needs_all = measure.by == "points", measure.needs == "all"
    if isinstance(measure, Chosen):
        return ChosenTable(at, of, 1 if measure.take == "best_of" else -1, is_in_points, needs_all)
    part_unit = SCALE // 10**measure.places
    others = -1 if measure.take == "difference_of" else 1
    signs = integers([1, *[others] * (len(measure.of) - 1)])[:, None]
    return CombinedTable(at, of, signs, part_unit, measure.take == "mean_of", is_in_points, needs_all, unit)


def measured(
    count: int, columns: Columns, steps: Sequence[Derivation], given: Mapping[str, GroupTotals] | None
) -> Values:
    """The values of all `count` measures of a plan, of which those read from facts come first.

    `given` is of the settlement; without, means of groups are taken of those at hand.
    """
    read, educators = columns.numerators.shape
    shape = (count, educators)
    values = Values(
        kinds=columns.kind,
        numerators=np.zeros(shape, dtype=np.int64),
        denominators=np.empty(shape, dtype=np.int64),
        measured=np.zeros(shape, dtype=np.bool_),
        points=np.zeros(shape, dtype=np.int64),
        columns=columns,
        given=given,
        group_totals={},
    )
    values.numerators[:read] = columns.numerators
    np.greater(columns.denominators, 0, out=values.measured[:read])
    np.maximum(columns.denominators, 1, out=values.denominators[:read])
    values.denominators[read:] = 1
    for step in steps:
        step.fill(values)
    return values
