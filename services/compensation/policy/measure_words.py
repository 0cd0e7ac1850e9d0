"""What a statement says of measures and gates: values with where they come from, gates with value and threshold."""

from orjson import Fragment

from services.compensation.policy.compiled import CompiledPlan, WeightTable
from services.compensation.policy.evaluate import Row
from services.compensation.policy.exact import SCALE, decimal_text
from services.compensation.policy.gather import Gathered
from services.compensation.policy.language import GrowthPercent, Measure, Weighted
from services.compensation.policy.words import Memo, Part, counted, points_text, quotient_text, remember

_COUNTED = {
    "observation_count": ("finalized observation", "finalized observations"),
    "slo_count": ("approved SLO", "approved SLOs"),
    "slo_scored_count": ("scored SLO", "scored SLOs"),
    "credential_count": ("micro-credential earned in the plan year", "micro-credentials earned in the plan year"),
    "days_employed": ("day in an eligible assignment", "days in an eligible assignment"),
    "years_of_service": ("full year of service", "full years of service"),
}
_NOTHING_ON_FILE = {
    "observation_mean": "No observation with these scores is on file.",
    "growth_percent": "No growth score is on file.",
    "slo_mean_score": "No scored SLO is on file.",
    "slo_mean_attainment": "No scored SLO is on file.",
    "summative_score": "No summative rating is on file.",
    "summative_level": "No summative rating is on file.",
    "weighted": "The plan has no weights for this role and subject group.",
}
_MEANS = {
    "growth_percent": ("growth score", " % of students"),
    "slo_mean_score": ("SLO score", ""),
    "slo_mean_attainment": ("scored SLO", " % of students met their target"),
}
_PERCENT = {"growth_percent", "slo_mean_attainment"}


class MeasureWords:
    """The words of one plan."""

    def __init__(self, plan: CompiledPlan) -> None:
        self._plan = plan
        self._places = plan.plan.rounding.points_places
        self._gate_measures: list[int] = plan.gates.measure.tolist()
        self._relevant = _relevant(plan, self._gate_measures)
        self._terms = {table.measure: _terms(plan, table) for table in plan.weighted}
        self._gate_parts: Memo = {}
        self._measure_parts: Memo = {}

    def gates(self, row: Row) -> list[Fragment]:
        """The gates that are for this educator, met or not."""
        parts = []
        for gate, at in enumerate(self._gate_measures):
            if row.gate_applies[gate]:
                key = (gate, row.gate_met[gate], row.measured[at], row.numerators[at], row.denominators[at])
                part = self._gate_parts.get(key)
                if part is None:
                    part = remember(self._gate_parts, key, self._gate(gate, at, row))
                parts.append(part)
        return parts

    def measures(self, row: Row, found: Gathered) -> list[Fragment]:
        """The measures that a gate, a weight or a band looks at for this educator."""
        parts = []
        for at, take in self._relevant[row.segment]:
            if take == "weighted":
                key: tuple[object, ...] = (at, row.segment, *row.points)
                part = self._measure_parts.get(key)
                if part is None:
                    part = remember(self._measure_parts, key, self._weighted(at, row))
                parts.append(part)
                continue
            late = 0
            if found.late_observations and take.startswith("observation"):
                late = found.late_observations
            elif found.late_slos and take.startswith("slo"):
                late = found.late_slos
            key = (at, row.measured[at], row.numerators[at], row.denominators[at], late)
            part = self._measure_parts.get(key)
            if part is None:
                part = remember(self._measure_parts, key, self._measure(at, row, late))
            parts.append(part)
        return parts

    def value(self, at: int, row: Row) -> str:
        """The value of a measure in short, e.g. `65.41` or `63.5 %`."""
        measure = self._plan.measures[at]
        if isinstance(measure, Weighted):
            return points_text(row.points[at], self._places)
        if not row.measured[at]:
            return "nothing on file"
        return quotient_text(row.numerators[at], row.denominators[at]) + (" %" if measure.take in _PERCENT else "")

    def _gate(self, gate: int, at: int, row: Row) -> Part:
        terms, measure = self._plan.plan.gates[gate], self._plan.measures[at]
        asked = f"at least {terms.at_least}" if terms.at_least is not None else f"at most {terms.at_most}"
        unit = " %" if measure.take in _PERCENT else ""
        return {
            "code": terms.code,
            "title": terms.title,
            "met": row.gate_met[gate],
            "reason": f"{measure.title}: {self.value(at, row)}. The plan asks for {asked}{unit}.",
            "source": terms.source,
        }

    def _measure(self, at: int, row: Row, late: int) -> Part:
        measure, is_measured = self._plan.measures[at], row.measured[at]
        numerator, denominator = row.numerators[at], row.denominators[at]
        reason = _reason(measure, numerator, denominator) if is_measured else _NOTHING_ON_FILE[measure.take]
        shown = None
        if measure.points is not None:
            shown = points_text(row.points[at], self._places)
            scale = f"{measure.points.none_at} is worth 0 and {measure.points.all_at} is worth 100"
            reason += f" That is {shown} of 100 points ({scale})."
        if late:
            what = "observation" if measure.take.startswith("observation") else "SLO"
            reason += f" {counted(late, what, f'{what}s')} after the cut-off {'does' if late == 1 else 'do'} not count."
        return {
            "code": measure.code,
            "title": measure.title,
            "value": quotient_text(numerator, denominator) if is_measured else None,
            "points": shown,
            "reason": reason,
        }

    def _weighted(self, at: int, row: Row) -> Part:
        measure = self._plan.measures[at]
        shown = points_text(row.points[at], self._places)
        terms = [
            f"{weight} x {points_text(row.points[of], self._places)} ({title})"
            for of, weight, title in self._terms[at][row.segment]
        ]
        return {
            "code": measure.code,
            "title": measure.title,
            "value": shown,
            "points": shown,
            "reason": f"{' + '.join(terms)} = {shown} points." if terms else _NOTHING_ON_FILE["weighted"],
        }


def _terms(plan: CompiledPlan, table: WeightTable) -> list[list[tuple[int, str, str]]]:
    """For each segment what is weighed: position, weight and title."""
    return [
        [(at, decimal_text(weight), plan.measures[at].title) for at, weight in enumerate(weights) if weight]
        for weights in table.weights.tolist()
    ]


def _reason(measure: Measure, numerator: int, denominator: int) -> str:
    names = _COUNTED.get(measure.take)
    if names is not None:
        return f"{counted(numerator // SCALE, *names)}."
    value = quotient_text(numerator, denominator)
    if measure.take == "observation_mean":
        levels = counted(numerator // SCALE, "level point", "level points")
        return f"{levels} over {counted(denominator, 'score', 'scores')}: a mean of {value}."
    if isinstance(measure, GrowthPercent) and measure.combine == "best":
        return f"The best growth score on file: {value} % of students."
    one, unit = _MEANS.get(measure.take, ("", ""))
    if one:
        return f"The mean of {counted(denominator, one, f'{one}s')}: {value}{unit}."
    return f"The summative rating of the year: {value}."


def _relevant(plan: CompiledPlan, gate_measures: list[int]) -> list[list[tuple[int, str]]]:
    """For each segment the measures that anything looks at, in the document's order."""
    order = sorted(range(len(plan.measures)), key=lambda at: plan.plan.measures.index(plan.measures[at]))
    relevant = []
    for segment in range(len(plan.eligible)):
        wanted = {at for gate, at in enumerate(gate_measures) if plan.gates.applies[gate, segment]}
        for component in plan.components:
            if component.bands >= 0 and component.pays[segment]:
                wanted.add(plan.bands[component.bands].measure)
        for table in reversed(plan.weighted):
            if table.measure in wanted:
                wanted.update(table.weights[segment].nonzero()[0].tolist())
        relevant.append([(at, str(plan.measures[at].take)) for at in order if at in wanted])
    return relevant
