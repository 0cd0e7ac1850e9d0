"""Figure: a million educators under the sample plan on one core, every value kept: beside numpy and a peer."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from deploy.bench.by_hand import ByHand, same
from deploy.bench.figures import Aim, Figure
from deploy.bench.openfisca_rules import Peer
from deploy.bench.setting import BenchFailed, Setting
from deploy.bench.spread import median
from deploy.bench.standing import sample_plan, standing_facts
from deploy.load.cores import confined, measured_core
from services.compensation.policy.evaluation.columns import Columns, Places
from services.compensation.policy.evaluation.evaluate import work
from services.compensation.policy.evaluation.reading import read_columns
from services.compensation.policy.exact import Ints

_EDUCATORS = 1_000_000
_DRAWN_FROM = 1_000
_BLOCK = 8_192
_ROUNDS = 5
_SEED = 2020


def population(setting: Setting) -> list[Figure]:
    """Raises BenchFailed where one of the three comes to another cent, point or rung."""
    setting.report(f"{_EDUCATORS:,} educators under the sample plan, {_ROUNDS} times: ours, by hand, openfisca-core")
    plan = sample_plan()
    columns, _ = read_columns(plan, standing_facts(_DRAWN_FROM), {})
    everybody = _drawn(columns, np.random.default_rng(_SEED).integers(0, len(columns.kind), _EDUCATORS))
    blocks = [_part(everybody, slice(first, first + _BLOCK)) for first in range(0, _EDUCATORS, _BLOCK)]
    by_hand = ByHand(plan.people)
    peer = Peer(by_hand)
    for block in (blocks[0], blocks[-1]):
        if not same(by_hand.work(block), work(plan, block)) or not same(peer.work(block), work(plan, block)):
            raise BenchFailed("the plan by hand or by the peer comes to something else than by the evaluator")
    ways: dict[str, tuple[Callable[[Columns], object], Sequence[Columns]]] = {
        "ours": (lambda block: work(plan, block), blocks),
        "by hand, in blocks": (by_hand.work, blocks),
        "by hand, in one piece": (by_hand.work, [everybody]),
        "openfisca-core, in blocks": (peer.work, blocks),
        "openfisca-core, in one piece": (peer.work, [everybody]),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    with confined(measured_core()):
        for _ in range(_ROUNDS):
            for name, (do, parts) in ways.items():
                took[name].append(_cpu_seconds(do, parts))
    seconds = {name: median(one) for name, one in took.items()}
    floor = min(of for name, of in seconds.items() if name.startswith("by hand"))
    peers = min(of for name, of in seconds.items() if name.startswith("openfisca"))
    note = (
        f"Processor time of one core, median of {_ROUNDS} interleaved rounds; facts gathered into arrays before, all "
        f"values the same. Seconds: {', '.join(f'{name} {of:.2f}' for name, of in seconds.items())}; the faster way "
        "stands here."
    )
    name = f"{_EDUCATORS:,} educators, every value"
    return [
        Figure(f"{name}, beside numpy by hand", "s", seconds["ours"], floor, Aim(times_floor_at_most=2), note),
        Figure(f"{name}, beside openfisca-core", "s", seconds["ours"], peers, Aim(times_floor_at_most=1)),
    ]


def _cpu_seconds(do: Callable[[Columns], object], parts: Sequence[Columns]) -> float:
    began = time.process_time()
    for part in parts:
        do(part)
    return time.process_time() - began


def _drawn(columns: Columns, at: Ints) -> Columns:
    """The columns of those `at` these positions, each row in one piece as a reader of facts would leave it."""

    def drawn(name: str) -> Any:
        column = getattr(columns, name)
        if isinstance(column, Mapping):
            return {code: placed(places) for code, places in column.items()}
        return placed(column) if isinstance(column, Places) else np.ascontiguousarray(column[..., at])

    def placed(places: Places) -> Places:
        return Places(places.at[at], places.ids)

    return Columns(**{one.name: drawn(one.name) for one in fields(columns)})


def _part(columns: Columns, where: slice) -> Columns:
    return _drawn(columns, np.arange(len(columns.kind))[where])
