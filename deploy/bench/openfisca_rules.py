"""The peer of the evaluator: the sample plan's rules in openfisca-core, the field's engine for rules over many people.

One variable for each value that the plan names, as its authors would write it. Its whole numbers have 32 bits, so
formulas compute in 64 and what is kept fits.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import YEAR
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from deploy.bench.by_hand import MEASURES, ByHand, points
from services.compensation.policy.evaluation.columns import Columns
from services.compensation.policy.exact import Ints

_PERIOD = "2020"
_MILLION = 1_000_000
_POINTS = {"quality": (1, 4), "achieved": (1, 4), "duties": (1, 4), "growth": (0, 100), "slo_score": (1, 5)}
_EDUCATOR = build_entity(key="educator", plural="educators", label="An educator", is_person=True)


class Peer:
    """The plan as a system of variables."""

    def __init__(self, by_hand: ByHand) -> None:
        self._system = TaxBenefitSystem([_EDUCATOR])
        self._system.add_variables(*_inputs(), *_points(), *_gates(), *_pay(by_hand), *_ladder())

    def work(self, columns: Columns) -> Mapping[str, Ints]:
        """Every value of the plan, by its name."""
        simulation = SimulationBuilder().build_default_simulation(self._system, count=len(columns.kind))
        given = {"kind": columns.kind, "fte_days": columns.fte_days, "awards": columns.stipend_counts[0]}
        for at, name in enumerate(MEASURES):
            given |= {f"{name}_top": columns.numerators[at], f"{name}_under": columns.denominators[at]}
        given |= {f"short_{at}": short for at, short in enumerate(columns.shortfalls)}
        for name, values in given.items():
            simulation.set_input(name, _PERIOD, values.astype(np.int32))
        wanted = [*_POINTS, "performance", "is_open", "band", "full_bonus", "open_bonus", "granted_bonus", "bonus"]
        wanted += ["stipend", "before_cap", "paid_bonus", "paid_stipend", "total", "rung"]
        return {name: simulation.calculate(name, _PERIOD) for name in wanted}


def _variable(name: str, formula: Any = None, *, kind: type = int) -> type[Variable]:
    members: dict[str, Any] = {"value_type": kind, "entity": _EDUCATOR, "definition_period": YEAR, "label": name}
    if formula is not None:
        members["formula"] = lambda educator, period: formula(lambda other: educator(other, period))
    return type(name, (Variable,), members)


def _inputs() -> list[type[Variable]]:
    names = ["kind", "fte_days", "awards", *(f"short_{at}" for at in range(10))]
    return [_variable(name) for name in [*names, *(f"{one}_{end}" for one in MEASURES for end in ("top", "under"))]]


def _points() -> list[type[Variable]]:
    def formula(name: str, none_at: int, all_at: int) -> Any:
        return lambda of: points(
            of(f"{name}_top").astype(np.int64), np.maximum(of(f"{name}_under"), 1).astype(np.int64), none_at, all_at
        )

    return [_variable(name, formula(name, *borders)) for name, borders in _POINTS.items()]


def _gates() -> list[type[Variable]]:
    def at_least(name: str, tenths: int) -> Any:
        def formula(of: Any) -> Any:
            under = of(f"{name}_under").astype(np.int64)
            return (under > 0) & (10 * of(f"{name}_top").astype(np.int64) >= tenths * _MILLION * under)

        return formula

    borders = {"observed": ("observations", 20), "effective": ("mean", 27), "grown": ("growth", 500)}
    borders |= {"approved": ("slos", 10), "result": ("slo_score", 30)}
    return [_variable(name, at_least(*border), kind=bool) for name, border in borders.items()]


def _pay(by_hand: ByHand) -> list[type[Variable]]:
    def performance(of: Any) -> Any:
        weights = by_hand.weights[:, of("kind")]
        exact = sum(weight * of(name) for weight, name in zip(weights, _POINTS, strict=True))
        return (exact + 500_000) // 1_000_000 * 10_000

    def is_open(of: Any) -> Any:
        teacher, tested = by_hand.teacher[of("kind")], by_hand.tested[of("kind")]
        by_slos = (of("approved") & of("result")) | tested | ~teacher
        return of("observed") & of("effective") & (of("grown") | ~tested) & by_slos

    def open_bonus(of: Any) -> Any:
        whole = 285 * _MILLION
        return (2 * of("full_bonus").astype(np.int64) * of("fte_days") + whole) // (2 * whole)

    return [
        _variable("performance", performance),
        _variable("is_open", is_open, kind=bool),
        _variable("band", lambda of: sum((of("performance") >= one * _MILLION).astype(int) for one in (50, 60, 75))),
        _variable("full_bonus", lambda of: by_hand.matrix[of("kind"), of("band")]),
        _variable("open_bonus", open_bonus),
        _variable("granted_bonus", lambda of: of("full_bonus") * of("is_open")),
        _variable("bonus", lambda of: of("open_bonus") * of("is_open")),
        _variable("stipend", lambda of: np.minimum(of("awards"), 8) * 20_000 * by_hand.teacher[of("kind")]),
        _variable("before_cap", lambda of: of("bonus") + of("stipend")),
        _variable("paid_bonus", lambda of: np.minimum(of("bonus"), 500_000)),
        _variable("total", lambda of: np.minimum(of("before_cap"), 500_000)),
        _variable("paid_stipend", lambda of: of("total") - of("paid_bonus")),
    ]


def _ladder() -> list[type[Variable]]:
    def reached(lower: str | None, needs: range) -> Any:
        def formula(of: Any) -> Any:
            met = np.logical_and.reduce([of(f"short_{need}") == 0 for need in needs])
            return met if lower is None else of(lower) & met

        return formula

    rungs = [("established", None, range(2)), ("accomplished", "established", range(2, 4))]
    rungs += [("lead", "accomplished", range(4, 8)), ("master", "lead", range(8, 10))]
    steps = [_variable(name, reached(lower, needs), kind=bool) for name, lower, needs in rungs]
    return [*steps, _variable("rung", lambda of: sum(of(name).astype(int) for name, _, _ in rungs))]
