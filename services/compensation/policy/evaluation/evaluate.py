"""The one evaluator: a handful of educators or a million, the same few steps over whole arrays of integers.

Every intermediate value keeps its name in `Working`, and a statement is written from nothing else. The steps, and
where they round:

1. measures: numerator over denominator, exact; nothing measured counts as 0. What is made of several measures rounds
   each of them half up where the plan says to how many places. The mean of a group: of values rounded half up to the
   plan's places, from the totals of the settlement.
2. points: the measure on the straight line from `none_at` (0) to `all_at` (100), not beyond either, or by steps;
   rounded half up to the plan's places. Weighted measures: the sum of weight times points, rounded the same way.
3. gates: the exact measure against the threshold. A gate is not met where nothing was measured. A place among all
   educators: the measure, rounded half up to the plan's places, against the border of the settlement.
4. bands: the measure (of a weighted one, its rounded points) against the lower borders, or by gates, or by shares.
5. full amounts: from tables, or an amount times units, rounded half up to the cent; 0 unless the component is for the
   educator. A pot is cut off to the cent.
6. gates and offers, then proration: amount times FTE days over the days of the period, and the share by the day of
   hire, exact and rounded half up once, to the cent or the dollar; then the component's own cap, then hold-harmless.
7. the greatest of several components: their amounts of step 6 compared, the others not paid.
8. the cap on the total: components are paid in the plan's order until it is reached.
9. ladder: how much of each need is missing, the highest rung with none missing up to it, what of it is confirmed, and
   what earlier placements hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from services.compensation.domain import EducatorFacts
from services.compensation.policy.evaluation.amounts import Standing
from services.compensation.policy.evaluation.columns import Columns
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.conditions import (
    BorderBands,
    Borders,
    GateBands,
    Gates,
    bands_by_border,
    bands_by_gates,
    bands_by_share,
    border_gates,
    meet_of_gates,
    meet_top,
    share_borders,
    top_borders,
)
from services.compensation.policy.evaluation.ladder import stand
from services.compensation.policy.evaluation.measures import Values, measured
from services.compensation.policy.evaluation.pay import paid, within_cap
from services.compensation.policy.evaluation.reading import Source, read_columns
from services.compensation.policy.evaluation.settlement import Settlement
from services.compensation.policy.exact import Bools, Ints
from services.compensation.policy.facts.gather import NO_CAMPUSES, CampusAttributes


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
    taken: Bools
    """For each component: it is no offer, or was accepted."""
    full_amounts: Ints
    """What each component would pay by role, measures, bands and awards alone."""
    open_amounts: Ints
    """The same after step 6: what it would pay if every gate were met and every offer accepted, before the cap on the
    total."""
    granted_amounts: Ints
    """The full amounts where all gates are met, and the offer accepted where it is one."""
    timed_amounts: Ints
    """The granted amounts by days and day of hire, rounded; before the component's own cap and hold-harmless."""
    prorated_amounts: Ints
    """What each component comes to after step 6."""
    counted_amounts: Ints
    """The same, 0 for a component that is paid through the greatest of several."""
    amounts: Ints
    """What each component pays, after the cap on the total."""
    total_before_cap: Ints
    total: Ints
    shortfalls: Ints
    """How much of each need of the ladder is missing."""
    reached: Ints
    """The highest rung by needs alone."""
    entitled: Ints
    """The highest of these with no confirmation missing."""
    awaiting: Ints
    """The rung that waits for its confirmation, -1 for none."""
    rung: Ints
    """The rung that one stands on."""
    settlement: Settlement
    """The settlement that was given, or the estimate from the educators at hand."""


class Row(NamedTuple):
    """One educator's part of the working, as plain integers."""

    kind: int
    fte_days: int
    stipend_counts: list[int]
    hire_shares: list[int]
    worked: list[int]
    offers: list[int]
    placements: list[int]
    in_groups: list[bool]
    """For each attribute that the plan counts educators together by: whether one is in a group of it."""
    numerators: list[int]
    denominators: list[int]
    measured: list[bool]
    points: list[int]
    gate_applies: list[bool]
    gate_met: list[bool]
    bands: list[int]
    eligible: bool
    gates_open: list[bool]
    taken: list[bool]
    full_amounts: list[int]
    open_amounts: list[int]
    granted_amounts: list[int]
    timed_amounts: list[int]
    prorated_amounts: list[int]
    counted_amounts: list[int]
    amounts: list[int]
    total_before_cap: int
    total: int
    shortfalls: list[int]
    reached: int
    entitled: int
    awaiting: int
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
        arrays: list[Ints | Bools] = [columns.kind, columns.fte_days, columns.stipend_counts, columns.hire_shares]
        arrays += [columns.worked, columns.offers, columns.placements, columns.in_groups]
        arrays += [getattr(working, name) for name in Row._fields[len(arrays) :]]
        return [Row(*values) for values in zip(*(array.T.tolist() for array in arrays), strict=True)]


def evaluate(
    plan: CompiledPlan,
    facts: Sequence[EducatorFacts],
    *,
    campuses: CampusAttributes = NO_CAMPUSES,
    settlement: Settlement | None = None,
) -> Evaluation:
    """Decide `plan` for each of `facts`. Without a settlement, those at hand are taken as all educators there are; in
    one, what is missing is not settled yet: nobody is in the top, all are in the lowest band, no pot is shared, and no
    group has a mean.
    """
    columns, sources = read_columns(plan, facts, campuses)
    return Evaluation(plan, columns, sources, work(plan, columns, settlement))


def work(plan: CompiledPlan, columns: Columns, settlement: Settlement | None = None) -> Working:
    """The arithmetic alone, from columns to every named intermediate value."""
    eligible = plan.eligible[columns.kind]
    given = None if settlement is None else settlement.group_totals
    values = measured(len(plan.measures), columns, plan.derivations, given)
    gates, tops = _gates(plan, columns, values, eligible, settlement)
    bands, borders = _bands(plan, values, gates, eligible, settlement)
    pot_units = None if settlement is None else settlement.pot_units
    pay = paid(plan.components, Standing(columns, values, bands), gates, pot_units)
    amounts = within_cap(pay.counted, plan.total_cap)
    rungs = stand(plan.ladder, columns, values, gates)
    return Working(
        numerators=values.numerators,
        denominators=values.denominators,
        measured=values.measured,
        points=values.points,
        gate_applies=gates.applies,
        gate_met=gates.met,
        bands=bands,
        eligible=eligible,
        gates_open=pay.gates_open,
        taken=pay.taken,
        full_amounts=pay.full,
        open_amounts=pay.open,
        granted_amounts=pay.granted,
        timed_amounts=pay.timed,
        prorated_amounts=pay.prorated,
        counted_amounts=pay.counted,
        amounts=amounts,
        total_before_cap=pay.counted.sum(axis=0),
        total=amounts.sum(axis=0),
        shortfalls=rungs.shortfalls,
        reached=rungs.reached,
        entitled=rungs.entitled,
        awaiting=rungs.awaiting,
        rung=rungs.standing,
        settlement=Settlement(tops, borders, pay.pot_units, values.group_totals),
    )


def _gates(
    plan: CompiledPlan, columns: Columns, values: Values, eligible: Bools, given: Settlement | None
) -> tuple[Gates, dict[str, Borders]]:
    """Step 3: those with a border, then those on a place among all, then those that other gates make."""
    gates, tops = border_gates(plan.gates, columns, values), dict[str, Borders]()
    for top in plan.gates.tops:
        if given is None:
            borders = top_borders(top, columns, values, gates, eligible, plan.points_unit)
        else:
            borders = given.top_borders.get(top.code, {})
        meet_top(top, borders, columns, values, gates, plan.points_unit)
        tops[top.code] = borders
    for of_gates in plan.gates.of_gates:
        meet_of_gates(of_gates, gates)
    return gates, tops


def _bands(
    plan: CompiledPlan, values: Values, gates: Gates, eligible: Bools, given: Settlement | None
) -> tuple[Ints, dict[str, tuple[int, ...]]]:
    """Step 4: the position of the band in each band set."""
    bands, settled = np.empty((len(plan.bands), len(eligible)), dtype=np.int64), dict[str, tuple[int, ...]]()
    for at, table in enumerate(plan.bands):
        if isinstance(table, BorderBands):
            bands[at] = bands_by_border(table, values)
        elif isinstance(table, GateBands):
            bands[at] = bands_by_gates(table, gates)
        else:
            if given is None:
                borders = share_borders(table, values, gates, eligible, plan.points_unit)
            else:
                borders = given.band_borders.get(table.code, ())
            bands[at] = bands_by_share(table, borders, values, plan.points_unit)
            settled[table.code] = borders
    return bands, settled
