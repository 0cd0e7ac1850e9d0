"""Which measures bear on whom: those that a rung, a gate, a band or a component looks at for a kind of person."""

from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.measures import WeightTable
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.ladder import MeasureNeed
from services.compensation.policy.language.measures import (
    Measure,
    Weighted,
    is_of_years_before,
    made_of,
)
from services.compensation.policy.language.pay import Component


def looked_at(plan: CompiledPlan) -> list[list[tuple[int, str]]]:
    """For each kind of person, and for nobody: positions of measures, in the document's order, each with the kind of
    evidence of the plan year that it looks at.
    """
    finder = _Finder(plan)
    return [finder.of(kind) for kind in range(len(plan.people.kinds) + 1)]


def measures_of(plan: Plan, component: Component) -> set[str]:
    """The codes of the measures that a component looks at, itself or through its bands."""
    harmless = component.hold_harmless
    return measures_of_amount(plan, component) | (set() if harmless is None else {harmless})


def measures_of_amount(plan: Plan, component: Component) -> set[str]:
    """Those of them that its full amount goes by."""
    bands = {getattr(component, name, None) for name in ("bands", "rows", "columns")}
    named = [one.measure for one in plan.bands if one.code in bands]
    named += [getattr(component, name, None) for name in ("measure", "total_measure")]
    return {code for code in named if code is not None}


def evidence_of(measure: Measure) -> str:
    """The kind of evidence of the plan year that a measure looks at: "observation", "slo" and so on; "" for none."""
    return "" if is_of_years_before(measure) else measure.take.partition("_")[0]


def weighed_for(plan: CompiledPlan, kind: int, measure: str) -> set[str]:
    """The codes of the measures that a weighted one takes for a kind of person."""
    at = [one.code for one in plan.measures].index(measure)
    [table] = [step.weights for step in plan.derivations if isinstance(step, WeightTable) and step.measure == at]
    return {plan.measures[of].code for of in table[kind].nonzero()[0].tolist()}


class _Finder:
    def __init__(self, plan: CompiledPlan) -> None:
        self._plan = plan
        self._of_ladder = {need.measure for need in plan.ladder.needs if isinstance(need, MeasureNeed)}
        self._position = {measure.code: at for at, measure in enumerate(plan.measures)}

    def of(self, kind: int) -> list[tuple[int, str]]:
        wanted = set(self._of_ladder)
        for at, gate in enumerate(self._plan.plan.gates):
            if self._plan.gates.applies[at, kind] and gate.measure is not None:
                wanted.add(gate.measure)
        for component, table in zip(self._plan.plan.components, self._plan.components, strict=True):
            if table.pays[kind]:
                wanted |= measures_of(self._plan.plan, component)
        for measure in reversed(self._plan.measures):
            if measure.code in wanted:
                is_weighted = isinstance(measure, Weighted)
                wanted |= weighed_for(self._plan, kind, measure.code) if is_weighted else set(made_of(measure))
        return [(self._position[one.code], evidence_of(one)) for one in self._plan.plan.measures if one.code in wanted]
