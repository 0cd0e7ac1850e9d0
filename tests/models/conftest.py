"""One loop for all machines, how many steps they have to run, and the line that says how many they ran."""

import asyncio
import math
from collections.abc import Callable, Collection, Iterator
from functools import partial

import pytest

from tests.models.machine import Machine, Tally, drive
from tests.support.numbers import whole_number
from tests.support.summary import say_at_the_end

MACHINES = 6
ENOUGH_FOR_ALL = 20_000
"""With fewer steps than this, chance decides which rules are granted and which refusals are met."""

Make = Callable[[asyncio.AbstractEventLoop, Tally], Machine]
Run = Callable[[str, Make, Collection[str]], None]


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Of the machines alone: a rule is no coroutine, so it cannot wait on the loop of the other tests."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def run(request: pytest.FixtureRequest, loop: asyncio.AbstractEventLoop) -> Run:
    """Run a machine for its share of STEPS. No rule may be dead, and all that is `to_be_met` has to be."""

    steps, seed = whole_number("STEPS", ENOUGH_FOR_ALL), whole_number("SEED", 0)

    def run_machine(name: str, make: Make, to_be_met: Collection[str]) -> None:
        tally, share = Tally(name), math.ceil(steps / MACHINES)
        wanted = set(to_be_met) if steps >= ENOUGH_FOR_ALL else set()
        drive(partial(make, loop), tally, steps=share, seed=seed)
        # What is drawn rarely is now and then not drawn at all: it is given three times as many steps more.
        for times in (2, 3, 4) if steps >= ENOUGH_FOR_ALL else ():
            if tally.granted() == tally.rules and tally.met() >= wanted:
                break
            drive(partial(make, loop), tally, steps=times * share, seed=seed + times)
        lines = [f"model of {tally}, SEED={seed}"]
        if request.config.option.verbose > 0:
            outcomes = sorted(tally.outcomes.items())
            lines += [f"    {rule:28} {outcome:32} {times:8,}" for (rule, outcome), times in outcomes]
        say_at_the_end(request.config, "\n".join(lines))
        assert tally.steps >= share
        if steps >= ENOUGH_FOR_ALL:
            assert tally.granted() == tally.rules, tally.rules - tally.granted()
            assert tally.met() >= wanted, wanted - tally.met()

    return run_machine
