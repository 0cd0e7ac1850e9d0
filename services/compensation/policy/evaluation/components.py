"""The components of a plan as tables: amounts in cents, and positions of gates, measures and rows of the columns."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from services.compensation.policy.evaluation.amounts import (
    AnyAmounts,
    ByAward,
    ByBand,
    ByKind,
    ByTwoBands,
    ByUnit,
    GreatestOfSeveral,
    PercentOfComponent,
    PercentOfIndex,
    PercentOfMeasure,
    SharedPot,
)
from services.compensation.policy.exact import TEN_THOUSAND, Bools, Ints, half_up, integers, millionths, ten_thousandths
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
from services.compensation.policy.people import People
from shared.kernel.money import parse_amount


@dataclass(frozen=True, slots=True)
class ComponentTable:
    """One component: `pays` by kind of person; positions of gates and measures; None where the plan says nothing."""

    amounts: AnyAmounts
    pays: Bools
    requires: Ints
    offer: int | None
    """The row of the columns that holds the answer to the offer that it is."""
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
        self._offers = [offer.code for offer in plan.offers]
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
            offer=None if component.offer is None else self._offers.index(component.offer),
            prorates=component.prorates,
            worked=self._worked.index(component.code) if component.code in self._worked else None,
            worked_whole=worked_whole(component, self._period_days),
            hire=self._hired.index(component.code) if component.by_hire else None,
            hire_whole=hire_whole(component),
            unit=100 if (component.rounds_to or self._plan.rounding.amounts) == "dollar" else 1,
            at_most=None if component.at_most_each is None else parse_amount(component.at_most_each),
            hold_harmless=None if harmless is None else self._position[harmless],
        )

    def _amounts(self, component: Component) -> AnyAmounts:  # noqa: PLR0911 - one for each kind
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
