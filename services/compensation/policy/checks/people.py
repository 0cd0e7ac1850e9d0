"""The checks of whom rules are for."""

from collections.abc import Iterator

from services.compensation.policy.checks.faults import Faults, at
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.measures import Weighted
from services.compensation.policy.language.people import AppliesTo
from services.compensation.policy.people import KINDS_AT_MOST, number_of_kinds
from shared.kernel.errors import FieldError


def faults_of_people(plan: Plan) -> Faults:
    for pointer, rule in _rules(plan):
        years = rule.years_on_campus
        if years is not None and years.below is not None and years.below <= years.at_least:
            yield FieldError(f"{pointer}/years_on_campus/below", "is not above at_least: correct one of them")
    kinds = number_of_kinds(plan)
    if kinds > KINDS_AT_MOST:
        yield FieldError(
            "",
            f"tells {kinds} kinds of people apart by role, subject group, years on campus and attributes, and at most "
            f"{KINDS_AT_MOST} are possible: let rules ask for fewer attributes, or for fewer values of them",
        )


def _rules(plan: Plan) -> Iterator[tuple[str, AppliesTo]]:
    for index, measure in enumerate(plan.measures):
        if isinstance(measure, Weighted):
            for number, row in enumerate(measure.weights):
                yield at("measures", index, "weights", number, "applies_to"), row.applies_to
    for index, gate in enumerate(plan.gates):
        yield at("gates", index, "applies_to"), gate.applies_to
    for index, component in enumerate(plan.components):
        yield at("components", index, "applies_to"), component.applies_to
