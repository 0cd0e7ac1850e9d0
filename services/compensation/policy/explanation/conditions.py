"""What pay and rungs go by, as nodes: gates, bands and measures, with the facts under them."""

from collections.abc import Iterable
from typing import Any

from services.compensation.policy.evaluation.evaluate import Evaluation
from services.compensation.policy.explanation.evidence import Evidence
from services.compensation.policy.explanation.nodes import Clauses, Node, node
from services.compensation.policy.language.conditions import BandSet
from services.compensation.policy.language.measures import GroupMean, Weighted, made_of
from services.compensation.policy.statement import words_of
from services.compensation.policy.words.groups import place_of, totals_told
from shared.kernel.assertions import invariant


class Conditions:
    """Of one educator's statement `body`, which `evaluation` came to."""

    def __init__(self, evaluation: Evaluation, body: dict[str, Any]) -> None:
        source = evaluation.sources[0]
        invariant(source is not None, "a statement is explained to nobody on the roster")
        assert source is not None  # noqa: S101 - for the type checker; the line before refuses it
        self.source = source
        self.clauses = Clauses(evaluation.plan.plan)
        self.evidence = Evidence(evaluation.plan, source.found)
        self._plan, self._row = evaluation.plan, evaluation.rows[0]
        self._words = words_of(evaluation.plan).components
        self._settlement = evaluation.working.settlement
        self._measures = {part["code"]: part for part in body["measures"]}
        self._gates = {part["code"]: part for part in body["gates"]}
        self._measure = {measure.code: measure for measure in self._plan.measures}
        self._gate = {gate.code: gate for gate in self._plan.plan.gates}
        self._bands = {bands.code: at for at, bands in enumerate(self._plan.plan.bands)}

    def gates(self, codes: Iterable[str]) -> list[Node]:
        """Those of the gates that are for the educator."""
        return [self._gate_node(code) for code in codes if code in self._gates]

    def band(self, code: str) -> Node:
        at = self._bands[code]
        bands = self._plan.plan.bands[at]
        level = bands.levels[self._row.bands[at]]
        clause = self.clauses.of("bands", code).below("levels", self._row.bands[at])
        reason = f"{self._words.in_band(code, self._row)}."
        return node("band", bands.title, reason, clause, value=level.title, because=self._under_band(bands))

    def measure(self, code: str) -> Node:
        measure, told = self._measure[code], self._measures[code]
        clause, parts = self.clauses.of("measures", code), made_of(measure)
        if isinstance(measure, Weighted):
            person = self._plan.people.kinds[self._row.kind] if self._row.kind < self._plan.people.nobody else None
            rows = [(at, one) for at, one in enumerate(measure.weights) if person and one.applies_to.covers(person)]
            parts = [part for _, one in rows[:1] for part in one.of if part in self._measures]
            clause = clause.below("weights", rows[0][0]) if rows else clause
        because = [self.measure(part) for part in parts] or self.evidence.of_measure(measure)
        if isinstance(measure, GroupMean):
            place = place_of(measure.within, self.source.found)
            totals = self._settlement.group_totals.get(code, {}).get(place)
            because += self.evidence.of_place(measure.within, *totals_told(measure, totals))
        return node("measure", measure.title, told["reason"], clause, value=told["value"], because=because)

    def _gate_node(self, code: str) -> Node:
        gate, told = self._gate[code], self._gates[code]
        if gate.measure is not None:
            because = [self.measure(gate.measure)]
            if gate.top is not None:
                because += [*self.evidence.of_place(gate.top.within), *self.gates(gate.top.among)]
        else:
            because = self.gates(gate.any_of or gate.all_of or ())
        clause = self.clauses.of("gates", code)
        return node("gate", gate.title, told["reason"], clause, met=told["met"], because=because)

    def _under_band(self, bands: BandSet) -> list[Node]:
        if bands.measure is None:
            return self.gates(dict.fromkeys(code for level in bands.levels for code in level.requires or ()))
        is_by_share = bands.levels[0].share is not None
        shared = self.evidence.common_facts() if is_by_share else []
        return [self.measure(bands.measure), *shared, *self.gates(bands.among)]
