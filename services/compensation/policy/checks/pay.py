"""The checks of what pays: complete tables, known gates, sums that stay exact, a cap that can be reached."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from services.compensation.policy.checks.faults import Faults, at, repeated, unknown
from services.compensation.policy.exact import SCALE, millionths
from services.compensation.policy.facts.calendar import calendar_of
from services.compensation.policy.facts.hire import hire_whole
from services.compensation.policy.facts.worked import is_special
from services.compensation.policy.language.conditions import BandSet
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.measures import Measure, Weighted
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
from services.compensation.policy.language.people import WithinGroup
from services.compensation.policy.language.terms import AMOUNT_CENTS_MAX
from services.compensation.policy.people import people_of
from shared.events.evaluation import StaffRole
from shared.kernel.errors import FieldError
from shared.kernel.money import format_cents, parse_amount
from shared.kernel.period import SchoolYear

_INTEGER_MAX = (1 << 63) - 1
_PERCENT_MOST = 1_000 * SCALE


def faults_of_pay(plan: Plan) -> Faults:
    """Faults of indexes, components and the cap on the total."""
    yield from repeated(plan.indexes, "indexes", "index")
    yield from _faults_of_offers(plan)
    yield from repeated(plan.components, "components", "component")
    checks = _Checks(plan)
    for index, component in enumerate(plan.components):
        yield from checks.faults_of(component, index)
    yield from _faults_of_cap(plan)


def most_of_each(plan: Plan) -> dict[str, int]:
    """The largest amount in cents that each component can come to before its own cap, by code.

    What hold-harmless may add is not in it. In the document's order: what looks at other components comes after them.
    """
    most: dict[str, int] = {}
    for component in plan.components:
        most.setdefault(component.code, _most(plan, component, most))
    return most


def _most(plan: Plan, component: Component, before: Mapping[str, int]) -> int:  # noqa: PLR0911 - one for each kind
    match component:
        case Flat():
            return parse_amount(component.amount)
        case Banded():
            return _largest(component.amounts.values())
        case Matrix() | Grid():
            return max((_largest(row.values()) for row in component.amounts.values()), default=0)
        case PerAward():
            return parse_amount(component.amount) * component.at_most
        case PerUnit():
            terms = component.by_band.values() if component.by_band else [component]
            units = millionths(component.at_most)
            return max(
                parse_amount(one.base or "0.00") - -parse_amount(one.amount or "0.00") * units // SCALE for one in terms
            )
        case PercentOf() if component.index is not None:
            indexes = [parse_amount(one.amount) for one in plan.indexes if one.code == component.index]
            return max(indexes, default=0) * millionths(component.percent) // (100 * SCALE)
        case PercentOf() | Pot():
            # Of what is known only of each educator, or of all: the evaluator lets nothing grow beyond it.
            return AMOUNT_CENTS_MAX
        case GreatestOf():
            return max((before.get(code, 0) for code in component.of), default=0)


def _largest(amounts: Iterable[str]) -> int:
    return max(map(parse_amount, amounts), default=0)


class _Checks:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._measures = {measure.code: measure for measure in plan.measures}
        self._bands = {bands.code: bands for bands in plan.bands}
        self._gates = {gate.code for gate in plan.gates}
        self._offers = {offer.code for offer in plan.offers}
        self._people = people_of(plan)
        self._most = most_of_each(plan)

    def faults_of(self, component: Component, index: int) -> Faults:
        place = at("components", index)
        for number, code in enumerate(component.requires):
            if code not in self._gates:
                yield unknown(f"{place}/requires/{number}", "gate", code, self._gates)
        if component.offer is not None and component.offer not in self._offers:
            yield unknown(f"{place}/offer", "offer", component.offer, self._offers)
        for number, role in enumerate(component.applies_to.roles or ()):
            if role not in self._plan.eligibility.roles:
                yield FieldError(
                    f"{place}/applies_to/roles/{number}",
                    f"{role} is not under /eligibility/roles, so nobody would be paid: add it there or take it out",
                )
        if component.hold_harmless is not None:
            yield from self._known_measure(component.hold_harmless, f"{place}/hold_harmless")
        yield from self._faults_of_kind(component, index, place)
        yield from self._faults_of_size(component, place)

    def _faults_of_kind(self, component: Component, index: int, place: str) -> Faults:
        match component:
            case Matrix():
                yield from self._faults_of_matrix(component, place)
            case Banded():
                yield from self._complete(component.bands, component.amounts, f"{place}/bands", f"{place}/amounts")
                yield from self._weighed(component, component.bands, place)
            case Grid():
                yield from self._faults_of_grid(component, place)
            case PerUnit():
                yield from self._faults_of_units(component, place)
            case PercentOf():
                yield from self._faults_of_percent(component, index, place)
            case GreatestOf():
                yield from self._faults_of_greatest(component, index, place)
            case Pot():
                yield from self._faults_of_pot(component, place)
            case Flat() | PerAward():
                pass

    def _faults_of_size(self, component: Component, place: str) -> Faults:
        """With these, no product of the evaluator leaves 64 bits."""
        most = self._most[component.code]
        if most > AMOUNT_CENTS_MAX:
            name = {"per_award": "at_most", "per_unit": "at_most", "percent_of": "percent"}.get(
                component.pay, "amounts"
            )
            yield FieldError(
                f"{place}/{name}", f"pays more than {format_cents(AMOUNT_CENTS_MAX)} in all: correct one of them"
            )
        if not component.prorates and is_special(component):
            name = "on_campuses" if component.on_campuses is not None else "prorated_by"
            yield FieldError(f"{place}/{name}", "says how it prorates, but it does not: write prorates: true")
        period = calendar_of(self._plan).period_days
        if (
            component.by_hire
            and component.prorates
            and 2 * most * period * SCALE * hire_whole(component) > _INTEGER_MAX
        ):
            yield FieldError(f"{place}/by_hire", "has shares too fine for amounts so large: round the shares")
        for number, (earlier, later) in enumerate(pairwise(component.by_hire or ()), start=1):
            if later.hired_by <= earlier.hired_by:
                yield FieldError(
                    f"{place}/by_hire/{number}/hired_by", "is not after the step before: write the earliest first"
                )

    def _known_measure(self, code: str, pointer: str) -> Faults:
        if code not in self._measures:
            yield unknown(pointer, "measure", code, self._measures)

    def _complete(self, bands: str, given: Mapping[str, object], named_at: str, place: str) -> Faults:
        """An entry for each band of a known band set, and for nothing else."""
        known = self._bands.get(bands)
        if known is None:
            yield unknown(named_at, "band set", bands, self._bands)
            return
        codes = {band.code for band in known.levels}
        for code in sorted(codes - given.keys()):
            yield FieldError(place, f"has no amount for the band {code!r}: add it, 0.00 if nothing is paid")
        for code in given:
            if code not in codes:
                yield unknown(f"{place}/{code}", "band", code, codes)

    def _weighed(self, component: Component, bands: str, place: str) -> Faults:
        """Everybody whom a component is for has weights, where its bands go by a weighted measure."""
        known: BandSet | None = self._bands.get(bands)
        measure: Measure | None = self._measures.get(known.measure or "") if known else None
        if not isinstance(measure, Weighted):
            return
        roles = self._plan.eligibility.roles
        weighed: set[int] = set().union(*(self._people.within(row.applies_to, roles) for row in measure.weights))
        left_out = self._people.within(component.applies_to, roles) - weighed
        if left_out:
            yield FieldError(
                place,
                f"the measure {measure.code!r} has no weights for {self._people.named(left_out)}: "
                "add a row of weights for them",
            )

    def _faults_of_matrix(self, component: Matrix, place: str) -> Faults:
        roles = self._roles(component)
        for role in sorted(roles - component.amounts.keys()):
            yield FieldError(f"{place}/amounts", f"has no row for {role}: add one, with 0.00 where nothing is paid")
        for role in sorted(component.amounts.keys() - roles):
            yield FieldError(
                f"{place}/amounts/{role}", "is a role that the component is not for: remove the row or add the role"
            )
        if component.bands not in self._bands:
            yield unknown(f"{place}/bands", "band set", component.bands, self._bands)
            return
        for role, row in component.amounts.items():
            if role in roles:
                yield from self._complete(component.bands, row, f"{place}/bands", f"{place}/amounts/{role}")
        yield from self._weighed(component, component.bands, place)

    def _roles(self, component: Component) -> set[StaffRole]:
        asked = component.applies_to.roles
        return {role for role in self._plan.eligibility.roles if asked is None or role in asked}

    def _faults_of_grid(self, component: Grid, place: str) -> Faults:
        yield from self._complete(component.rows, component.amounts, f"{place}/rows", f"{place}/amounts")
        if component.columns not in self._bands:
            yield unknown(f"{place}/columns", "band set", component.columns, self._bands)
            return
        for code, row in component.amounts.items():
            yield from self._complete(component.columns, row, f"{place}/columns", f"{place}/amounts/{code}")
        for bands in (component.rows, component.columns):
            yield from self._weighed(component, bands, place)

    def _faults_of_units(self, component: PerUnit, place: str) -> Faults:
        yield from self._known_measure(component.measure, f"{place}/measure")
        if (component.bands is None) != (component.by_band is None):
            name = "by_band" if component.by_band is None else "bands"
            yield FieldError(f"{place}/{name}", "is missing: `bands` and `by_band` belong together")
        elif component.bands is not None and component.by_band is not None:
            yield from self._complete(component.bands, component.by_band, f"{place}/bands", f"{place}/by_band")
            yield from self._weighed(component, component.bands, place)
            for name in ("amount", "base"):
                if getattr(component, name) is not None:
                    yield FieldError(f"{place}/{name}", "stands in `by_band` for each band: leave it out here")
        elif component.amount is None:
            yield FieldError(f"{place}/amount", "is missing: add what each unit pays")

    def _faults_of_percent(self, component: PercentOf, index: int, place: str) -> Faults:
        if sum(part is not None for part in (component.index, component.measure, component.component)) != 1:
            yield FieldError(place, "needs either `index` or `measure` or `component`: write what it is taken of")
        codes = {one.code for one in self._plan.indexes}
        if component.index is not None and component.index not in codes:
            yield unknown(f"{place}/index", "index", component.index, codes)
        if component.measure is not None:
            yield from self._known_measure(component.measure, f"{place}/measure")
            if component.at_most_each is None:
                yield FieldError(f"{place}/at_most_each", "is missing: say what one educator is paid at the most")
        before = {one.code for one in self._plan.components[:index]}
        if component.component is not None and component.component not in before:
            yield unknown(f"{place}/component", "component before this one", component.component, before)
        if millionths(component.percent) > _PERCENT_MOST:
            yield FieldError(f"{place}/percent", "is above 1000: correct the percentage")

    def _faults_of_greatest(self, component: GreatestOf, index: int, place: str) -> Faults:
        before = {one.code: one for one in self._plan.components[:index]}
        for number, code in enumerate(component.of):
            part = before.get(code)
            if part is None:
                yield unknown(f"{place}/of/{number}", "component before this one", code, before)
            elif part.offer is not None:
                yield FieldError(
                    f"{place}/of/{number}", f"{code!r} is an offer, but is paid through this one: make this the offer"
                )
            elif isinstance(part, GreatestOf):
                yield FieldError(
                    f"{place}/of/{number}", f"{code!r} is the greatest of others itself: name those instead"
                )
        if component.prorates or component.by_hire:
            name = "prorates" if component.prorates else "by_hire"
            yield FieldError(f"{place}/{name}", "is for the components that it chooses from: prorate those")
        twice = [code for one in self._plan.components[:index] if isinstance(one, GreatestOf) for code in one.of]
        for number, code in enumerate(component.of):
            if code in twice or code in component.of[:number]:
                yield FieldError(
                    f"{place}/of/{number}", f"{code!r} is chosen from already: let it be paid one way only"
                )

    def _faults_of_pot(self, component: Pot, place: str) -> Faults:
        if component.hold_harmless is not None:
            yield FieldError(f"{place}/hold_harmless", "could take a pot beyond its sum: leave it out")
        if (component.total is None) == (component.total_measure is None):
            yield FieldError(place, "needs either `total` or `total_measure`: write the sum that is shared")
        if component.total_measure is not None:
            yield from self._known_measure(component.total_measure, f"{place}/total_measure")
            if isinstance(component.within, WithinGroup):
                yield FieldError(
                    f"{place}/total_measure",
                    "may differ within a group, which may be on several campuses: write its sum as `total`, or share "
                    "it within each campus or district",
                )
        if component.shared == "by_units":
            if component.bands is None or component.units is None:
                yield FieldError(
                    place, "is shared by units: name the band set in `bands` and the units of each in `units`"
                )
            else:
                yield from self._complete(component.bands, component.units, f"{place}/bands", f"{place}/units")
                yield from self._weighed(component, component.bands, place)
        elif component.bands is not None or component.units is not None:
            name = "bands" if component.bands is not None else "units"
            yield FieldError(f"{place}/{name}", "is for a pot that is shared by_units: leave it out")
        if component.shared == "by_full_time_days" and component.prorates:
            yield FieldError(f"{place}/prorates", "would count days twice, for the pot is shared by them: write false")


def _faults_of_offers(plan: Plan) -> Faults:
    yield from repeated(plan.offers, "offers", "offer")
    used, year = {component.offer for component in plan.components}, SchoolYear.parse(plan.plan_year)
    for index, offer in enumerate(plan.offers):
        if offer.code not in used:
            yield FieldError(
                at("offers", index), f"no component has `offer: {offer.code}`: add that to what it pays, or take it out"
            )
        if offer.answer_by is not None and offer.answer_by.date() < year.begins_on:
            yield FieldError(
                at("offers", index, "answer_by"),
                f"{offer.answer_by} is before the plan year {year} begins: choose a time from {year.begins_on} on",
            )


def _faults_of_cap(plan: Plan) -> Faults:
    if plan.total_cap is None:
        return
    cap, most = parse_amount(plan.total_cap.at_most), most_of_each(plan)
    for component in plan.components:
        own = component.at_most_each
        alone = most[component.code] if own is None else min(most[component.code], parse_amount(own))
        if alone > cap and not isinstance(component, (PercentOf, GreatestOf)):
            yield FieldError(
                at("total_cap", "at_most"),
                f"{plan.total_cap.at_most} is below the {format_cents(alone)} that {component.code!r} alone can pay, "
                "so it could never be paid: raise the cap or lower the amount",
            )
