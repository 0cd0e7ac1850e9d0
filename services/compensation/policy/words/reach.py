"""What of the plan year can still change: a step is offered, and a gap named, only where something can close it."""

from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.evaluate import Row
from services.compensation.policy.language.measures import (
    Chosen,
    Combined,
    GroupMean,
    Weighted,
    is_of_years_before,
    made_of,
)
from services.compensation.policy.language.pay import Component
from services.compensation.policy.language.people import Within, WithinGroup
from services.compensation.policy.words.looked_at import measures_of_amount, weighed_for


class Reach:
    """Of one plan: what is of earlier years alone stays as it is, and who is in no group gets nothing of one."""

    def __init__(self, plan: CompiledPlan) -> None:
        self._plan = plan
        self._measures = {measure.code: measure for measure in plan.measures}
        self._position = {measure.code: at for at, measure in enumerate(plan.measures)}
        self._gates = {gate.code: at for at, gate in enumerate(plan.plan.gates)}

    def outside(self, within: Within, row: Row) -> WithinGroup | None:
        """The groups that a rule counts together, where the educator is in none of them."""
        if isinstance(within, WithinGroup) and not row.in_groups[self._plan.grouped_by.index(within.attribute)]:
            return within
        return None

    def outside_of(self, code: str, row: Row) -> WithinGroup | None:
        """The same of a measure that is the mean of a group, or is made of one."""
        measure = self._measures[code]
        if isinstance(measure, GroupMean):
            return self.outside(measure.within, row)
        found = (self.outside_of(part, row) for part in self._parts(code, row))
        return next((within for within in found if within is not None), None)

    def measure_can_change(self, code: str, row: Row | None) -> bool:
        """Whether anything of the plan year can change the measure of the educator, or of anybody where there is no
        `row`.
        """
        measure = self._measures[code]
        if is_of_years_before(measure):
            return False
        if isinstance(measure, GroupMean):
            # What the others have decides, whoever they are.
            is_outside = row is not None and self.outside(measure.within, row) is not None
            return not is_outside and self.measure_can_change(measure.of, None)
        parts = self._parts(code, row)
        if not parts:
            return True
        can_change = [self.measure_can_change(part, row) for part in parts]
        if row is not None and isinstance(measure, (Chosen, Combined)) and measure.needs == "all":
            there = (can or row.measured[self._position[part]] for part, can in zip(parts, can_change, strict=True))
            return any(can_change) and all(there)
        return any(can_change)

    def gate_can_open(self, code: str, row: Row) -> bool:
        """Whether a gate keeps the educator from nothing, or can still be met."""
        at = self._gates[code]
        gate = self._plan.plan.gates[at]
        if row.gate_met[at] or not row.gate_applies[at]:
            return True
        if gate.any_of is not None:
            return any(row.gate_applies[self._gates[one]] and self.gate_can_open(one, row) for one in gate.any_of)
        if gate.measure is None:
            return all(self.gate_can_open(one, row) for one in gate.all_of or ())
        can_change = self.measure_can_change(gate.measure, row)
        if gate.top is None:
            return can_change
        unmet = self.unmet_among(gate.top.among, row)
        is_placed = can_change or (bool(unmet) and row.measured[self._position[gate.measure]])
        return (
            is_placed
            and self.outside(gate.top.within, row) is None
            and all(self.gate_can_open(one, row) for one in unmet)
        )

    def unmet_among(self, among: tuple[str, ...], row: Row) -> list[str]:
        """Those of the gates in `among` that keep the educator out of what is drawn through who meets them."""
        return [code for code in among if row.gate_applies[at := self._gates[code]] and not row.gate_met[at]]

    def unmet(self, codes: tuple[str, ...], row: Row) -> list[str]:
        """Those of the gates that are not met, each followed by those that a place is among and that are not met."""
        found = []
        for code in self.unmet_among(codes, row):
            top = self._plan.plan.gates[self._gates[code]].top
            found += [code, *(() if top is None else self.unmet_among(top.among, row))]
        return list(dict.fromkeys(found))

    def titles(self, codes: list[str]) -> list[str]:
        return [self._plan.plan.gates[self._gates[code]].title for code in codes]

    def can_be_paid(self, component: Component, row: Row) -> bool:
        """Whether all gates of the component are open, or can still be."""
        return all(self.gate_can_open(code, row) for code in component.requires)

    def amount_can_change(self, component: Component, row: Row) -> bool:
        """Whether the full amount can still become another; it stands where all measures and gates that it goes by
        do. Not asked of the greatest of several components.
        """
        measures = measures_of_amount(self._plan.plan, component)
        sets = {getattr(component, name, None) for name in ("bands", "rows", "columns")}
        by_gates = [at for at, bands in enumerate(self._plan.plan.bands) if bands.code in sets and not bands.measure]
        if not measures and not by_gates:
            return True
        return any(self.measure_can_change(code, row) for code in measures) or any(
            self._level_can_change(at, row) for at in by_gates
        )

    def _level_can_change(self, at: int, row: Row) -> bool:
        above = self._plan.plan.bands[at].levels[row.bands[at] + 1 :]
        return any(all(self.gate_can_open(code, row) for code in level.requires or ()) for level in above)

    def _parts(self, code: str, row: Row | None) -> list[str]:
        measure = self._measures[code]
        if isinstance(measure, Weighted) and row is not None:
            return sorted(weighed_for(self._plan, row.kind, code))
        return made_of(measure)
