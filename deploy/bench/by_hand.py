"""The sample plan by hand: numpy as somebody writes it who knows the plan and nothing else. The evaluator's floor.

Every figure of the plan is written down here once more. Whether it is the plan's is seen by what comes out: `same`
compares with the evaluator, value by value.
"""

from collections.abc import Mapping

import numpy as np

from services.compensation.policy.evaluation.columns import Columns
from services.compensation.policy.evaluation.evaluate import Working
from services.compensation.policy.exact import Ints
from services.compensation.policy.people import People

Values = Mapping[str, Ints]

_MILLION = 1_000_000
_HUNDREDTH = 10_000
_PERIOD_DAYS = 285
MEASURES = ("observations", "mean", "quality", "achieved", "duties", "growth", "slos", "slo_score")
"""The measures that are read from facts, in the evaluator's order."""
_OBSERVATIONS, _MEAN, _QUALITY, _ACHIEVED, _DUTIES, _GROWTH, _SLOS, _SLO_SCORE = range(8)
_AMOUNTS = {
    "teacher": (0, 100_000, 200_000, 350_000),
    "instructional_coach": (0, 90_000, 180_000, 300_000),
    "assistant_principal": (0, 100_000, 200_000, 325_000),
    "principal": (0, 150_000, 300_000, 500_000),
}


class ByHand:
    """The plan for those kinds of people that the evaluator numbers in `people`."""

    def __init__(self, people: People) -> None:
        roles = [str(kind.role) for kind in people.kinds]
        tested = [kind.subject_group == "tested" for kind in people.kinds]
        pays = np.array([*(role in _AMOUNTS for role in roles), False])
        self.teacher = np.array([*(role == "teacher" for role in roles), False])
        self.tested = self.teacher & np.array([*tested, False])
        self.matrix = np.array([*(_AMOUNTS.get(role, (0,) * 4) for role in roles), (0,) * 4], dtype=np.int64)
        leads = (pays & ~self.teacher).astype(np.int64)
        one, other = self.tested.astype(np.int64), (self.teacher & ~self.tested).astype(np.int64)
        # In hundredths, of: quality, achieved, role duties, growth, SLO score.
        self.weights = np.stack(
            [40 * one + 50 * other + 40 * leads, 30 * leads, 10 * one + 10 * other + 30 * leads, 50 * one, 40 * other]
        )

    def work(self, columns: Columns) -> Values:
        """Every value that the plan names, by its name; decimals in millionths, money in cents."""
        top, kind = columns.numerators, columns.kind
        under = np.maximum(columns.denominators, 1)
        measured = columns.denominators > 0
        quality, achieved, duties = (points(top[at], under[at], 1, 4) for at in (_QUALITY, _ACHIEVED, _DUTIES))
        growth, slo_score = (
            points(top[_GROWTH], under[_GROWTH], 0, 100),
            points(top[_SLO_SCORE], under[_SLO_SCORE], 1, 5),
        )
        weights = self.weights[:, kind]
        performance = weights[0] * quality
        for weight, part in zip(weights[1:], (achieved, duties, growth, slo_score), strict=True):
            performance += weight * part
        performance = (performance + 50 * _HUNDREDTH) // (100 * _HUNDREDTH) * _HUNDREDTH
        teacher, tested = self.teacher[kind], self.tested[kind]
        observed = top[_OBSERVATIONS] >= 2 * _MILLION * under[_OBSERVATIONS]
        effective = measured[_MEAN] & (10 * top[_MEAN] >= 27 * _MILLION * under[_MEAN])
        grown = measured[_GROWTH] & (top[_GROWTH] >= 50 * _MILLION * under[_GROWTH])
        approved = top[_SLOS] >= _MILLION * under[_SLOS]
        result = measured[_SLO_SCORE] & (top[_SLO_SCORE] >= 3 * _MILLION * under[_SLO_SCORE])
        is_open = observed & effective & (grown | ~tested) & ((approved & result) | tested | ~teacher)
        band = sum((performance >= border * _MILLION).astype(np.int64) for border in (50, 60, 75))
        full = self.matrix[kind, band]
        whole = _PERIOD_DAYS * _MILLION
        in_time = (2 * full * columns.fte_days + whole) // (2 * whole)
        bonus = in_time * is_open
        stipend = np.minimum(columns.stipend_counts[0], 8) * 20_000 * teacher
        before_cap = bonus + stipend
        paid_bonus = np.minimum(bonus, 500_000)
        total = np.minimum(before_cap, 500_000)
        return {
            "quality": quality,
            "achieved": achieved,
            "duties": duties,
            "growth": growth,
            "slo_score": slo_score,
            "performance": performance,
            "observed": observed,
            "effective": effective,
            "grown": grown,
            "approved": approved,
            "result": result,
            "is_open": is_open,
            "band": band,
            "full_bonus": full,
            "open_bonus": in_time,
            "granted_bonus": full * is_open,
            "bonus": bonus,
            "stipend": stipend,
            "before_cap": before_cap,
            "paid_bonus": paid_bonus,
            "paid_stipend": total - paid_bonus,
            "total": total,
            "rung": _rung(columns.shortfalls),
        }


def points(top: Ints, under: Ints, none_at: int, all_at: int) -> Ints:
    """On the straight line from `none_at` (0) to `all_at` (100), rounded half up to a hundredth."""
    lowest = none_at * _MILLION * under
    above = np.clip(top, lowest, all_at * _MILLION * under) - lowest
    whole = (all_at - none_at) * _MILLION * under
    rounded: Ints = (2 * 100 * 100 * above + whole) // (2 * whole) * _HUNDREDTH
    return rounded


def _rung(short: Ints) -> Ints:
    """Two needs each for the rungs 1 and 2, four for 3, two for 4; a rung needs all of those below it."""
    established = (short[0] == 0) & (short[1] == 0)
    accomplished = established & (short[2] == 0) & (short[3] == 0)
    lead = accomplished & (short[4] == 0) & (short[5] == 0) & (short[6] == 0) & (short[7] == 0)
    master = lead & (short[8] == 0) & (short[9] == 0)
    rung: Ints = established.astype(np.int64) + accomplished + lead + master
    return rung


def same(values: Values, working: Working) -> bool:
    """Whether the evaluator came to the very same integers."""
    evaluated = {
        "quality": working.points[_QUALITY],
        "achieved": working.points[_ACHIEVED],
        "duties": working.points[_DUTIES],
        "growth": working.points[_GROWTH],
        "slo_score": working.points[_SLO_SCORE],
        "performance": working.points[-1],
        "is_open": working.gates_open[0],
        "band": working.bands[0],
        "full_bonus": working.full_amounts[0],
        "open_bonus": working.open_amounts[0],
        "granted_bonus": working.granted_amounts[0],
        "bonus": working.prorated_amounts[0],
        "stipend": working.prorated_amounts[1],
        "before_cap": working.total_before_cap,
        "paid_bonus": working.amounts[0],
        "paid_stipend": working.amounts[1],
        "total": working.total,
        "rung": working.rung,
    }
    return all(bool((values[name] == one).all()) for name, one in evaluated.items())
