"""A plan readied for the evaluator: codes become positions, conditions on people become tables, amounts become cents.

Every table has a column for each segment: a pair of role and subject group, and a last one for who has neither.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from services.compensation.policy.calendar import PlanCalendar, calendar_of
from services.compensation.policy.checks import measure_order
from services.compensation.policy.exact import Bools, Ints, millionths
from services.compensation.policy.language import Gate, Matrix, Measure, PerAward, Plan, Requirement, Weighted
from services.compensation.policy.plan import content_hash
from services.compensation.policy.readers import MeasureReader, NeedReader, measure_reader, need_reader
from shared.events.evaluation import StaffRole, SubjectGroup
from shared.kernel.money import parse_amount

SEGMENTS = tuple((role, group) for role in StaffRole for group in SubjectGroup)
NOBODY = len(SEGMENTS)
"""The segment of an educator without any assignment in the performance period."""

SEGMENT_OF: dict[tuple[str | None, str | None], int] = {
    (None, None): NOBODY,
    **{(role.value, group.value): index for index, (role, group) in enumerate(SEGMENTS)},
}


@dataclass(frozen=True, slots=True)
class GateTables:
    """One row a gate; a condition `at_most` is turned round by `sign` so that all compare alike."""

    measure: Ints
    threshold: Ints
    sign: Ints
    applies: Bools


@dataclass(frozen=True, slots=True)
class PointTables:
    """One row for each measure that has points."""

    measure: Ints
    none_at: Ints
    all_at: Ints


@dataclass(frozen=True, slots=True)
class WeightTable:
    """One weighted measure: its position, and a weight in millionths for each segment and measure."""

    measure: int
    weights: Ints


@dataclass(frozen=True, slots=True)
class BandTable:
    measure: int
    at_least: Ints


@dataclass(frozen=True, slots=True)
class ComponentTables:
    """What a component pays before any gate, by segment: by band for a matrix, for each award for a stipend."""

    amounts: Ints
    bands: int
    """The position of the matrix's band set; -1 for a stipend."""
    requires: Ints
    pays: Bools


@dataclass(frozen=True, eq=False, slots=True)
class CompiledPlan:
    """A plan version, compiled. `version` is the number that the plan was kept under; the document does not hold it."""

    plan: Plan
    version: int
    content_hash: str
    calendar: PlanCalendar
    eligible_roles: frozenset[str]
    eligible: Bools
    measures: tuple[Measure, ...]
    readers: tuple[MeasureReader, ...]
    points: PointTables
    points_unit: int
    weighted: tuple[WeightTable, ...]
    gates: GateTables
    bands: tuple[BandTable, ...]
    components: tuple[ComponentTables, ...]
    stipends: tuple[PerAward, ...]
    stipend_cents: tuple[int, ...]
    prorates: Bools
    total_cap: int | None
    needs: tuple[Requirement, ...]
    need_readers: tuple[NeedReader, ...]
    needs_up_to: Ints
    """A row for each need and a column for each rung: 1 where the rung, or one below it, has the need."""


def compile_plan(plan: Plan, *, version: int) -> CompiledPlan:
    """Ready a valid plan for evaluation. Takes about a millisecond: do it once for a plan version and keep it."""
    calendar = calendar_of(plan)
    by_code = {measure.code: measure for measure in plan.measures}
    base = [measure for measure in plan.measures if not isinstance(measure, Weighted)]
    weighted = [part for code in measure_order(plan.measures) if isinstance(part := by_code[code], Weighted)]
    measures = (*base, *weighted)
    position = {measure.code: index for index, measure in enumerate(measures)}
    stipends = tuple(component for component in plan.components if isinstance(component, PerAward))
    needs = tuple(need for rung in plan.ladder.rungs for need in rung.requires)
    return CompiledPlan(
        plan=plan,
        version=version,
        content_hash=content_hash(plan),
        calendar=calendar,
        eligible_roles=frozenset(role.value for role in plan.eligibility.roles),
        eligible=_by_segment(lambda role, _: role in plan.eligibility.roles),
        measures=measures,
        readers=tuple(measure_reader(measure, calendar.starts_in) for measure in base),
        points=_points(base),
        points_unit=10 ** (6 - plan.rounding.points_places),
        weighted=tuple(_weights(measure, position) for measure in weighted),
        gates=_gates(plan.gates, position),
        bands=tuple(
            BandTable(position[bands.measure], _ints(millionths(band.at_least) for band in bands.levels))
            for bands in plan.bands
        ),
        components=tuple(_component(plan, component) for component in plan.components),
        stipends=stipends,
        stipend_cents=tuple(parse_amount(stipend.amount) for stipend in stipends),
        prorates=np.array([component.prorates for component in plan.components], dtype=np.bool_),
        total_cap=parse_amount(plan.total_cap.at_most) if plan.total_cap else None,
        needs=needs,
        need_readers=tuple(need_reader(need, plan.pathways, calendar.starts_in) for need in needs),
        needs_up_to=_needs_up_to(plan),
    )


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _by_segment(holds: Callable[[StaffRole, SubjectGroup], bool]) -> Bools:
    return np.array([*(holds(role, group) for role, group in SEGMENTS), False], dtype=np.bool_)


def _points(measures: Sequence[Measure]) -> PointTables:
    given = [(index, measure.points) for index, measure in enumerate(measures) if measure.points is not None]
    return PointTables(
        measure=_ints(index for index, _ in given),
        none_at=_ints(millionths(points.none_at) for _, points in given)[:, None],
        all_at=_ints(millionths(points.all_at) for _, points in given)[:, None],
    )


def _weights(measure: Weighted, position: dict[str, int]) -> WeightTable:
    table = np.zeros((len(SEGMENTS) + 1, len(position)), dtype=np.int64)
    for row in measure.weights:
        people = _by_segment(row.applies_to.covers)
        for code, weight in row.of.items():
            table[people, position[code]] = millionths(weight)
    return WeightTable(position[measure.code], table)


def _gates(gates: tuple[Gate, ...], position: dict[str, int]) -> GateTables:
    signs = [1 if gate.at_least is not None else -1 for gate in gates]
    thresholds = [millionths(gate.at_least or gate.at_most or "0") for gate in gates]
    applies = np.zeros((len(gates), len(SEGMENTS) + 1), dtype=np.bool_)
    for index, gate in enumerate(gates):
        applies[index] = _by_segment(gate.applies_to.covers)
    return GateTables(
        measure=_ints(position[gate.measure] for gate in gates),
        threshold=_ints(sign * threshold for sign, threshold in zip(signs, thresholds, strict=True))[:, None],
        sign=_ints(signs)[:, None],
        applies=applies,
    )


def _component(plan: Plan, component: Matrix | PerAward) -> ComponentTables:
    pays = _by_segment(lambda role, group: role in plan.eligibility.roles and component.applies_to.covers(role, group))
    codes = [gate.code for gate in plan.gates]
    if isinstance(component, PerAward):
        bands_at = -1
        amounts = np.where(pays, parse_amount(component.amount), 0)
    else:
        bands_at = next(index for index, bands in enumerate(plan.bands) if bands.code == component.bands)
        bands = plan.bands[bands_at]
        amounts = np.zeros((len(SEGMENTS) + 1, len(bands.levels)), dtype=np.int64)
        for index, (role, _) in enumerate(SEGMENTS):
            if pays[index]:
                row = component.amounts[role]
                amounts[index] = [parse_amount(row[band.code]) for band in bands.levels]
    return ComponentTables(amounts, bands_at, _ints(codes.index(code) for code in component.requires), pays)


def _needs_up_to(plan: Plan) -> Ints:
    owner = [index for index, rung in enumerate(plan.ladder.rungs) for _ in rung.requires]
    rungs = range(len(plan.ladder.rungs))
    table = [[int(of_rung <= rung) for rung in rungs] for of_rung in owner]
    return np.array(table, dtype=np.int64).reshape(len(owner), len(rungs))
