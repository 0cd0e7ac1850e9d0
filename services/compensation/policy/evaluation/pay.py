"""What components pay: the full amount of each, its gates, proration (exact, rounded once), its own cap, what it may
not fall below; then what looks at other components; then the cap on the total.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from services.compensation.policy.evaluation.amounts import (
    GreatestOfSeveral,
    PercentOfComponent,
    SharedPot,
    Standing,
    dollars_of,
)
from services.compensation.policy.evaluation.columns import Columns
from services.compensation.policy.evaluation.components import ComponentTable
from services.compensation.policy.evaluation.conditions import Gates
from services.compensation.policy.exact import TEN_THOUSAND, Bools, Ints, half_up
from services.compensation.policy.facts.offers import ACCEPTED
from services.compensation.policy.language.terms import AMOUNT_CENTS_MAX


class Pay(NamedTuple):
    """A row for each component, in cents."""

    gates_open: Bools
    taken: Bools
    """Where it is no offer, or the offer was accepted."""
    full: Ints
    open: Ints
    granted: Ints
    timed: Ints
    prorated: Ints
    """What each comes to, before one is paid through another and before the cap on the total."""
    counted: Ints
    """The same without those that are paid through another."""
    pot_units: Mapping[str, Mapping[str, int]]


def paid(
    tables: Sequence[ComponentTable],
    standing: Standing,
    gates: Gates,
    pot_units: Mapping[str, Mapping[str, int]] | None,
) -> Pay:
    """`pot_units` are of the settlement; a pot that is not in it is not shared. Without, those at hand share it."""
    columns, passed = standing.columns, gates.passed
    units = _pot_units(tables, standing, passed) if pot_units is None else pot_units
    shape = (len(tables), len(columns.kind))
    gates_open, taken = np.empty(shape, dtype=np.bool_), np.ones(shape, dtype=np.bool_)
    full, in_time = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
    for at, table in enumerate(tables):
        gates_open[at] = passed[table.requires].all(axis=0)
        if table.offer is not None:
            taken[at] = columns.offers[table.offer] == ACCEPTED
        full[at] = np.minimum(_full(table, standing, units), AMOUNT_CENTS_MAX) * table.pays[columns.kind]
        in_time[at] = _timed(table, full[at], columns)
    is_paid = gates_open & taken
    granted, timed = full * is_paid, in_time * is_paid
    worth, prorated = in_time.copy(), timed.copy()
    through: list[int] = []
    for at, table in enumerate(tables):
        if isinstance(table.amounts, (GreatestOfSeveral, PercentOfComponent)):
            if isinstance(table.amounts, GreatestOfSeveral):
                through += table.amounts.of.tolist()
                gross = prorated[table.amounts.of].max(axis=0)
            else:
                gross = half_up(prorated[table.amounts.of] * table.amounts.percent, 100 * TEN_THOUSAND)
            full[at] = np.minimum(gross, AMOUNT_CENTS_MAX) * table.pays[columns.kind]
            worth[at] = _timed(table, full[at], columns)
            granted[at] = full[at] * is_paid[at]
            timed[at] = prorated[at] = worth[at] * is_paid[at]
        if table.at_most is not None:
            np.minimum(worth[at], table.at_most, out=worth[at])
            np.minimum(prorated[at], table.at_most, out=prorated[at])
        if table.hold_harmless is not None:
            floor = dollars_of(standing.values, table.hold_harmless) * table.pays[columns.kind]
            np.maximum(worth[at], floor, out=worth[at])
            np.maximum(prorated[at], floor * taken[at], out=prorated[at])
    counted = prorated
    if through:
        counted = prorated.copy()
        counted[through] = 0
    return Pay(gates_open, taken, full, worth, granted, timed, prorated, counted, units)


def _pot_units(tables: Sequence[ComponentTable], standing: Standing, passed: Bools) -> dict[str, dict[str, int]]:
    """What those at hand who share each pot have of it in all, by place."""
    in_all: dict[str, dict[str, int]] = {}
    for table in tables:
        if isinstance(table.amounts, SharedPot):
            shares = passed[table.requires].all(axis=0) & table.pays[standing.columns.kind]
            if table.offer is not None:
                shares &= standing.columns.offers[table.offer] == ACCEPTED
            units = table.amounts.units_of(standing) * shares
            places = standing.columns.places(table.amounts.within)
            in_all[table.amounts.code] = {place: int(units[there].sum()) for place, there in places.members()}
    return in_all


def _full(table: ComponentTable, standing: Standing, pot_units: Mapping[str, Mapping[str, int]]) -> Ints:
    """Before it is asked who is paid. What looks at other components is nothing yet, like a pot that nobody shares."""
    amounts = table.amounts
    if isinstance(amounts, (GreatestOfSeveral, PercentOfComponent)):
        return np.zeros_like(standing.columns.kind)
    if isinstance(amounts, SharedPot):
        in_all = standing.columns.places(amounts.within).of_each(pot_units.get(amounts.code, {}), 0)
        shared: Ints = amounts.total_of(standing) * amounts.units_of(standing) // np.maximum(in_all, 1)
        return shared * (in_all > 0)
    return amounts.full(standing)


def _timed(table: ComponentTable, full: Ints, columns: Columns) -> Ints:
    """The full amount by what was worked and the day of hire, rounded once."""
    numerator, denominator = full, table.unit
    if table.prorates:
        worked = columns.fte_days if table.worked is None else columns.worked[table.worked]
        numerator, denominator = numerator * worked, denominator * table.worked_whole
    if table.hire is not None:
        numerator, denominator = numerator * columns.hire_shares[table.hire], denominator * table.hire_whole
    if denominator == 1:
        return numerator
    if isinstance(table.amounts, SharedPot):
        # Cut off, so that all shares together are no more than the sum.
        return numerator // denominator * table.unit
    return half_up(numerator, denominator) * table.unit


def within_cap(counted: Ints, cap: int | None) -> Ints:
    """Components are paid in the plan's order until the cap on the total is reached."""
    if cap is None:
        return counted
    capped, left = np.empty_like(counted), np.full(counted.shape[1], cap, dtype=np.int64)
    for amount, paid_of_it in zip(counted, capped, strict=True):
        np.minimum(amount, left, out=paid_of_it)
        left -= paid_of_it
    return capped
