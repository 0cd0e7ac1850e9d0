"""Figures: what deciding costs, in processor time an educator: alone, and in a batch. No I/O."""

import time
from collections.abc import Callable, Sequence

from deploy.bench.by_hand import ByHand
from deploy.bench.figures import Aim, Figure
from deploy.bench.setting import Setting
from deploy.bench.spread import Spread
from deploy.bench.standing import sample_plan, standing_facts
from services.compensation.policy.decide import decide
from services.compensation.policy.evaluation.evaluate import evaluate
from services.compensation.policy.evaluation.reading import read_columns

_BATCH = 256
_BATCHES = 12
_ALONE = 2_000


def evaluator(setting: Setting) -> list[Figure]:
    """A statement's words have no floor, so the floor is the arithmetic alone."""
    setting.report(f"deciding {_BATCH * _BATCHES:,} educators in batches of {_BATCH}, then {_ALONE:,} one by one")
    facts, plan = standing_facts(_BATCH * _BATCHES), sample_plan()
    by_hand = ByHand(plan.people)
    batches = [facts[first : first + _BATCH] for first in range(0, len(facts), _BATCH)]
    together = [_cpu_us(lambda batch=batch: decide(plan, batch)) / _BATCH for batch in batches]  # type: ignore[misc]
    columns = [read_columns(plan, batch, {})[0] for batch in batches]
    floor = [_cpu_us(lambda one=one: by_hand.work(one)) / _BATCH for one in columns]  # type: ignore[misc]
    alone = facts[:_ALONE]
    evaluated, decided, bare = [], [], []
    for one in alone:
        evaluated.append(_cpu_us(lambda one=one: evaluate(plan, [one])))  # type: ignore[misc]
        decided.append(_cpu_us(lambda one=one: decide(plan, [one])))  # type: ignore[misc]
        column, _ = read_columns(plan, [one], {})
        bare.append(_cpu_us(lambda column=column: by_hand.work(column)))  # type: ignore[misc]
    note = (
        f"Processor time, median of {len(alone):,} educators one by one; p99 {Spread.of(evaluated).p99:,.0f} µs. Facts "
        "in, every value of the working out. Floor: the plan by hand in numpy, on arrays that are there already."
    )
    with_words = (
        f"The same with the statement's bytes; p99 {Spread.of(decided).p99:,.0f} µs. For words there is no floor."
    )
    return [
        Figure("one educator through the evaluator", "µs", *_medians(evaluated, bare), Aim(at_most=300), note),
        Figure("one educator decided, with the statement", "µs", *_medians(decided, bare), note=with_words),
        Figure(f"an educator decided in a batch of {_BATCH}", "µs", *_medians(together, floor)),
    ]


def _medians(ours: Sequence[float], floor: Sequence[float]) -> tuple[float, float]:
    return Spread.of(ours).p50, Spread.of(floor).p50


def _cpu_us(work: Callable[[], object]) -> float:
    began = time.process_time_ns()
    work()
    return (time.process_time_ns() - began) / 1000
