"""The checks of what pays: bands without gap or overlap, a complete matrix, known gates, a cap that can be reached."""

from services.compensation.policy.exact import millionths
from services.compensation.policy.faults import Faults, at, everyone_in, named, repeated, unknown
from services.compensation.policy.language import BandSet, Component, Matrix, PerAward, Plan, Weighted
from services.compensation.policy.terms import AMOUNT_CENTS_MAX
from shared.events.evaluation import StaffRole
from shared.kernel.errors import FieldError
from shared.kernel.money import format_cents, parse_amount


def faults_of_pay(plan: Plan) -> Faults:
    """Faults of bands, components and the cap on the total."""
    yield from repeated(plan.bands, "bands", "band set")
    measures = {measure.code for measure in plan.measures}
    for index, bands in enumerate(plan.bands):
        if bands.measure not in measures:
            yield unknown(at("bands", index, "measure"), "measure", bands.measure, measures)
        yield from _faults_of_bands(bands, at("bands", index))
    yield from repeated(plan.components, "components", "component")
    for index, component in enumerate(plan.components):
        yield from _faults_of_component(plan, index, component)
    yield from _faults_of_cap(plan)


def most_of(component: Component) -> int:
    """The largest amount in cents that a component can pay one educator."""
    if isinstance(component, PerAward):
        return parse_amount(component.amount) * component.at_most
    return max(parse_amount(amount) for row in component.amounts.values() for amount in row.values())


def roles_of(plan: Plan, component: Component) -> set[StaffRole]:
    """The eligible roles that a component is for."""
    asked = component.applies_to.roles
    return {role for role in plan.eligibility.roles if asked is None or role in asked}


def _faults_of_bands(bands: BandSet, place: str) -> Faults:
    seen: set[str] = set()
    for index, band in enumerate(bands.levels):
        here = f"{place}/levels/{index}"
        if band.code in seen:
            yield FieldError(f"{here}/code", f"the band {band.code!r} stands twice: give each a code of its own")
        seen.add(band.code)
        if index == 0 and millionths(band.at_least) != 0:
            yield FieldError(f"{here}/at_least", f"nothing covers 0 to {band.at_least}: begin the lowest band at 0")
        is_last = index == len(bands.levels) - 1
        if band.below is None:
            if not is_last:
                yield FieldError(here, "only the highest band has no `below`: write where this band ends")
            continue
        if is_last:
            yield FieldError(
                f"{here}/below", f"nothing covers {band.below} and above: leave `below` out of the highest band"
            )
        if millionths(band.below) <= millionths(band.at_least):
            yield FieldError(f"{here}/below", "is not above at_least: correct one of them")
        if not is_last:
            yield from _faults_of_border(band.below, bands.levels[index + 1].at_least, f"{place}/levels/{index + 1}")


def _faults_of_border(below: str, at_least: str, place: str) -> Faults:
    if millionths(at_least) > millionths(below):
        yield FieldError(
            f"{place}/at_least", f"nothing covers {below} to {at_least}: begin at {below}, where the band before ends"
        )
    elif millionths(at_least) < millionths(below):
        yield FieldError(
            f"{place}/at_least",
            f"overlaps the band before from {at_least} to {below}: begin at {below}, where that band ends",
        )


def _faults_of_component(plan: Plan, index: int, component: Component) -> Faults:
    place = at("components", index)
    gates = {gate.code for gate in plan.gates}
    for number, code in enumerate(component.requires):
        if code not in gates:
            yield unknown(f"{place}/requires/{number}", "gate", code, gates)
    for number, role in enumerate(component.applies_to.roles or ()):
        if role not in plan.eligibility.roles:
            yield FieldError(
                f"{place}/applies_to/roles/{number}",
                f"{role} is not under /eligibility/roles, so nobody would be paid: add the role there or take it out",
            )
    if isinstance(component, Matrix):
        yield from _faults_of_matrix(plan, component, place)
    elif most_of(component) > AMOUNT_CENTS_MAX:
        yield FieldError(
            f"{place}/at_most", f"pays more than {format_cents(AMOUNT_CENTS_MAX)} in all: correct one of them"
        )


def _faults_of_matrix(plan: Plan, component: Matrix, place: str) -> Faults:
    roles = roles_of(plan, component)
    for role in sorted(roles - component.amounts.keys()):
        yield FieldError(f"{place}/amounts", f"has no row for {role}: add one, with 0.00 where nothing is paid")
    for role in sorted(component.amounts.keys() - roles):
        yield FieldError(
            f"{place}/amounts/{role}", "is a role that the component is not for: remove the row or add the role"
        )
    bands = next((bands for bands in plan.bands if bands.code == component.bands), None)
    if bands is None:
        yield unknown(f"{place}/bands", "band set", component.bands, {bands.code for bands in plan.bands})
        return
    codes = {band.code for band in bands.levels}
    for role, row in component.amounts.items():
        if role not in roles:
            continue
        for code in sorted(codes - row.keys()):
            yield FieldError(
                f"{place}/amounts/{role}", f"has no amount for the band {code!r}: add it, 0.00 if nothing is paid"
            )
        for code in row:
            if code not in codes:
                yield unknown(f"{place}/amounts/{role}/{code}", "band", code, codes)
    measure = next((measure for measure in plan.measures if measure.code == bands.measure), None)
    if isinstance(measure, Weighted):
        weighed = set().union(*(everyone_in(row.applies_to, plan.eligibility.roles) for row in measure.weights))
        left_out = everyone_in(component.applies_to, roles) - weighed
        if left_out:
            yield FieldError(
                place,
                f"the measure {measure.code!r} has no weights for {named(left_out)}: add a row of weights for them",
            )


def _faults_of_cap(plan: Plan) -> Faults:
    if plan.total_cap is None:
        return
    cap = parse_amount(plan.total_cap.at_most)
    for component in plan.components:
        if most_of(component) > cap:
            yield FieldError(
                at("total_cap", "at_most"),
                f"{plan.total_cap.at_most} is below the {format_cents(most_of(component))} that {component.code!r} "
                "alone can pay, so it could never be paid: raise the cap or lower the amount",
            )
