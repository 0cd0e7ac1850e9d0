"""What components pay, in whole cents: the tables of a plan, and the arithmetic on them.

A component comes to a full amount first, by who an educator is, measures, bands and awards alone. Then its gates, its
proration (exact, rounded once), its own cap and what it may not fall below.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias

import numpy as np

from services.compensation.policy.evaluation.columns import Columns
from services.compensation.policy.evaluation.conditions import Gates
from services.compensation.policy.evaluation.measures import Values
from services.compensation.policy.exact import (
    SCALE,
    TEN_THOUSAND,
    Bools,
    Ints,
    half_up,
    integers,
    millionths,
    ten_thousandths,
)
from services.compensation.policy.facts.hire import hire_whole
from services.compensation.policy.facts.worked import is_special, worked_whole
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.pay import (
    Banded,
    Component,
    Flat,
    GreatestOf,
    Grid,
    Matrix,
    PerAward,
    PercentOf,
    PerUnit,
    Pot,
)
from services.compensation.policy.language.terms import POT_CENTS_MAX
from services.compensation.policy.people import People
from shared.kernel.money import parse_amount

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
    within: Literal["network", "district", "campus"]
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


_AnyAmounts: TypeAlias = Amounts | GreatestOfSeveral | PercentOfComponent | SharedPot


@dataclass(frozen=True, slots=True)
class ComponentTable:
    """One component: `pays` by kind of person; positions of gates and measures; None where the plan says nothing."""

    amounts: _AnyAmounts
    pays: Bools
    requires: Ints
    prorates: bool
    worked: int | None
    """The row of the columns that holds what it goes by, if that is not all full-time days."""
    worked_whole: int
    hire: int | None
    """The row of the columns that holds its share by the day of hire."""
    hire_whole: int
    """One, in the unit of that share."""
    unit: int
    """What is rounded to: 1 or 100 cents."""
    at_most: int | None
    hold_harmless: int | None


def dollars_of(values: Values, measure: int) -> Ints:
    """A measure in dollars as cents, rounded half up; nothing measured is nothing."""
    return np.maximum(half_up(values.numerators[measure], values.denominators[measure] * CENT), 0)


def component_tables(
    plan: Plan, position: Mapping[str, int], people: People, period_days: int
) -> tuple[ComponentTable, ...]:
    """`position` is of the measures. Rows of the columns are given out in the order of the components."""
    reader = _Reader(plan, position, people, period_days)
    return tuple(reader.table(component) for component in plan.components)


class _Reader:
    def __init__(self, plan: Plan, position: Mapping[str, int], people: People, period_days: int) -> None:
        self._plan = plan
        self._period_days = period_days
        self._worked = [component.code for component in plan.components if is_special(component)]
        self._position = position
        self._people = people
        self._gates = [gate.code for gate in plan.gates]
        self._bands = {bands.code: at for at, bands in enumerate(plan.bands)}
        self._components = [component.code for component in plan.components]
        self._stipends = [component.code for component in plan.components if isinstance(component, PerAward)]
        self._hired = [component.code for component in plan.components if component.by_hire]

    def table(self, component: Component) -> ComponentTable:
        roles = self._plan.eligibility.roles
        pays = self._people.who(lambda person: person.role in roles and component.applies_to.covers(person))
        harmless = component.hold_harmless
        return ComponentTable(
            amounts=self._amounts(component),
            pays=pays,
            requires=integers(map(self._gates.index, component.requires)),
            prorates=component.prorates,
            worked=self._worked.index(component.code) if component.code in self._worked else None,
            worked_whole=worked_whole(component, self._period_days),
            hire=self._hired.index(component.code) if component.by_hire else None,
            hire_whole=hire_whole(component),
            unit=100 if (component.rounds_to or self._plan.rounding.amounts) == "dollar" else 1,
            at_most=None if component.at_most_each is None else parse_amount(component.at_most_each),
            hold_harmless=None if harmless is None else self._position[harmless],
        )

    def _amounts(self, component: Component) -> _AnyAmounts:  # noqa: PLR0911 - one for each kind
        match component:
            case Flat():
                return ByKind(self._everybody(parse_amount(component.amount)))
            case Banded():
                row = self._row(component.bands, component.amounts)
                return ByBand(np.tile(row, (len(self._people.kinds) + 1, 1)), self._bands[component.bands])
            case Matrix():
                return ByBand(self._by_role(component), self._bands[component.bands])
            case Grid():
                rows = self._plan.bands[self._bands[component.rows]].levels
                table = [self._row(component.columns, component.amounts[band.code]) for band in rows]
                return ByTwoBands(np.stack(table), self._bands[component.rows], self._bands[component.columns])
            case PerAward():
                cents, at = parse_amount(component.amount), self._stipends.index(component.code)
                return ByAward(cents, component.at_most, at)
            case PerUnit():
                return self._by_unit(component)
            case PercentOf():
                return self._percent(component)
            case GreatestOf():
                return GreatestOfSeveral(integers(map(self._components.index, component.of)))
            case Pot():
                return self._pot(component)

    def _everybody(self, cents: int) -> Ints:
        return np.full(len(self._people.kinds) + 1, cents, dtype=np.int64)

    def _row(self, bands: str, amounts: Mapping[str, str]) -> Ints:
        return integers(parse_amount(amounts[band.code]) for band in self._plan.bands[self._bands[bands]].levels)

    def _by_role(self, component: Matrix) -> Ints:
        levels = self._plan.bands[self._bands[component.bands]].levels
        table = np.zeros((len(self._people.kinds) + 1, len(levels)), dtype=np.int64)
        for at, person in enumerate(self._people.kinds):
            if person.role in component.amounts:
                table[at] = self._row(component.bands, component.amounts[person.role])
        return table

    def _by_unit(self, component: PerUnit) -> ByUnit:
        measure, at_most = self._position[component.measure], millionths(component.at_most)
        if component.bands is None or component.by_band is None:
            one = integers([parse_amount(component.base or "0.00")])
            return ByUnit(measure, at_most, one, integers([parse_amount(component.amount or "0.00")]), None)
        bands = self._bands[component.bands]
        terms = [component.by_band[band.code] for band in self._plan.bands[bands].levels]
        base = integers(parse_amount(one.base) for one in terms)
        return ByUnit(measure, at_most, base, integers(parse_amount(one.amount) for one in terms), bands)

    def _percent(self, component: PercentOf) -> PercentOfIndex | PercentOfMeasure | PercentOfComponent:
        percent = ten_thousandths(component.percent)
        if component.component is not None:
            return PercentOfComponent(self._components.index(component.component), percent)
        if component.measure is not None:
            return PercentOfMeasure(self._position[component.measure], percent)
        index = next(index for index in self._plan.indexes if index.code == component.index)
        return PercentOfIndex(int(half_up(integers([parse_amount(index.amount) * percent]), 100 * TEN_THOUSAND)[0]))

    def _pot(self, component: Pot) -> SharedPot:
        units, bands = None, 0
        if component.bands is not None and component.units is not None:
            bands = self._bands[component.bands]
            units = integers(component.units[band.code] for band in self._plan.bands[bands].levels)
        is_by_days = component.shared == "by_full_time_days"
        return SharedPot(
            code=component.code,
            cents=parse_amount(component.total or "0.00"),
            total_measure=None if component.total_measure is None else self._position[component.total_measure],
            within=component.within,
            units=units,
            bands=bands,
            is_by_days=is_by_days,
        )


class Pay(NamedTuple):
    """A row for each component, in cents."""

    gates_open: Bools
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
    gates_open = np.empty(shape, dtype=np.bool_)
    full, in_time = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
    for at, table in enumerate(tables):
        gates_open[at] = passed[table.requires].all(axis=0)
        full[at] = _full(table, standing, units) * table.pays[columns.kind]
        in_time[at] = _timed(table, full[at], columns)
    granted, timed = full * gates_open, in_time * gates_open
    worth, prorated = in_time.copy(), timed.copy()
    through: list[int] = []
    for at, table in enumerate(tables):
        if isinstance(table.amounts, (GreatestOfSeveral, PercentOfComponent)):
            if isinstance(table.amounts, GreatestOfSeveral):
                through += table.amounts.of.tolist()
                gross = prorated[table.amounts.of].max(axis=0)
            else:
                gross = half_up(prorated[table.amounts.of] * table.amounts.percent, 100 * TEN_THOUSAND)
            full[at] = gross * table.pays[columns.kind]
            worth[at] = _timed(table, full[at], columns)
            granted[at] = full[at] * gates_open[at]
            timed[at] = prorated[at] = worth[at] * gates_open[at]
        if table.at_most is not None:
            np.minimum(worth[at], table.at_most, out=worth[at])
            np.minimum(prorated[at], table.at_most, out=prorated[at])
        if table.hold_harmless is not None:
            floor = dollars_of(standing.values, table.hold_harmless) * table.pays[columns.kind]
            np.maximum(worth[at], floor, out=worth[at])
            np.maximum(prorated[at], floor, out=prorated[at])
    counted = prorated
    if through:
        counted = prorated.copy()
        counted[through] = 0
    return Pay(gates_open, full, worth, granted, timed, prorated, counted, units)


def _pot_units(tables: Sequence[ComponentTable], standing: Standing, passed: Bools) -> dict[str, dict[str, int]]:
    """What those at hand who share each pot have of it in all, by place."""
    in_all: dict[str, dict[str, int]] = {}
    for table in tables:
        if isinstance(table.amounts, SharedPot):
            shares = passed[table.requires].all(axis=0) & table.pays[standing.columns.kind]
            units = table.amounts.units_of(standing) * shares
            places = standing.columns.places(table.amounts.within)
            in_all[table.amounts.code] = {
                place: int(units[places.at == number].sum()) for number, place in enumerate(places.ids)
            }
    return in_all


def _full(table: ComponentTable, standing: Standing, pot_units: Mapping[str, Mapping[str, int]]) -> Ints:
    """Before it is asked who is paid. What looks at other components is nothing yet, like a pot that nobody shares."""
    amounts = table.amounts
    if isinstance(amounts, (GreatestOfSeveral, PercentOfComponent)):
        return np.zeros_like(standing.columns.kind)
    if isinstance(amounts, SharedPot):
        places, units = standing.columns.places(amounts.within), pot_units.get(amounts.code, {})
        in_all = integers(units.get(place, 0) for place in places.ids)[places.at]
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
    return numerator if denominator == 1 else half_up(numerator, denominator) * table.unit


def within_cap(counted: Ints, cap: int | None) -> Ints:
    """Components are paid in the plan's order until the cap on the total is reached."""
    if cap is None:
        return counted
    paid_up_to = np.minimum(counted.cumsum(axis=0), cap)
    capped: Ints = paid_up_to.copy()
    capped[1:] -= paid_up_to[:-1]
    return capped
