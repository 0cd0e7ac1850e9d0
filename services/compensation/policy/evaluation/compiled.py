"""A plan readied for the evaluator: codes become positions, conditions on people tables, and amounts cents."""

from dataclasses import dataclass

import numpy as np

from services.compensation.domain import OFFER_ATTRIBUTE
from services.compensation.policy.evaluation.components import ComponentTable, component_tables
from services.compensation.policy.evaluation.conditions import BandTable, GateTables, band_table, gate_tables
from services.compensation.policy.evaluation.measures import DERIVED, Derivation, derivations
from services.compensation.policy.exact import SCALE, Bools, Ints
from services.compensation.policy.facts.calendar import PlanCalendar, calendar_of
from services.compensation.policy.facts.gather import Scope
from services.compensation.policy.facts.hire import HireReader, hire_reader
from services.compensation.policy.facts.readers import MeasureReader, NeedReader, measure_reader, need_reader
from services.compensation.policy.facts.worked import WorkedReader, is_special, worked_reader
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.ladder import Requirement
from services.compensation.policy.language.measures import (
    AttributeIs,
    AttributeNumber,
    CampusAttribute,
    Measure,
    measure_order,
)
from services.compensation.policy.language.pay import PerAward, Pot
from services.compensation.policy.people import People, people_of
from services.compensation.policy.plan import content_hash
from shared.kernel.money import parse_amount


@dataclass(frozen=True, eq=False, slots=True)
class CompiledPlan:
    """A plan version, compiled. `version` is the number that the plan was kept under; the document does not hold it."""

    plan: Plan
    version: int
    content_hash: str
    calendar: PlanCalendar
    scope: Scope
    people: People
    eligible: Bools
    measures: tuple[Measure, ...]
    """Those read from facts first, then those made of others, each after what it is made of."""
    readers: tuple[MeasureReader, ...]
    derivations: tuple[Derivation, ...]
    points_unit: int
    """The smallest difference of points, in millionths."""
    gates: GateTables
    bands: tuple[BandTable, ...]
    components: tuple[ComponentTable, ...]
    stipends: tuple[PerAward, ...]
    hire_readers: tuple[HireReader, ...]
    worked_readers: tuple[WorkedReader, ...]
    total_cap: int | None
    needs: tuple[Requirement, ...]
    need_readers: tuple[NeedReader, ...]
    looks_at_common_facts: bool
    """Whether a decision rests on more than the educator's own facts: on campuses, or on all educators at once."""
    looks_at_everybody: bool
    needs_up_to: Ints
    """A row for each need and a column for each rung: 1 where the rung, or one below it, has the need."""


def compile_plan(plan: Plan, *, version: int) -> CompiledPlan:
    """Ready a valid plan for evaluation. Takes about a millisecond: do it once for a plan version and keep it."""
    calendar, people = calendar_of(plan), people_of(plan)
    by_code = {measure.code: measure for measure in plan.measures}
    read = [measure for measure in plan.measures if not isinstance(measure, DERIVED)]
    derived = [by_code[code] for code in measure_order(plan.measures) if isinstance(by_code[code], DERIVED)]
    measures = (*read, *derived)
    position = {measure.code: at for at, measure in enumerate(measures)}
    unit = SCALE // 10**plan.rounding.points_places
    gates = [gate.code for gate in plan.gates]
    needs = tuple(need for rung in plan.ladder.rungs for need in rung.requires)
    roles = frozenset(role.value for role in plan.eligibility.roles)
    at_everybody = looks_at_everybody(plan)
    return CompiledPlan(
        plan=plan,
        version=version,
        content_hash=content_hash(plan),
        calendar=calendar,
        scope=Scope(calendar, roles, _attributes(plan, people)),
        people=people,
        eligible=people.who(lambda person: person.role in roles),
        measures=measures,
        readers=tuple(measure_reader(measure, calendar.starts_in) for measure in read),
        derivations=derivations(measures, people, unit),
        points_unit=unit,
        gates=gate_tables(plan.gates, position, people),
        bands=tuple(band_table(bands, position, gates) for bands in plan.bands),
        components=component_tables(plan, position, people, calendar.period_days),
        stipends=tuple(component for component in plan.components if isinstance(component, PerAward)),
        hire_readers=tuple(hire_reader(component) for component in plan.components if component.by_hire),
        worked_readers=tuple(worked_reader(component) for component in plan.components if is_special(component)),
        total_cap=parse_amount(plan.total_cap.at_most) if plan.total_cap else None,
        needs=needs,
        need_readers=tuple(need_reader(need, plan.pathways, calendar.starts_in) for need in needs),
        looks_at_common_facts=at_everybody or _looks_at_campuses(plan),
        looks_at_everybody=at_everybody,
        needs_up_to=_needs_up_to(plan),
    )


def _attributes(plan: Plan, people: People) -> frozenset[str]:
    """The attributes of educators that the plan looks at."""
    measured = (one.attribute for one in plan.measures if isinstance(one, (AttributeNumber, AttributeIs)))
    offered = [OFFER_ATTRIBUTE] if plan.offers else []
    return frozenset([*people.words, *measured, *offered])


def looks_at_everybody(plan: Plan) -> bool:
    """Whether anything depends on all educators at once: a place among them, bands by shares, a pot."""
    return (
        any(gate.top is not None for gate in plan.gates)
        or any(band.share is not None for bands in plan.bands for band in bands.levels)
        or any(isinstance(component, Pot) for component in plan.components)
    )


def _looks_at_campuses(plan: Plan) -> bool:
    return any(isinstance(measure, CampusAttribute) for measure in plan.measures) or any(
        component.on_campuses is not None for component in plan.components
    )


def _needs_up_to(plan: Plan) -> Ints:
    owner = [index for index, rung in enumerate(plan.ladder.rungs) for _ in rung.requires]
    rungs = range(len(plan.ladder.rungs))
    table = [[int(of_rung <= rung) for rung in rungs] for of_rung in owner]
    return np.array(table, dtype=np.int64).reshape(len(owner), len(rungs))
