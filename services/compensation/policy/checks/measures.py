"""The checks of measures: known parts in no circle, points that can be given, weights that sum to one."""

from collections.abc import Mapping
from graphlib import CycleError
from itertools import pairwise

from services.compensation.policy.checks.faults import Faults, at, repeated, unknown
from services.compensation.policy.exact import POINTS_ALL_AT_MAX, SCALE, decimal_text, millionths
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.measures import (
    AttributeNumber,
    Chosen,
    Combined,
    GroupMean,
    Measure,
    PointStep,
    Weighted,
    is_in_points,
    is_made_of_points,
    made_of,
    measure_order,
)
from services.compensation.policy.people import People, people_of
from shared.kernel.errors import FieldError

_POINTS_MOST = 100 * SCALE


def faults_of_measures(plan: Plan) -> Faults:
    yield from repeated(plan.measures, "measures", "measure")
    known = {measure.code: measure for measure in plan.measures}
    people = people_of(plan)
    for index, measure in enumerate(plan.measures):
        place = at("measures", index)
        yield from _faults_of_points(measure, place)
        if isinstance(measure, Weighted):
            yield from _faults_of_weights(plan, measure, place, known, people)
        elif isinstance(measure, (Chosen, Combined)):
            yield from _faults_of_several(measure, place, known)
        elif isinstance(measure, GroupMean) and measure.of not in known:
            yield unknown(f"{place}/of", "measure", measure.of, known)
        elif isinstance(measure, AttributeNumber):
            yield from _faults_of_attribute(measure, place)
        over = getattr(measure, "over", None)
        if over is not None and over.at_least > over.years:
            yield FieldError(f"{place}/over/at_least", f"is more than `years` ({over.years}): correct one of them")
    yield from _faults_of_circles(plan)


def _faults_of_circles(plan: Plan) -> Faults:
    known = {measure.code for measure in plan.measures}
    if any(code not in known for measure in plan.measures for code in made_of(measure)):
        return
    try:
        measure_order(plan.measures)
    except CycleError as error:
        chain: list[str] = error.args[1]
        index = next(index for index, measure in enumerate(plan.measures) if measure.code == chain[-1])
        part = "weights" if isinstance(plan.measures[index], Weighted) else "of"
        yield FieldError(
            at("measures", index, part),
            f"goes round in a circle ({' of '.join(reversed(chain))}): take one of them out",
        )


def _faults_of_points(measure: Measure, place: str) -> Faults:
    points = measure.points
    if measure.points_by_step is not None:
        if points is not None:
            yield FieldError(f"{place}/points_by_step", "stands beside `points`: keep one of them")
        yield from _faults_of_steps(measure.points_by_step, f"{place}/points_by_step")
    if (points or measure.points_by_step) and is_made_of_points(measure):
        name = "points" if points else "points_by_step"
        kind = "a weighted measure" if isinstance(measure, Weighted) else "a measure by points"
        yield FieldError(f"{place}/{name}", f"{kind} is in points already: leave `{name}` out")
    elif points is not None and millionths(points.none_at) >= millionths(points.all_at):
        yield FieldError(f"{place}/points/all_at", "is not above none_at: correct one of them")
    elif points is not None and millionths(points.all_at) > POINTS_ALL_AT_MAX:
        most = decimal_text(POINTS_ALL_AT_MAX)
        yield FieldError(f"{place}/points/all_at", f"is above {most}: nothing that a plan measures goes so high")


def _faults_of_steps(steps: tuple[PointStep, ...], place: str) -> Faults:
    for index, (lower, higher) in enumerate(pairwise(steps), start=1):
        if millionths(higher.at_least) <= millionths(lower.at_least):
            yield FieldError(
                f"{place}/{index}/at_least", "is not above the step before: write the steps from the lowest up"
            )
    for index, step in enumerate(steps):
        if millionths(step.points) > _POINTS_MOST:
            yield FieldError(f"{place}/{index}/points", "is above 100: points go from 0 to 100")


def _faults_of_several(measure: Chosen | Combined, place: str, known: Mapping[str, Measure]) -> Faults:
    if measure.take == "difference_of" and measure.needs == "any":
        yield FieldError(f"{place}/needs", "would take off from nothing where the first is missing: write all")
    for index, code in enumerate(measure.of):
        part = known.get(code)
        if part is None:
            yield unknown(f"{place}/of/{index}", "measure", code, known)
        elif code in measure.of[:index]:
            yield FieldError(f"{place}/of/{index}", f"names {code!r} twice: keep one of them")
        elif measure.by == "points" and not is_in_points(part):
            yield _without_points(f"{place}/of/{index}", code)


def _faults_of_attribute(measure: AttributeNumber, place: str) -> Faults:
    if measure.needs == "all" and measure.items is None:
        yield FieldError(f"{place}/needs", "needs all of items that are not named: name them in `items`")
    if measure.items is not None and measure.except_items is not None:
        yield FieldError(f"{place}/except_items", "stands beside `items`: keep one of them")


def _without_points(pointer: str, code: str) -> FieldError:
    return FieldError(pointer, f"the measure {code!r} has no `points`: say there what is worth 0 and 100 points")


def _faults_of_weights(
    plan: Plan, measure: Weighted, here: str, known: Mapping[str, Measure], people: People
) -> Faults:
    taken: dict[int, int] = {}
    for number, row in enumerate(measure.weights):
        place = f"{here}/weights/{number}"
        total = sum(millionths(weight) for weight in row.of.values())
        if total != SCALE:
            yield FieldError(f"{place}/of", f"the weights sum to {decimal_text(total)}: they have to sum to exactly 1")
        for code in row.of:
            part = known.get(code)
            if part is None:
                yield unknown(f"{place}/of/{code}", "measure", code, known)
            elif not is_in_points(part):
                yield _without_points(f"{place}/of/{code}", code)
        covered = people.within(row.applies_to, plan.eligibility.roles)
        twice = covered & taken.keys()
        if twice:
            first = min(taken[who] for who in twice)
            yield FieldError(
                f"{place}/applies_to",
                f"{people.named(twice)} has weights already in row {first}: let each person fall into one row only",
            )
        taken.update(dict.fromkeys(covered, number))
