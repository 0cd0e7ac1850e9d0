"""The ladder: the tables of a plan's rungs, and the arithmetic from what is missing to the rung that one stands on.

Rungs are positions from 0 for the lowest here; -1 stands for none.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from services.compensation.policy.evaluation.columns import Columns
from services.compensation.policy.evaluation.conditions import Gates
from services.compensation.policy.evaluation.measures import Values
from services.compensation.policy.exact import Bools, Ints, integers, millionths
from services.compensation.policy.facts.placements import LadderPlacements
from services.compensation.policy.facts.readers import NeedReader, need_reader
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.ladder import Demotion, GatesNeed, MeasureNeed, Need, WaysNeed

Ways: TypeAlias = tuple[tuple[int, ...], ...]
"""The positions of the needs of each way; one way of one need where the plan names no several."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One requirement of the rung at `rung`; one of its ways has to be met whole."""

    rung: int
    ways: Ways


@dataclass(frozen=True, eq=False, slots=True)
class LadderTables:
    """A plan's ladder; `needs` are all of its needs one after the other, those of each way among them."""

    needs: tuple[Need, ...]
    readers: tuple[NeedReader, ...]
    """What is missing by facts; of measures and gates nothing yet."""
    clauses: tuple[Clause, ...]
    has_ways: bool
    """Whether the clauses are not the needs themselves, one by one."""
    below: Ints
    """A row for each clause: the rung below its own, which is the highest reached while it is not met."""
    highest: int
    by_measure: tuple[tuple[int, int, int], ...]
    """Need, measure, and the least that is asked for in millionths."""
    by_gates: tuple[tuple[int, Ints], ...]
    placements: LadderPlacements
    placement_readers: tuple[NeedReader, ...]
    to_confirm: tuple[int, ...]
    """The rungs that have to be confirmed."""
    rises_only: bool
    demotion: Demotion | None


@dataclass(frozen=True, eq=False, slots=True)
class Rungs:
    """Where each educator stands and why. `shortfalls` has a row for each need: how much of it is missing."""

    shortfalls: Ints
    reached: Ints
    """The highest rung whose needs, and those of all below it, are met."""
    entitled: Ints
    """The highest up to that with no confirmation missing."""
    standing: Ints
    awaiting: Ints
    """The highest rung that is reached, stood on by nobody before it is confirmed, and is not; -1 for none."""


def ladder_tables(plan: Plan, starts_in: int, measures: dict[str, int]) -> LadderTables:
    """`measures` are the positions of the measures by code."""
    needs: list[Need] = []
    clauses: list[Clause] = []
    for at, rung in enumerate(plan.ladder.rungs):
        for requirement in rung.requires:
            several = (
                [way.requires for way in requirement.ways] if isinstance(requirement, WaysNeed) else [(requirement,)]
            )
            ways = []
            for way in several:
                ways.append(tuple(range(len(needs), len(needs) + len(way))))
                needs += way
            clauses.append(Clause(at, tuple(ways)))
    gates = [gate.code for gate in plan.gates]
    placements = LadderPlacements(plan, starts_in)
    return LadderTables(
        needs=tuple(needs),
        readers=tuple(need_reader(need, plan.pathways, starts_in) for need in needs),
        clauses=tuple(clauses),
        has_ways=any(len(clause.ways) > 1 for clause in clauses),
        below=integers(clause.rung - 1 for clause in clauses)[:, None],
        highest=len(plan.ladder.rungs) - 1,
        by_measure=tuple(
            (at, measures[need.measure], millionths(need.at_least))
            for at, need in enumerate(needs)
            if isinstance(need, MeasureNeed)
        ),
        by_gates=tuple(
            (at, integers(map(gates.index, need.of))) for at, need in enumerate(needs) if isinstance(need, GatesNeed)
        ),
        placements=placements,
        placement_readers=placements.readers(),
        to_confirm=tuple(at for at, rung in enumerate(plan.ladder.rungs) if rung.confirmed_by is not None),
        rises_only=plan.ladder.holds is not None,
        demotion=plan.ladder.demotion,
    )


def stand(tables: LadderTables, columns: Columns, values: Values, gates: Gates) -> Rungs:
    """The rung of each educator, from what is missing by facts, measures and gates, and from earlier placements."""
    shortfalls = _shortfalls(tables, columns, values, gates)
    unmet = shortfalls > 0
    if tables.has_ways:
        unmet = _unmet_clauses(tables, unmet)
    reached: Ints = np.where(unmet, tables.below, tables.highest).min(axis=0, initial=tables.highest)
    if not tables.placement_readers:
        return Rungs(shortfalls, reached, reached, reached, np.full_like(reached, -1))
    held, years_below = columns.placements[0] - 1, columns.placements[1]
    confirmed = columns.placements[2:] > 0
    entitled = reached.copy()
    for rung, is_confirmed in zip(tables.to_confirm, confirmed, strict=True):
        np.minimum(entitled, rung - 1, out=entitled, where=~is_confirmed)
    standing = _standing(tables, entitled, held, years_below)
    awaiting = np.full_like(reached, -1)
    for rung, is_confirmed in zip(tables.to_confirm, confirmed, strict=True):
        awaiting[~is_confirmed & (rung <= reached) & (rung > standing)] = rung
    return Rungs(shortfalls, reached, entitled, standing, awaiting)


def _unmet_clauses(tables: LadderTables, unmet: Bools) -> Bools:
    """A row for each clause: whether no way of it is met whole."""
    found = np.empty((len(tables.clauses), unmet.shape[1]), dtype=np.bool_)
    for at, clause in enumerate(tables.clauses):
        found[at] = np.all([unmet[list(way)].any(axis=0) for way in clause.ways], axis=0)
    return found


def _shortfalls(tables: LadderTables, columns: Columns, values: Values, gates: Gates) -> Ints:
    if not tables.by_measure and not tables.by_gates:
        return columns.shortfalls
    shortfalls = columns.shortfalls.copy()
    for need, measure, at_least in tables.by_measure:
        is_reached = values.numerators[measure] >= at_least * values.denominators[measure]
        shortfalls[need] = ~(is_reached & values.measured[measure])
    for need, of in tables.by_gates:
        missing = (~gates.passed[of]).sum(axis=0)
        shortfalls[need] = np.where(gates.applies[of].any(axis=0), missing, len(of))
    return shortfalls


def _standing(tables: LadderTables, entitled: Ints, held: Ints, years_below: Ints) -> Ints:
    best: Ints = np.maximum(entitled, held)
    rule = tables.demotion
    if rule is None:
        return best if tables.rises_only else entitled
    lowest = np.maximum(entitled, held - 1) if rule.one_rung_a_year else entitled
    is_below: Bools = (entitled < held) & (years_below + 1 >= rule.after_years_below)
    fallen: Ints = np.where(is_below, lowest, best)
    return fallen
