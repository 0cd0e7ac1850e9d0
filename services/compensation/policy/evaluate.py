"""The one evaluator: a handful of educators or a million, the same few steps over whole arrays of integers.

Every intermediate value keeps its name in `Evaluation`, and a statement is written from nothing else. The steps, and
where they round:

1. measures: numerator over denominator, exact; nothing measured counts as 0.
2. points: the measure on the straight line from `none_at` (0) to `all_at` (100), not beyond either, rounded half up to
   the plan's places. Weighted measures: the sum of weight times points, rounded the same way.
3. gates: the exact measure against the threshold. A gate is not met where nothing was measured.
4. bands: the measure (of a weighted one, its rounded points) against the lower borders.
5. amounts: from the matrix, or amount times awards; 0 unless the component is for the role and its gates are met.
6. proration: amount times FTE days over the days of the period, rounded half up to the cent.
7. the cap on the total: components are paid in the plan's order until it is reached.
8. ladder: the number of needs missing, and the highest rung with none missing up to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from services.compensation.domain import EducatorFacts
from services.compensation.policy.columns import Columns, Source, build_columns
from services.compensation.policy.compiled import CompiledPlan
from services.compensation.policy.exact import SCALE, Bools, Ints, half_up
from services.compensation.policy.language import PerAward


@dataclass(frozen=True, eq=False, slots=True)
class Working:
    """The evaluator's whole working, by name; the last axis is the educator. Decimals in millionths, money in cents.

    The first axis is the measure (in compiled order), gate, band set, component or rung (in the document's order).
    """

    numerators: Ints
    denominators: Ints
    measured: Bools
    points: Ints
    gate_applies: Bools
    gate_met: Bools
    bands: Ints
    eligible: Bools
    gates_open: Bools
    """For each component: all gates that it requires and that apply are met."""
    full_amounts: Ints
    """What each component would pay by role, measures and awards alone."""
    open_amounts: Ints
    """The same prorated: what it would pay if every gate were met, before the cap on the total."""
    granted_amounts: Ints
    """The full amounts where all gates are met."""
    prorated_amounts: Ints
    amounts: Ints
    """What each component pays, after the cap on the total."""
    total_before_cap: Ints
    total: Ints
    rung: Ints


class Row(NamedTuple):
    """One educator's part of the working, as plain integers."""

    segment: int
    fte_days: int
    stipend_counts: list[int]
    shortfalls: list[int]
    numerators: list[int]
    denominators: list[int]
    measured: list[bool]
    points: list[int]
    gate_applies: list[bool]
    gate_met: list[bool]
    bands: list[int]
    eligible: bool
    gates_open: list[bool]
    full_amounts: list[int]
    open_amounts: list[int]
    granted_amounts: list[int]
    prorated_amounts: list[int]
    amounts: list[int]
    total_before_cap: int
    total: int
    rung: int


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a plan comes to for educators, in their order; `sources[i]` is None for who is not on the roster."""

    plan: CompiledPlan
    columns: Columns
    sources: Sequence[Source | None]
    working: Working

    @cached_property
    def rows(self) -> list[Row]:
        """The working turned round: a row for each educator."""
        columns, working = self.columns, self.working
        arrays = [columns.segment, columns.fte_days, columns.stipend_counts, columns.shortfalls]
        arrays += [getattr(working, name) for name in Row._fields[len(arrays) :]]
        return [Row(*values) for values in zip(*(array.T.tolist() for array in arrays), strict=True)]


def evaluate(plan: CompiledPlan, facts: Sequence[EducatorFacts]) -> Evaluation:
    """Decide `plan` for each of `facts`."""
    columns, sources = build_columns(plan, facts)
    return Evaluation(plan, columns, sources, work(plan, columns))


def work(plan: CompiledPlan, columns: Columns) -> Working:
    """The arithmetic alone, from columns to every named intermediate value."""
    numerators, denominators, measured, points = _measure(plan, columns)
    gate_applies, gate_met = _gates(plan, columns, numerators, denominators, measured)
    bands = _bands(plan, numerators, denominators)
    gates_open = _gates_open(plan, gate_met | ~gate_applies)
    full = _full_amounts(plan, columns, bands)
    granted = np.where(gates_open, full, 0)
    open_amounts = _prorated(plan, columns, full)
    prorated = np.where(gates_open, open_amounts, 0)
    total_before_cap = prorated.sum(axis=0)
    amounts = _capped(plan, prorated)
    return Working(
        numerators=numerators,
        denominators=denominators,
        measured=measured,
        points=points,
        gate_applies=gate_applies,
        gate_met=gate_met,
        bands=bands,
        eligible=plan.eligible[columns.segment],
        gates_open=gates_open,
        full_amounts=full,
        open_amounts=open_amounts,
        granted_amounts=granted,
        prorated_amounts=prorated,
        amounts=amounts,
        total_before_cap=total_before_cap,
        total=amounts.sum(axis=0),
        rung=((columns.shortfalls > 0).T @ plan.needs_up_to == 0).sum(axis=1) - 1,
    )


def _measure(plan: CompiledPlan, columns: Columns) -> tuple[Ints, Ints, Bools, Ints]:
    """Steps 1 and 2. What was not measured is 0, which is never above `none_at`, and so is worth no points."""
    base, count = columns.numerators.shape
    shape = (len(plan.measures), count)
    numerators, denominators = np.zeros(shape, dtype=np.int64), np.ones(shape, dtype=np.int64)
    measured, points = np.empty(shape, dtype=np.bool_), np.zeros(shape, dtype=np.int64)
    numerators[:base] = columns.numerators
    np.greater(columns.denominators, 0, out=measured[:base])
    np.maximum(columns.denominators, 1, out=denominators[:base])
    given = plan.points
    if len(given.measure):
        divisors = denominators[given.measure]
        none_at = given.none_at * divisors
        above = np.minimum(np.maximum(numerators[given.measure], none_at), given.all_at * divisors) - none_at
        whole = divisors * (given.all_at - given.none_at)
        points[given.measure] = half_up(above * (100 * SCALE // plan.points_unit), whole) * plan.points_unit
    for table in plan.weighted:
        weights = table.weights[columns.segment]
        exact = (weights.T * points).sum(axis=0)
        points[table.measure] = half_up(exact, SCALE * plan.points_unit) * plan.points_unit
        numerators[table.measure] = points[table.measure]
        measured[table.measure] = weights.any(axis=1)
    return numerators, denominators, measured, points


def _gates(
    plan: CompiledPlan, columns: Columns, numerators: Ints, denominators: Ints, measured: Bools
) -> tuple[Bools, Bools]:
    """Step 3."""
    gates = plan.gates
    holds = gates.sign * numerators[gates.measure] >= gates.threshold * denominators[gates.measure]
    return gates.applies[:, columns.segment], holds & measured[gates.measure]


def _gates_open(plan: CompiledPlan, passed: Bools) -> Bools:
    return np.array([passed[component.requires].all(axis=0) for component in plan.components], dtype=np.bool_)


def _bands(plan: CompiledPlan, numerators: Ints, denominators: Ints) -> Ints:
    """Step 4: the position of the band."""
    bands = np.empty((len(plan.bands), numerators.shape[1]), dtype=np.int64)
    for index, table in enumerate(plan.bands):
        reached = numerators[table.measure] >= table.at_least[:, None] * denominators[table.measure]
        bands[index] = reached.sum(axis=0) - 1
    return bands


def _full_amounts(plan: CompiledPlan, columns: Columns, bands: Ints) -> Ints:
    """Step 5, before gates."""
    full = np.empty((len(plan.components), len(columns.segment)), dtype=np.int64)
    stipend = 0
    for index, table in enumerate(plan.components):
        component = plan.plan.components[index]
        if isinstance(component, PerAward):
            counted = np.minimum(columns.stipend_counts[stipend], component.at_most)
            full[index] = table.amounts[columns.segment] * counted
            stipend += 1
        else:
            full[index] = table.amounts[columns.segment, bands[table.bands]]
    return full


def _prorated(plan: CompiledPlan, columns: Columns, granted: Ints) -> Ints:
    """Step 6."""
    by_days = half_up(granted * columns.fte_days, plan.calendar.period_days * SCALE)
    prorated: Ints = np.where(plan.prorates[:, None], by_days, granted)
    return prorated


def _capped(plan: CompiledPlan, prorated: Ints) -> Ints:
    """Step 7."""
    if plan.total_cap is None:
        return prorated
    paid_up_to = np.minimum(prorated.cumsum(axis=0), plan.total_cap)
    capped: Ints = paid_up_to.copy()
    capped[1:] -= paid_up_to[:-1]
    return capped
