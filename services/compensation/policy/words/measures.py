"""What a statement says of measures and gates: values with where they come from, gates with value and threshold."""

from orjson import Fragment

from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.conditions import NOBODY_REACHES
from services.compensation.policy.evaluation.evaluate import Row
from services.compensation.policy.evaluation.measures import WeightTable
from services.compensation.policy.evaluation.settlement import Settlement
from services.compensation.policy.exact import SCALE, decimal_text, millionths
from services.compensation.policy.facts.gather import Gathered
from services.compensation.policy.facts.readers import years_reader
from services.compensation.policy.language.conditions import Gate
from services.compensation.policy.language.measures import (
    AttributeIs,
    AttributeNumber,
    CampusAttribute,
    Chosen,
    Combined,
    CredentialCount,
    EvidenceMeasure,
    GroupMean,
    GrowthPercent,
    Measure,
    PlacementPosition,
    RatingScore,
    SloAttainmentCount,
    SloScoreCount,
    Weighted,
    is_percentage,
    made_of,
)
from services.compensation.policy.words.groups import mean_told, place_of
from services.compensation.policy.words.looked_at import looked_at
from services.compensation.policy.words.reach import Reach
from services.compensation.policy.words.texts import (
    Memo,
    Part,
    counted,
    listed,
    none_on_file,
    plain,
    points_text,
    quotient_text,
    remember,
    whole_of,
)
from services.compensation.policy.words.years import over_years, too_few_years

_COUNTED = {
    "observation_count": ("finalized observation", "finalized observations"),
    "slo_count": ("approved SLO", "approved SLOs"),
    "slo_scored_count": ("scored SLO", "scored SLOs"),
    "credential_count": ("micro-credential earned in the plan year", "micro-credentials earned in the plan year"),
    "days_employed": ("day in an eligible assignment", "days in an eligible assignment"),
    "years_of_service": ("full year of service", "full years of service"),
    "years_on_campus": ("full year on the campus", "full years on the campus"),
}
_NOTHING_ON_FILE = {
    "observation_mean": "No observation with these scores is on file.",
    "observation_lowest": "No observation with these scores is on file.",
    "growth_percent": "No growth score is on file.",
    "slo_mean_score": "No scored SLO is on file.",
    "slo_mean_attainment": "No scored SLO is on file.",
    "slo_mean_quality": "No approved SLO is on file.",
    "summative_score": "No summative rating is on file.",
    "summative_level": "No summative rating is on file.",
    "attribute": "No number is on file.",
    "campus_attribute": "No number is on file for the campus.",
    "weighted": "The plan has no weights for this role and subject group.",
}
_OF_EACH_YEAR = {
    "observation_mean": "mean level",
    "observation_lowest": "lowest dimension",
    "growth_percent": "growth score",
    "slo_mean_score": "mean SLO score",
    "slo_mean_attainment": "mean share of students who met their target",
    "slo_mean_quality": "mean quality score",
}
_MEANS = {
    "growth_percent": ("growth score", " of students"),
    "slo_mean_score": ("SLO score", ""),
    "slo_mean_attainment": ("scored SLO", " of students met their target"),
    "slo_mean_quality": ("quality score", ""),
}
_CHOSEN = {
    "best_of": "greatest",
    "lowest_of": "least",
    "mean_of": "mean",
    "sum_of": "sum",
    "difference_of": "difference",
}


class MeasureWords:
    """The words of one plan."""

    def __init__(self, plan: CompiledPlan) -> None:
        self._plan = plan
        self._places = plan.plan.rounding.points_places
        self._position = {measure.code: at for at, measure in enumerate(plan.measures)}
        self._gate_measures = [
            None if gate.measure is None else self._position[gate.measure] for gate in plan.plan.gates
        ]
        self._looked_at = looked_at(plan)
        # The visit itself may have been in time.
        self._late_by = "held or finalized " if plan.calendar.observations_finalized else ""
        self._parts = [[self._position[code] for code in made_of(measure)] for measure in plan.measures]
        self._terms = {
            table.measure: _terms(plan, table) for table in plan.derivations if isinstance(table, WeightTable)
        }
        self._years_of = {
            at: years_reader(one, one.over, plan.calendar.starts_in)
            for at, one in enumerate(plan.measures)
            if isinstance(one, EvidenceMeasure) and one.over is not None and one.over.at_least > 1
        }
        by_code = {measure.code: measure for measure in plan.measures}
        self._units = [" %" if is_percentage(measure, by_code) else "" for measure in plan.measures]
        self.reach = Reach(plan)
        self._gate_parts: Memo = {}
        self._measure_parts: Memo = {}

    def gates(self, row: Row, found: Gathered, settlement: Settlement) -> list[Fragment]:
        """The gates that are for this educator, met or not."""
        parts = []
        for gate, at in enumerate(self._gate_measures):
            if not row.gate_applies[gate]:
                continue
            if at is None:
                key: tuple[object, ...] = (gate, tuple(row.gate_applies), tuple(row.gate_met))
            else:
                key = (gate, row.gate_met[gate], row.measured[at], row.numerators[at], row.denominators[at])
                key = (*key, *row.in_groups)
            top, border = self._plan.plan.gates[gate].top, None
            if top is not None:
                border = settlement.top_borders[self._plan.plan.gates[gate].code].get(place_of(top.within, found))
                key = (*key, border, *self.reach.unmet_among(top.among, row))
            part = self._gate_parts.get(key)
            if part is None:
                part = remember(self._gate_parts, key, self._gate(gate, at, row, border))
            parts.append(part)
        return parts

    def measures(self, row: Row, found: Gathered, settlement: Settlement) -> list[Fragment]:
        """The measures that a gate, a weight, a band or a component looks at for this educator."""
        parts = []
        for at, evidence in self._looked_at[row.kind]:
            late = 0
            if found.late_observations and evidence == "observation":
                late = found.late_observations
            elif found.late_slos and evidence == "slo":
                late = found.late_slos
            key: tuple[object, ...] = (at, row.measured[at], row.numerators[at], row.denominators[at], late)
            years, totals, measure = 0, None, self._plan.measures[at]
            if at in self._years_of and not row.measured[at]:
                years = self._years_of[at](found)
                key = (*key, years)
            if of := self._parts[at]:
                if isinstance(measure, GroupMean):
                    totals = settlement.group_totals.get(measure.code, {}).get(place_of(measure.within, found))
                key = (
                    *key,
                    row.kind,
                    totals,
                    *row.in_groups,
                    *((row.numerators[at], row.denominators[at], row.measured[at], row.points[at]) for at in of),
                )
            part = self._measure_parts.get(key)
            if part is None:
                part = remember(self._measure_parts, key, self._measure(at, row, late, years, totals))
            parts.append(part)
        return parts

    def value(self, at: int, row: Row) -> str:
        """The value of a measure in short, e.g. `65.41` or `63.5 %`."""
        measure = self._plan.measures[at]
        if isinstance(measure, Weighted):
            return points_text(row.points[at], self._places)
        if not row.measured[at]:
            return self._absence(measure, row)
        return quotient_text(row.numerators[at], row.denominators[at]) + self.unit(at)

    def _absence(self, measure: Measure, row: Row) -> str:
        """Why there is no value, in short."""
        outside = self.reach.outside_of(measure.code, row)
        if outside is not None:
            return f"no {whole_of(outside)} on file"
        return "nothing settled" if isinstance(measure, GroupMean) else "nothing on file"

    def unit(self, at: int) -> str:
        """What stands behind the value of a measure, and behind what is asked of it."""
        return self._units[at]

    def _gate(self, gate: int, at: int | None, row: Row, border: int | None) -> Part:
        terms = self._plan.plan.gates[gate]
        reason = self._of_gates(terms, row) if at is None else self._asked(terms, at, row, border)
        return {
            "code": terms.code,
            "title": terms.title,
            "met": row.gate_met[gate],
            "reason": reason,
            "source": terms.source,
        }

    def _asked(self, terms: Gate, at: int, row: Row, border: int | None) -> str:
        measure = self._plan.measures[at]
        unit = self.unit(at)
        value = f"{measure.title}: {self.value(at, row)}."
        if terms.top is None:
            asked = f"at least {terms.at_least}" if terms.at_least is not None else f"at most {terms.at_most}"
            return f"{value} The plan asks for {asked}{unit}."
        percent = decimal_text(100 * millionths(terms.top.share))
        asked = f"a place in the top {percent} % of the {whole_of(terms.top.within)}"
        if (outside := self.reach.outside(terms.top.within, row)) is not None:
            return f"{value} The plan asks for {asked}, and {none_on_file(outside)}."
        if border is None or border == NOBODY_REACHES:
            asked += ", which nobody has"
        else:
            asked += f", which begins at {points_text(border, self._places)}{unit}"
        return f"{value} The plan asks for {asked}{self._kept_out(terms.top.among, row)}."

    def _kept_out(self, among: tuple[str, ...], row: Row) -> str:
        """By which gates the educator is not among those whom a place is drawn through; nothing where by none."""
        unmet = self.reach.titles(self.reach.unmet_among(among, row))
        are = "is" if len(unmet) == 1 else "are"
        return f", among those who meet {listed(unmet, 'and')}, which {are} not met" if unmet else ""

    def _of_gates(self, terms: Gate, row: Row) -> str:
        gates = {gate.code: at for at, gate in enumerate(self._plan.plan.gates)}
        asked = [at for code in terms.any_of or terms.all_of or () if row.gate_applies[at := gates[code]]]
        titles = [self._plan.plan.gates[at].title for at in asked]
        met = [self._plan.plan.gates[at].title for at in asked if row.gate_met[at]]
        told = (
            f"One of these is enough: {listed(titles, 'or')}" if terms.any_of else f"All asked: {listed(titles, 'and')}"
        )
        return f"{told}. Met: {listed(met, 'and') if met else 'none'}."

    def _measure(self, at: int, row: Row, late: int, years: int, totals: tuple[int, int] | None) -> Part:
        measure, is_measured = self._plan.measures[at], row.measured[at]
        if isinstance(measure, Weighted):
            return self._weighted(at, row)
        numerator, denominator = row.numerators[at], row.denominators[at]
        if isinstance(measure, GroupMean):
            reason = self._of_group(measure, at, row, totals)
        else:
            reason = self._reason(at, row) if is_measured else self._unmeasured(at, row, years)
        shown = None
        if measure.points is not None:
            shown = points_text(row.points[at], self._places)
            scale = f"{measure.points.none_at} is worth 0 and {measure.points.all_at} is worth 100"
            reason += f" That is {shown} of 100 points ({scale})."
        elif measure.points_by_step is not None:
            shown = points_text(row.points[at], self._places)
            steps = ", ".join(f"{step.points} from {step.at_least}" for step in measure.points_by_step)
            reason += f" That is {shown} of 100 points ({steps})."
        if late:
            what, how = ("observation", self._late_by) if measure.take.startswith("observation") else ("SLO", "")
            does = "does" if late == 1 else "do"
            reason += f" {counted(late, what, f'{what}s')} {how}after the cut-off {does} not count."
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
            for of, weight, title in self._terms[at][row.kind]
        ]
        return {
            "code": measure.code,
            "title": measure.title,
            "value": shown,
            "points": shown,
            "reason": f"{' + '.join(terms)} = {shown} points." if terms else _NOTHING_ON_FILE["weighted"],
        }

    def _of_group(self, measure: GroupMean, at: int, row: Row, totals: tuple[int, int] | None) -> str:
        of = self._plan.measures[self._position[measure.of]]
        if (outside := self.reach.outside(measure.within, row)) is not None:
            return f"No mean, for {none_on_file(outside)}."
        if totals is None:
            return f"No value of {of.title} was settled for the {whole_of(measure.within)}."
        return f"{mean_told(measure, of, *totals, self._places)} = {self.value(at, row)}."

    def _unmeasured(self, at: int, row: Row, years: int) -> str:
        measure = self._plan.measures[at]
        if isinstance(measure, EvidenceMeasure) and measure.over is not None:
            return too_few_years(_NOTHING_ON_FILE[measure.take], measure.over, years)
        if not isinstance(measure, (Chosen, Combined)):
            return _NOTHING_ON_FILE[measure.take]
        missing = [self._plan.measures[part] for part in self._parts[at] if not row.measured[part]]
        why = [self._absence(part, row) for part in missing]
        needed = "all of them are needed" if measure.needs == "all" else "one of them is needed"
        if set(why) <= {"nothing on file"}:
            return f"Nothing is on file for {listed([part.title for part in missing], 'and')}, and {needed}."
        each = [f"{part.title} ({told})" for part, told in zip(missing, why, strict=True)]
        return f"There is no value of {listed(each, 'and')}, and {needed}."

    def _reason(self, at: int, row: Row) -> str:  # noqa: PLR0911 - one for each kind
        measure, numerator, denominator = self._plan.measures[at], row.numerators[at], row.denominators[at]
        value = quotient_text(numerator, denominator)
        if measure.take in _COUNTED:
            return _count(measure, numerator // SCALE)
        match measure:
            case SloScoreCount():
                scored = counted(numerator // SCALE, "SLO", "SLOs")
                return f"{scored} scored {measure.score} or higher."
            case SloAttainmentCount():
                reached = counted(numerator // SCALE, "SLO", "SLOs")
                return f"{reached} with at least {measure.percent} % of students at their target."
            case GrowthPercent(over=None) if measure.combine != "mean":
                return f"The {measure.combine} growth score on file: {value} % of students."
            case RatingScore():
                if measure.over is None:
                    return f"The summative rating of the year: {value}."
                return f"{over_years(measure.over)} of the summative ratings: {value}."
            case AttributeNumber():
                if measure.over is None:
                    return f"On file: {value}."
                return f"{over_years(measure.over)} of what is on file: {value}."
            case AttributeIs():
                answer = "Yes" if numerator else "No"
                return f"{answer}: asked is whether {plain(measure.attribute)} is {listed(measure.any_of, 'or')}."
            case CampusAttribute():
                return f"On file for the campus: {value}."
            case Chosen() | Combined():
                return self._of_several(measure, at, row)
            case _:
                return _read(measure, numerator, denominator, f"{value}{self.unit(at)}")

    def _of_several(self, measure: Chosen | Combined, at: int, row: Row) -> str:
        by_points = measure.by == "points"
        named = [
            f"{self._plan.measures[part].title} "
            + (points_text(row.points[part], self._places) if by_points else self.value(part, row))
            for part in map(self._position.__getitem__, measure.of)
            if row.measured[part]
        ]
        unit = " points" if by_points else ""
        return f"The {_CHOSEN[measure.take]} of {listed(named, 'and')}: {self.value(at, row)}{unit}."


def _position(measure: PlacementPosition, position: int) -> str:
    asked = listed(measure.rungs, "and")
    if not position:
        return f"No rung of {asked} is held by a placement."
    return f"The rung held by a placement is {measure.rungs[position - 1]}, which counts {position} of {asked}."


def _terms(plan: CompiledPlan, table: WeightTable) -> list[list[tuple[int, str, str]]]:
    """For each kind of person what is weighed: position, weight and title."""
    return [
        [(at, decimal_text(weight), plan.measures[at].title) for at, weight in enumerate(weights) if weight]
        for weights in table.weights.tolist()
    ]


def _count(measure: Measure, count: int) -> str:
    named = measure.of if isinstance(measure, CredentialCount) else None
    return counted(count, *_COUNTED[measure.take]) + ("." if named is None else f", of {listed(named, 'or')}.")


def _read(measure: Measure, numerator: int, denominator: int, value: str) -> str:
    """`value` with its unit."""
    if isinstance(measure, EvidenceMeasure) and measure.over is not None:
        how = f"{measure.combine} " if isinstance(measure, GrowthPercent) else ""
        return f"{over_years(measure.over)} of each year's {how}{_OF_EACH_YEAR[measure.take]}: {value}."
    if measure.take == "observation_mean":
        levels = counted(numerator // SCALE, "level point", "level points")
        return f"{levels} over {counted(denominator, 'score', 'scores')}: a mean of {value}."
    if measure.take == "observation_lowest":
        return f"The lowest dimension, over {counted(denominator, 'observation', 'observations')}: {value}."
    if measure.take == "full_time_days":
        return f"{value} full-time days in eligible assignments."
    if isinstance(measure, PlacementPosition):
        return _position(measure, numerator // SCALE)
    one, whose = _MEANS[measure.take]
    return f"The mean of {counted(denominator, one, f'{one}s')}: {value}{whose}."
