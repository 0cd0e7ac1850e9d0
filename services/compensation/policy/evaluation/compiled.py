"""A plan readied for the evaluator: codes become positions, conditions on people tables, and amounts cents."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.compensation.domain import OFFER_ATTRIBUTE
from services.compensation.policy.evaluation.components import ComponentTable, component_tables
from services.compensation.policy.evaluation.conditions import BandTable, GateTables, band_table, gate_tables
from services.compensation.policy.evaluation.ladder import LadderTables, ladder_tables
from services.compensation.policy.evaluation.measures import DERIVED, Derivation, derivations
from services.compensation.policy.exact import SCALE, Bools
from services.compensation.policy.facts.calendar import PlanCalendar, calendar_of, without_cut_offs
from services.compensation.policy.facts.gather import Scope
from services.compensation.policy.facts.hire import HireReader, hire_reader
from services.compensation.policy.facts.placements import position_reader
from services.compensation.policy.facts.readers import MeasureReader, measure_reader
from services.compensation.policy.facts.worked import WorkedReader, is_special, worked_reader
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.measures import (
    AttributeIs,
    AttributeNumber,
    CampusAttribute,
    EvidenceMeasure,
    GroupMean,
    Measure,
    PlacementPosition,
    measure_order,
)
from services.compensation.policy.language.pay import PerAward, Pot
from services.compensation.policy.language.people import WithinGroup
from services.compensation.policy.people import People, people_of
from services.compensation.policy.plan import content_hash
from shared.kernel.money import parse_amount
from shared.kernel.period import SchoolYear


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
    grouped_by: tuple[str, ...]
    """The attributes that educators are counted together by."""
    total_cap: int | None
    ladder: LadderTables
    looks_at_common_facts: bool
    """Whether a decision rests on more than the educator's own facts: on campuses, or on all educators at once."""
    looks_at_everybody: bool


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
    roles = frozenset(role.value for role in plan.eligibility.roles)
    eligible = people.who(lambda person: person.role in roles)
    at_everybody, grouped_by = looks_at_everybody(plan), tuple(sorted(_grouped_by(plan)))
    return CompiledPlan(
        plan=plan,
        version=version,
        content_hash=content_hash(plan),
        calendar=calendar,
        scope=Scope(calendar, roles, _attributes(plan, people), _ladders(plan), _earlier(plan, calendar)),
        people=people,
        eligible=eligible,
        measures=measures,
        readers=tuple(_reader(measure, plan, calendar.starts_in) for measure in read),
        derivations=derivations(measures, people, eligible, unit),
        points_unit=unit,
        gates=gate_tables(plan.gates, position, people),
        bands=tuple(band_table(bands, position, gates) for bands in plan.bands),
        components=component_tables(plan, position, people, calendar.period_days),
        stipends=tuple(component for component in plan.components if isinstance(component, PerAward)),
        hire_readers=tuple(hire_reader(component) for component in plan.components if component.by_hire),
        worked_readers=tuple(worked_reader(component) for component in plan.components if is_special(component)),
        grouped_by=grouped_by,
        total_cap=parse_amount(plan.total_cap.at_most) if plan.total_cap else None,
        ladder=ladder_tables(plan, calendar.starts_in, position),
        looks_at_common_facts=at_everybody or _looks_at_campuses(plan),
        looks_at_everybody=at_everybody,
    )


def _attributes(plan: Plan, people: People) -> frozenset[str]:
    """The attributes of educators that the plan looks at."""
    measured = (one.attribute for one in plan.measures if isinstance(one, (AttributeNumber, AttributeIs)))
    offered = [OFFER_ATTRIBUTE] if plan.offers else []
    return frozenset([*people.words, *measured, *offered, *_grouped_by(plan)])


def _grouped_by(plan: Plan) -> set[str]:
    """The attributes that educators are counted together by."""
    withins = [gate.top.within for gate in plan.gates if gate.top is not None]
    withins += [measure.within for measure in plan.measures if isinstance(measure, GroupMean)]
    withins += [component.within for component in plan.components if isinstance(component, Pot)]
    return {within.attribute for within in withins if isinstance(within, WithinGroup)}


def _ladders(plan: Plan) -> frozenset[str]:
    """The ladders that the plan looks at placements on."""
    asked = {one.ladder or plan.ladder_code for one in plan.measures if isinstance(one, PlacementPosition)}
    return frozenset(asked | ({plan.ladder_code} if plan.ladder.rests_on_placements else set()))


def _earlier(plan: Plan, calendar: PlanCalendar) -> Mapping[str, Mapping[str, PlanCalendar]]:
    """By kind of fact, the school years before the plan year that a measure is over."""
    years_back: dict[str, int] = {}
    for one in plan.measures:
        if isinstance(one, EvidenceMeasure) and one.over is not None:
            kind = one.take.partition("_")[0]
            back = one.over.years - (one.over.through == "plan_year")
            years_back[kind] = max(back, years_back.get(kind, 0))
    return {
        kind: {
            (label := str(SchoolYear(year))): without_cut_offs(calendar, plan_year=label, starts_in=year)
            for year in range(calendar.starts_in - back, calendar.starts_in)
        }
        for kind, back in years_back.items()
    }


def _reader(measure: Measure, plan: Plan, starts_in: int) -> MeasureReader:
    if isinstance(measure, PlacementPosition):
        return position_reader(measure, plan.ladder_code, starts_in)
    return measure_reader(measure, starts_in)


def looks_at_everybody(plan: Plan) -> bool:
    """Whether anything depends on all educators at once: a place among them, bands by shares, a pot, a group's mean."""
    return (
        any(gate.top is not None for gate in plan.gates)
        or any(band.share is not None for bands in plan.bands for band in bands.levels)
        or any(isinstance(component, Pot) for component in plan.components)
        or any(isinstance(measure, GroupMean) for measure in plan.measures)
    )


def _looks_at_campuses(plan: Plan) -> bool:
    return any(isinstance(measure, CampusAttribute) for measure in plan.measures) or any(
        component.on_campuses is not None for component in plan.components
    )
