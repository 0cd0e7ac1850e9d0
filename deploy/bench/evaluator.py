"""Figure: what deciding costs, in processor time an educator: in a batch, and alone. No I/O."""

import time
from collections.abc import Callable, Sequence
from uuid import UUID

import numpy as np
import orjson

from deploy.bench.figures import Figure
from deploy.bench.season import recorded_at, season
from deploy.bench.setting import Setting
from deploy.bench.spread import median
from deploy.loading import PLAN
from services.compensation.domain import EducatorFacts
from services.compensation.policy.decide import decide
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.plan import parse_plan
from services.compensation.service.arrivals import to_arrival
from shared.kernel.ids import uuid7
from shared.messaging.received import ReceivedEvent

_BATCH = 256
_BATCHES = 12
_ALONE = 400


def evaluator(setting: Setting) -> list[Figure]:
    """For information: a statement's words have no floor, so the floor is the arithmetic alone."""
    setting.report(f"deciding {_BATCH * _BATCHES:,} educators in batches of {_BATCH}, then {_ALONE} one by one")
    facts = _facts(_BATCH * _BATCHES)
    plan = compile_plan(parse_plan(PLAN.read_text()), version=1)
    batches = [facts[first : first + _BATCH] for first in range(0, len(facts), _BATCH)]
    together = [_cpu_us(lambda batch=batch: decide(plan, batch)) / _BATCH for batch in batches]  # type: ignore[misc]
    alone = [_cpu_us(lambda one=one: decide(plan, [one])) for one in facts[:_ALONE]]  # type: ignore[misc]
    arithmetic = _Arithmetic(_BATCH)
    floor = [_cpu_us(arithmetic.work) / _BATCH for _ in range(50)]
    one = _Arithmetic(1)
    floor_alone = [_cpu_us(one.work) for _ in range(200)]
    note = (
        "Processor time, median. Facts in; amounts, rung and the statement's bytes out. Floor: the same arithmetic in "
        "numpy on arrays that are there already, without facts and words."
    )
    return [
        Figure(f"evaluator, an educator in a batch of {_BATCH}", "µs", median(together), median(floor), note=note),
        Figure("evaluator, an educator alone", "µs", median(alone), median(floor_alone)),
    ]


def _facts(educators: int) -> list[EducatorFacts]:
    """The standing facts after the whole season, as they come out of the database."""
    known: dict[str, EducatorFacts] = {}
    for number, event in enumerate(season(educators=educators, events=educators * 100)):
        received = ReceivedEvent(uuid7(recorded_at(number)), event, recorded_at(number), None)
        arrival = to_arrival(received)
        if arrival is not None:
            facts = known.get(arrival.educator_id) or EducatorFacts(arrival.educator_id, {})
            known[arrival.educator_id] = facts.with_fact(arrival.fact)
    return [
        EducatorFacts.from_document(str(UUID(key)), orjson.loads(orjson.dumps(facts.to_document())))
        for key, facts in known.items()
    ]


def _cpu_us(work: Callable[[], object]) -> float:
    began = time.process_time_ns()
    work()
    return (time.process_time_ns() - began) / 1000


class _Arithmetic:
    """The sample plan's arithmetic by hand: means, points, weights, gates, bands, matrix, stipend, proration, rung."""

    def __init__(self, educators: int) -> None:
        rng = np.random.default_rng(2020)
        self._level_sums = rng.integers(8, 200, (3, educators))
        self._level_counts = rng.integers(4, 60, (3, educators))
        self._growth_tenths = rng.integers(0, 1001, educators)
        self._observations = rng.integers(0, 7, educators)
        self._role = rng.integers(0, 4, educators)
        self._awards = rng.integers(0, 12, educators)
        self._days = rng.integers(1, 286, educators)
        self._years = rng.integers(0, 20, educators)
        self._matrix = rng.integers(0, 5000, (4, 4)) * 100
        self._weights = np.array([40, 10, 50])

    def work(self) -> Sequence[np.ndarray]:
        levels = np.clip((self._level_sums * 10000 // self._level_counts - 10000) // 3, 0, 10000)
        points = np.stack([levels[0], levels[2], self._growth_tenths * 10])
        performance = (self._weights @ points + 50) // 100
        mean_ok = self._level_sums.sum(axis=0) * 10 >= 27 * self._level_counts.sum(axis=0)
        gates = (self._observations >= 2) & mean_ok & (self._growth_tenths >= 500)
        band = np.searchsorted(np.array([5000, 6000, 7500]), performance, side="right")
        bonus = np.where(gates, (self._matrix[self._role, band] * self._days * 2 + 285) // 570, 0)
        stipend = np.where(self._role == 0, np.minimum(self._awards, 8) * 20000, 0)
        total = np.minimum(bonus + stipend, 500_000)
        enough = np.stack([self._years >= 1, self._awards >= 4, self._years >= 3, self._awards >= 8])
        return total, np.logical_and.accumulate(enough, axis=0).sum(axis=0)
