"""Random plans on random educators: the evaluator and the exact reference agree on every value of every one of them.

`PAIRS=` says how many pairs of plan and educator; each plan is drawn by a seed of its own, which a failure names.
"""

import json
from random import Random

import pytest

from services.compensation.policy.cases.events import facts_of
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.plan import parse_plan
from tests.support.numbers import whole_number
from tests.support.outcome import outcomes
from tests.support.random_histories import random_campuses, random_history
from tests.support.random_plans import random_plan
from tests.support.reference import read_raw_plan, reference_of_all

EDUCATORS = 10
"""On each plan: few enough that the reference, which asks everybody about everybody, is done in a moment."""
PAIRS = whole_number("PAIRS", 1500)
PLANS = -(-PAIRS // EDUCATORS)
PARTS = 6


@pytest.mark.parametrize("part", range(PARTS))
def test_random_plans_on_random_educators_come_to_what_the_exact_reference_says(part: int) -> None:
    for seed in range(part, PLANS, PARTS):
        agree(seed)


def agree(seed: int) -> None:
    rng = Random(seed)
    text = json.dumps(random_plan(rng), indent=1)
    plan = compile_plan(parse_plan(text), version=1)
    histories = [random_history(rng) for _ in range(EDUCATORS)]
    campuses = random_campuses(rng)
    found = outcomes(plan, [facts_of(events) for events in histories], campuses)
    expected = reference_of_all(read_raw_plan(text), histories, campuses)
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert one == other, f"plan {seed}, educator {number}"
