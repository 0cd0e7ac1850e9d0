"""State machines whose steps are coroutines: run on one loop, counted with what came of each, as many as asked for."""

import asyncio
import functools
import math
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import hypothesis
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

T = TypeVar("T")
Work: TypeAlias = Coroutine[Any, Any, None]

STEPS_OF_AN_EXAMPLE = 60
EXAMPLES_OF_A_ROUND = 100
"""Hypothesis keeps what it needs of each example of a round in memory."""

INDEPENDENT = "independent"
AVAILABLE_PROVIDERS[INDEPENDENT] = HypothesisProvider
"""Hypothesis's own way to draw. Under its first name, five of six examples are the one before with a small change:
their steps are repeated, and few examples get far."""

GRANTED = "granted"
GIVEN_AGAIN = "given again"
"""What a step came to: one of these or the code of a refusal, and whatever else is worth counting."""


@dataclass
class Tally:
    """What was really executed: how often each rule ran, and what came of it."""

    machine: str
    rules: set[str] = field(default_factory=set)
    steps: int = 0
    seconds: float = 0.0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def granted(self) -> set[str]:
        """The rules that were granted at least once."""
        return {rule for rule, outcome in self.outcomes if outcome in (GRANTED, GIVEN_AGAIN)}

    def met(self) -> set[str]:
        """All that any rule came to."""
        return {outcome for _, outcome in self.outcomes}

    def __str__(self) -> str:
        return (
            f"{self.machine}: {self.steps:,} steps in {self.seconds:.1f} s, {self.steps / self.seconds:,.0f} a second"
        )


class Machine(RuleBasedStateMachine):
    """A product and a plain model of it, which must agree after every step.

    A machine begins with a product that holds nothing of earlier examples. `look` compares what both hold now.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, tally: Tally) -> None:
        super().__init__()
        self._loop = loop
        self._tally = tally
        self._agrees = False
        self._rule, self._is_told = "", False
        tally.rules = {rule.function.__name__ for rule in (*self.rules, *self._initialize_rules_to_run)}
        self._await(self.begin())
        self._agrees = True

    async def begin(self) -> None:
        """Make the product and the model new."""

    async def look(self) -> None:
        """What must hold after every step."""

    async def end(self) -> None:
        """What must hold at the end of an example, where looking for it costs too much to do it always."""

    async def close(self) -> None:
        """Let go of what the example opened, however it ended."""

    def came_to(self, outcome: str) -> None:
        """Count something that came of the step at hand; one that says nothing was granted."""
        self._tally.outcomes[self._rule, outcome] += 1
        self._is_told = True

    def take(self, name: str, step: Work) -> None:
        """Take a step, count it, and look whether both agree."""
        self._agrees, self._is_told, self._rule = False, False, name
        self._await(self._take(step))
        self._tally.steps += 1
        self._agrees = True

    async def _take(self, step: Work) -> None:
        await step
        if not self._is_told:
            self.came_to(GRANTED)
        await self.look()

    def _await(self, work: Work) -> None:
        self._loop.run_until_complete(work)

    def teardown(self) -> None:
        try:
            if self._agrees:
                self._await(self.end())
        finally:
            self._await(self.close())


def step(**arguments: Any) -> Callable[[Callable[..., Work]], Any]:
    """A rule that is a coroutine; `arguments` are those of Hypothesis's `rule`."""
    as_rule: Any = rule(**arguments)
    return lambda function: as_rule(_counted(function))


def first(**arguments: Any) -> Callable[[Callable[..., Work]], Any]:
    """A step that every example begins with; `arguments` are those of Hypothesis's `initialize`."""
    as_rule: Any = initialize(**arguments)
    return lambda function: as_rule(_counted(function))


def _counted(function: Callable[..., Work]) -> Callable[..., None]:
    @functools.wraps(function)
    def run(self: Machine, **drawn: Any) -> None:
        self.take(function.__name__, function(self, **drawn))

    return run


FIT = -1
AT = st.sampled_from([FIT] * 5 + [0, 1, 2])
"""Which of several things a step is taken with: FIT is the newest one that the step is meant for."""


def pick(things: Sequence[T], at: int, is_fit: Callable[[T], bool]) -> T:
    """The newest but `at`, or the first one. With FIT, the newest that `is_fit`, or the newest where none is."""
    if at == FIT:
        return next(filter(is_fit, reversed(things)), things[-1])
    return things[-min(at + 1, len(things))]


def drive(make: Callable[[Tally], Machine], tally: Tally, *, steps: int, seed: int) -> None:
    """Run machines until at least `steps` steps were executed. The same seed gives the same steps."""
    began, number = time.perf_counter(), seed * 1_000_000
    try:
        while tally.steps < steps:
            _drive_a_round(make, tally, steps=steps - tally.steps, seed=number)
            number += 1
    finally:
        tally.seconds += time.perf_counter() - began


def _drive_a_round(make: Callable[[Tally], Machine], tally: Tally, *, steps: int, seed: int) -> None:
    seeded: Any = hypothesis.seed(seed)(lambda: make(tally))
    run_state_machine_as_test(
        seeded,
        settings=settings(
            max_examples=min(math.ceil(steps / STEPS_OF_AN_EXAMPLE), EXAMPLES_OF_A_ROUND),
            stateful_step_count=STEPS_OF_AN_EXAMPLE,
            phases=(Phase.generate, Phase.shrink),
            backend=INDEPENDENT,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
        ),
    )
