"""What the parts of a plan must mean together. Each check yields faults with a JSON pointer and the remedy."""

from datetime import date
from graphlib import CycleError, TopologicalSorter

from services.compensation.policy.checks_of_pay import faults_of_pay
from services.compensation.policy.exact import POINTS_ALL_AT_MAX, SCALE, decimal_text, millionths
from services.compensation.policy.faults import Faults, Who, at, everyone_in, named, repeated, unknown
from services.compensation.policy.language import CredentialNeed, Measure, PathwayNeed, Plan, RatingNeed, Weighted
from services.compensation.policy.terms import ILLUSTRATIVE, Sourced
from shared.kernel.errors import FieldError
from shared.kernel.period import SchoolYear


def faults_of(plan: Plan) -> list[FieldError]:
    """All faults of a document whose single values are right, in the order of the document."""
    found = [*_faults_of_dates(plan), *_faults_of_sources(plan), *repeated(plan.measures, "measures", "measure")]
    found += _faults_of_measures(plan)
    found += repeated(plan.gates, "gates", "gate")
    found += _faults_of_gates(plan)
    found += faults_of_pay(plan)
    found += _faults_of_ladder(plan)
    return found


def measure_order(measures: tuple[Measure, ...]) -> list[str]:
    """Codes of the measures, each after those that it weighs. Raises graphlib.CycleError where there is no order."""
    graph = {measure.code: _weighed(measure) for measure in measures}
    return list(TopologicalSorter(graph).static_order())


def _weighed(measure: Measure) -> list[str]:
    return sorted({code for row in measure.weights for code in row.of}) if isinstance(measure, Weighted) else []


def _faults_of_dates(plan: Plan) -> Faults:
    year, period = SchoolYear.parse(plan.plan_year), plan.performance_period
    if period.ends_on < period.begins_on:
        yield FieldError(at("performance_period", "ends_on"), "is before begins_on: correct one of them")
    for name in ("begins_on", "ends_on", "reference_on"):
        day: date = getattr(period, name)
        if not year.begins_on <= day <= year.ends_on:
            yield FieldError(
                at("performance_period", name),
                f"{day} is outside the plan year {year}: choose a day from {year.begins_on} to {year.ends_on}",
            )
    if not period.begins_on <= period.reference_on <= period.ends_on:
        yield FieldError(at("performance_period", "reference_on"), "is outside the period: choose a day within it")
    for name in ("observations", "slos", "awards"):
        moment = getattr(plan.cut_offs, name, None)
        if moment is not None and not year.begins_on <= moment.date() <= year.ends_on:
            yield FieldError(at("cut_offs", name), f"{moment} is outside the plan year {year}: choose a time within it")


def _faults_of_sources(plan: Plan) -> Faults:
    if plan.illustrative:
        return
    single = {
        name: part
        for name in ("performance_period", "cut_offs", "eligibility", "rounding", "proration", "total_cap", "ladder")
        if (part := getattr(plan, name)) is not None
    }
    parts: list[tuple[str, Sourced | Plan]] = [("", plan), *((at(name), part) for name, part in single.items())]
    for section in ("measures", "gates", "bands", "components", "pathways"):
        parts += [(at(section, index), part) for index, part in enumerate(getattr(plan, section))]
    parts += [(at("ladder", "rungs", index), rung) for index, rung in enumerate(plan.ladder.rungs)]
    for pointer, part in parts:
        if part.source == ILLUSTRATIVE:
            yield FieldError(
                f"{pointer}/source",
                "is illustrative, but the plan is not marked so: name where it is published, or set illustrative: true",
            )


def _faults_of_measures(plan: Plan) -> Faults:
    known = {measure.code: measure for measure in plan.measures}
    for index, measure in enumerate(plan.measures):
        if measure.points is not None and isinstance(measure, Weighted):
            yield FieldError(
                at("measures", index, "points"), "a weighted measure is in points already: leave `points` out"
            )
        elif measure.points is not None and millionths(measure.points.none_at) >= millionths(measure.points.all_at):
            yield FieldError(at("measures", index, "points", "all_at"), "is not above none_at: correct one of them")
        elif measure.points is not None and millionths(measure.points.all_at) > POINTS_ALL_AT_MAX:
            yield FieldError(
                at("measures", index, "points", "all_at"),
                f"is above {decimal_text(POINTS_ALL_AT_MAX)}: nothing that a plan measures goes so high",
            )
        if isinstance(measure, Weighted):
            yield from _faults_of_weights(plan, index, measure, known)
    try:
        measure_order(plan.measures)
    except CycleError as error:
        chain: list[str] = error.args[1]
        place = next(index for index, measure in enumerate(plan.measures) if measure.code == chain[-1])
        yield FieldError(
            at("measures", place, "weights"),
            f"goes round in a circle ({' of '.join(reversed(chain))}): take one of them out",
        )


def _faults_of_weights(plan: Plan, index: int, measure: Weighted, known: dict[str, Measure]) -> Faults:
    taken: dict[Who, int] = {}
    for number, row in enumerate(measure.weights):
        place = at("measures", index, "weights", number)
        total = sum(millionths(weight) for weight in row.of.values())
        if total != SCALE:
            yield FieldError(f"{place}/of", f"the weights sum to {decimal_text(total)}: they have to sum to exactly 1")
        for code in row.of:
            part = known.get(code)
            if part is None:
                yield unknown(f"{place}/of/{code}", "measure", code, known)
            elif part.points is None and not isinstance(part, Weighted):
                yield FieldError(
                    f"{place}/of/{code}",
                    f"the measure {code!r} has no `points`: say there what is worth 0 and 100 points",
                )
        people = everyone_in(row.applies_to, plan.eligibility.roles)
        twice = people & taken.keys()
        if twice:
            others = sorted({taken[who] for who in twice})
            yield FieldError(
                f"{place}/applies_to",
                f"{named(twice)} has weights already in row {others[0]}: let each person fall into one row only",
            )
        taken.update(dict.fromkeys(people, number))


def _faults_of_gates(plan: Plan) -> Faults:
    codes = {measure.code for measure in plan.measures}
    for index, gate in enumerate(plan.gates):
        if gate.measure not in codes:
            yield unknown(at("gates", index, "measure"), "measure", gate.measure, codes)
        if (gate.at_least is None) == (gate.at_most is None):
            yield FieldError(at("gates", index), "needs either at_least or at_most: write exactly one of them")


def _faults_of_ladder(plan: Plan) -> Faults:
    yield from repeated(plan.pathways, "pathways", "pathway")
    for index, pathway in enumerate(plan.pathways):
        if len(set(pathway.credentials)) < len(pathway.credentials):
            yield FieldError(at("pathways", index, "credentials"), "names a credential twice: keep one of them")
    for fault in repeated(plan.ladder.rungs, "rungs", "rung"):
        yield FieldError(f"/ladder{fault.pointer}", fault.detail)
    if plan.ladder.rungs[0].requires:
        yield FieldError(
            at("ladder", "rungs", 0, "requires"),
            "the lowest rung has needs, so somebody could stand nowhere: put a rung without needs below it",
        )
    for index, rung in enumerate(plan.ladder.rungs):
        for number, need in enumerate(rung.requires):
            place = at("ladder", "rungs", index, "requires", number)
            if isinstance(need, PathwayNeed):
                codes = {pathway.code for pathway in plan.pathways}
                for position, code in enumerate(need.any_of):
                    if code not in codes:
                        yield unknown(f"{place}/any_of/{position}", "pathway", code, codes)
            elif isinstance(need, CredentialNeed) and need.of is not None and need.at_least > len(set(need.of)):
                yield FieldError(
                    f"{place}/at_least", f"only {len(set(need.of))} credentials are named in `of`: ask for no more"
                )
            elif isinstance(need, RatingNeed) and need.years > need.within:
                yield FieldError(f"{place}/years", f"is more than `within` ({need.within}): correct one of them")
