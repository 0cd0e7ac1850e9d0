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
"""With fewer steps than this, chance decides which rules and refusals are met."""

_TALLIES = pytest.StashKey[list[Tally]]()

Run = Callable[[str, Callable[[asyncio.AbstractEventLoop, Tally], Machine], Collection[str]], None]


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Of the machines alone: a rule is no coroutine, so it cannot wait on the loop of the other tests."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def run(request: pytest.FixtureRequest, loop: asyncio.AbstractEventLoop) -> Run:
    """Run a machine for its share of STEPS. No rule may be dead, and each of `refusals` has to be met."""

    def run_machine(
        name: str, make: Callable[[asyncio.AbstractEventLoop, Tally], Machine], refusals: Collection[str]
    ) -> None:
        tally = Tally(name)
        request.config.stash.setdefault(_TALLIES, []).append(tally)
        share = math.ceil(STEPS / MACHINES)
        drive(partial(make, loop), tally, steps=share, seed=SEED)
        assert tally.steps >= share
        if STEPS >= ENOUGH_FOR_ALL:
            assert tally.granted() == tally.rules, tally.rules - tally.granted()
            assert tally.refusals() >= set(refusals), set(refusals) - tally.refusals()

    return run_machine


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, None, None]:
    yield
    for tally in config.stash.get(_TALLIES, []):
        terminalreporter.write_line(f"model of {tally}")
        if config.option.verbose > 0:
            for (rule, outcome), times in sorted(tally.outcomes.items()):
                terminalreporter.write_line(f"    {rule:24} {outcome:32} {times:8,}")
