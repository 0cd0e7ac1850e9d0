"""What could still be earned in the plan year, component by component: how much at the most, by what, and by when.

The statement's next steps name what is within reach; this says the most there is, within every limit of the plan.
There is no clock here: a step says until when it is open, and the reader knows the day.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.compensation.policy.checks.pay import most_of_each
from services.compensation.policy.evaluation.amounts import ByBand, ByKind
from services.compensation.policy.evaluation.evaluate import Evaluation
from services.compensation.policy.exact import SCALE, decimal_text, millionths
from services.compensation.policy.facts.offers import DECLINED
from services.compensation.policy.language.conditions import Gate
from services.compensation.policy.language.measures import AttributeIs, Measure, Weighted, made_of
from services.compensation.policy.language.pay import Component, GreatestOf, PerAward, PercentOf, Pot
from services.compensation.policy.statement import words_of
from services.compensation.policy.words.looked_at import evidence_of, measures_of, weighed_for
from services.compensation.policy.words.texts import Part, amount, dollars
from shared.kernel.period import SchoolYear

_EVIDENCE = (
    ("observation", "observations"),
    ("observation", "observations_finalized"),
    ("slo", "slos"),
    ("slo", "slos_approved"),
    ("credential", "awards"),
)
_BY_MOMENT = ("observations_finalized", "slos_approved")
"""Named only where the plan has such a cut-off: the others end with the plan year at the latest."""


def still_earnable(evaluation: Evaluation, body: dict[str, Any]) -> list[Part]:
    """A part for each component that is for the educator and could pay more than it does."""
    return _Earnable(evaluation, body).parts()


class _Earnable:
    def __init__(self, evaluation: Evaluation, body: dict[str, Any]) -> None:
        self._plan, self._row, self._body = evaluation.plan, evaluation.rows[0], body
        self._document = evaluation.plan.plan
        self._measures = {measure.code: measure for measure in self._plan.measures}
        self._position = {measure.code: at for at, measure in enumerate(self._plan.measures)}
        self._gates = {gate.code: at for at, gate in enumerate(self._document.gates)}
        self._most, self._reach = most_of_each(self._document), words_of(self._plan).measures.reach
        self._through = {code for one in self._document.components if isinstance(one, GreatestOf) for code in one.of}

    def parts(self) -> list[Part]:
        cap, row = self._plan.total_cap, self._row
        room = None if cap is None else cap - row.total
        made = []
        for at, component in enumerate(self._document.components):
            table = self._plan.components[at]
            is_declined = table.offer is not None and row.offers[table.offer] == DECLINED
            if not table.pays[row.kind] or is_declined or component.code in self._through or room == 0:
                continue
            most = self._at_most(at, component)
            left = most - row.amounts[at] if room is None else min(most - row.amounts[at], room)
            if left > 0:
                made.append(self._part(at, component, most, left))
        return made

    def _part(self, at: int, component: Component, most: int, left: int) -> Part:
        is_timed = component.prorates or component.by_hire is not None
        steps = [step["text"] for step in self._body["next_steps"] if step["component"] == component.code]
        steps += [
            offer["reason"]
            for offer in self._body.get("offers", ())
            if offer["code"] == component.offer and offer["answer"] is None and self._row.gates_open[at]
        ]
        part_of = " for a full year" if is_timed else ""
        return {
            "component": component.code,
            "title": component.title,
            "earned": amount(self._row.amounts[at]),
            "at_most": amount(most),
            "still_open": amount(left),
            "is_for_a_full_year": is_timed,
            "reason": (
                f"{component.title} pays at most {dollars(most)}{part_of}; {dollars(self._row.amounts[at])} is earned, "
                f"and {dollars(left)} more is within the plan's limits."
            ),
            "steps": steps,
            "missing": list(self._missing_of(component.requires).values()),
            "until": self._until(component),
        }

    def _at_most(self, at: int, component: Component) -> int:
        """The most that the component pays this kind of person; what is shared or taken of something, or goes by what
        nothing of the plan year changes, as it stands.
        """
        amounts, table = self._plan.components[at].amounts, self._plan.components[at]
        if not self._reach.can_be_paid(component, self._row):
            return 0
        if isinstance(component, GreatestOf):
            codes = [one.code for one in self._document.components]
            most = max(self._at_most(of, self._document.components[of]) for of in map(codes.index, component.of))
        elif (
            isinstance(component, Pot)
            or (isinstance(component, PercentOf) and component.index is None)
            or not self._reach.amount_can_change(component, self._row)
        ):
            most = self._row.full_amounts[at]
        elif isinstance(amounts, (ByBand, ByKind)):
            most = int(amounts.amounts[self._row.kind].max())
        else:
            most = self._most[component.code]
        # Rounded as it would be paid: the shares of a pot are cut off.
        half = 0 if isinstance(component, Pot) else table.unit // 2
        most = (most + half) // table.unit * table.unit
        return most if table.at_most is None else min(most, table.at_most)

    def _missing_of(self, codes: Iterable[str]) -> dict[str, Part]:
        """The unmet gates with what is missing, by code; of gates made of others, each that is unmet."""
        missing: dict[str, Part] = {}
        for code in codes:
            at = self._gates[code]
            gate = self._document.gates[at]
            if self._row.gate_met[at] or not (
                self._row.gate_applies[at] and self._reach.gate_can_open(code, self._row)
            ):
                continue
            if gate.measure is not None:
                told = next(one for one in self._body["gates"] if one["code"] == code)
                missing[code] = {"gate": code, "title": gate.title, "reason": told["reason"], "gap": self._gap(at)}
            missing |= self._missing_of(_below(gate))
        return missing

    def _gap(self, at: int) -> str | None:
        """How much the measure has to rise, cut up to four places; None where it is no border that counts.

        Of what is asked with yes or no there is nothing to count.
        """
        gate = self._document.gates[at]
        if gate.at_least is None or gate.measure is None or isinstance(self._measures[gate.measure], AttributeIs):
            return None
        measure = self._position[gate.measure]
        under = self._row.denominators[measure] if self._row.measured[measure] else 1
        top = self._row.numerators[measure] if self._row.measured[measure] else 0
        unit = SCALE // 10**4
        tenths = -((top - millionths(gate.at_least) * under) // (under * unit))
        return decimal_text(tenths * unit, places=4)

    def _until(self, component: Component) -> list[Part]:
        """Until when evidence of each kind that the component looks at still counts."""
        codes = measures_of(self._document, component)
        codes |= {measure for code in component.requires for measure in self._measures_of_gate(code)}
        codes = {code for code in codes if self._reach.measure_can_change(code, self._row)}
        takes = {evidence_of(measure) for code in codes for measure in self._down(self._measures[code])}
        if isinstance(component, PerAward):
            takes.add("credential")
        return [
            {"evidence": name, **self._ends(name)}
            for take, name in _EVIDENCE
            if take in takes and (name not in _BY_MOMENT or getattr(self._document.cut_offs, name, None))
        ]

    def _measures_of_gate(self, code: str) -> set[str]:
        at = self._gates[code]
        gate = self._document.gates[at]
        if not self._row.gate_applies[at]:
            return set()
        below = {one for part in _below(gate) for one in self._measures_of_gate(part)}
        return below if gate.measure is None else {*below, gate.measure}

    def _down(self, measure: Measure) -> list[Measure]:
        is_weighted = isinstance(measure, Weighted)
        codes = weighed_for(self._plan, self._row.kind, measure.code) if is_weighted else made_of(measure)
        parts = [self._measures[code] for code in codes]
        return [one for part in parts for one in self._down(part)] if parts else [measure]

    def _ends(self, evidence: str) -> Part:
        """The same moment in words and for a clock."""
        plan = self._document
        zone, moment = ZoneInfo(plan.time_zone), getattr(plan.cut_offs, evidence, None)
        told = f"{moment:%Y-%m-%d %H:%M}" if moment else ""
        if moment is None:
            ends_on = SchoolYear.parse(plan.plan_year).ends_on
            told, moment = f"the end of {ends_on.isoformat()}", datetime.combine(ends_on + timedelta(days=1), time())
        return {"before": f"{told} ({zone.key})", "ends_at": moment.replace(tzinfo=zone)}


def _below(gate: Gate) -> tuple[str, ...]:
    """The gates that a gate is made of, or that its place is among."""
    return gate.any_of or gate.all_of or (() if gate.top is None else gate.top.among)
