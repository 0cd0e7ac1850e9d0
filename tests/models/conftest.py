"""One loop for all machines, how many steps they have to run, and the line that says how many they ran."""

import asyncio
import math
import os
from collections.abc import Callable, Collection, Generator, Iterator
from functools import partial

import pytest

from tests.models.machine import Machine, Tally, drive

MACHINES = 6
STEPS = int(os.environ.get("STEPS", "20000"))
SEED = int(os.environ.get("SEED", "0"))
ENOUGH_FOR_ALL = 20_000
"""With fewer steps than this, chance decides which rules are granted and which refusals are met."""

_TALLIES = pytest.StashKey[list[Tally]]()

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

    def run_machine(name: str, make: Make, to_be_met: Collection[str]) -> None:
        tally, share = Tally(name), math.ceil(STEPS / MACHINES)
        request.config.stash.setdefault(_TALLIES, []).append(tally)
        drive(partial(make, loop), tally, steps=share, seed=SEED)
        assert tally.steps >= share
        if STEPS >= ENOUGH_FOR_ALL:
            assert tally.granted() == tally.rules, tally.rules - tally.granted()
            assert tally.met() >= set(to_be_met), set(to_be_met) - tally.met()

    return run_machine


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, None, None]:
    yield
    tallies = config.stash.get(_TALLIES, [])
    for tally in tallies:
        terminalreporter.write_line(f"model of {tally}")
        if config.option.verbose > 0:
            for (rule, outcome), times in sorted(tally.outcomes.items()):
                terminalreporter.write_line(f"    {rule:28} {outcome:32} {times:8,}")
    if tallies:
        terminalreporter.write_line(f"models: {sum(tally.steps for tally in tallies):,} steps, SEED={SEED}")
