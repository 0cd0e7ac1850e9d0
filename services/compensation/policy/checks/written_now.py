"""What is asked of a document as it is written, and of none that is kept: a plan that was published stays readable."""

from collections.abc import Mapping

from services.compensation.policy.checks.faults import Faults, at
from services.compensation.policy.exact import SCALE, millionths
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.measures import (
    CampusAttribute,
    GroupMean,
    Measure,
    is_percentage,
    made_of,
)
from services.compensation.policy.language.pay import Pot
from shared.kernel.errors import FieldError


def faults_of_writing(plan: Plan) -> Faults:
    """Faults of a plan in which `faults_of` finds none."""
    yield from _faults_of_percentages(plan)
    yield from _faults_of_sums(plan)


def _faults_of_percentages(plan: Plan) -> Faults:
    """Borders that no percentage reaches."""
    measures = {measure.code: measure for measure in plan.measures}
    percentages = {code for code, measure in measures.items() if is_percentage(measure, measures)}
    for index, gate in enumerate(plan.gates):
        for name in ("at_least", "at_most"):
            border = getattr(gate, name)
            if gate.measure in percentages and border is not None and millionths(border) > 100 * SCALE:
                place = at("gates", index, name)
                yield FieldError(place, f"{border} is above 100, and {gate.measure!r} is a percentage: write 0 to 100")


def _faults_of_sums(plan: Plan) -> Faults:
    """Each educator's measure is the sum of the pot that they share, so it has to be the same for all of them."""
    measures = {measure.code: measure for measure in plan.measures}
    for index, component in enumerate(plan.components):
        if not isinstance(component, Pot) or component.total_measure is None:
            continue
        place = at("components", index, "total_measure")
        if component.within == "network":
            yield FieldError(
                place, "may differ between campuses, and the network has one pot: write its sum as `total`"
            )
        if not _is_of_campus(measures[component.total_measure], measures):
            yield FieldError(
                place, "is a number of each educator: name a measure that is made of `campus_attribute` alone"
            )


def _is_of_campus(measure: Measure, measures: Mapping[str, Measure]) -> bool:
    if isinstance(measure, GroupMean):
        # It may be of another group than the one that shares the pot.
        return False
    parts = made_of(measure)
    if not parts:
        return isinstance(measure, CampusAttribute)
    return all(_is_of_campus(measures[code], measures) for code in parts)
