"""A process that dies at its Nth step of I/O, as SQLite tests crashes, for whole services.

Before and after each write to a socket is a step. What a process does for others to see lies between its writes, to
the database, to the log and to its callers alike: no step has to be named, and one that is new is found by itself.

As a program it forks a process for each order that it reads, from one that has imported everything already.
"""

import gc
import json
import os
import runpy
import signal
import subprocess
import sys
from asyncio import selector_events
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.child_process import tail
from deploy.services import SERVICES

_PROGRAMS = [f"services.{service}.{process}" for service in SERVICES for process in ("main", "worker")]
_LATER = ["shared.messaging.kafka"]
"""What a program imports only where it is needed."""
_WRITES = ("write", "writelines")

Call = tuple[str, str, str]
"""The module that was called, by which method, under which path."""


class Forge:
    """Starts processes that die where they are told to."""

    def __init__(self, program: "subprocess.Popen[str]", log: Path) -> None:
        self._program = program
        self._log = log
        self.done: set[Call] = set()
        """The calls that its processes have answered with success."""

    def start(self, module: str, environment: Mapping[str, str], *, die_at: int) -> int:
        """The id of a new process that runs `module`; it dies at step `die_at`, or never where that is 0."""
        order = {"run": module, "environment": dict(environment), "die_at": die_at, "log": str(self._log)}
        return int(self._ask(order))

    def has_died(self, process: int) -> bool:
        return bool(self._ask({"has_died": process}))

    def end(self, process: int) -> None:
        """Kill it, if it is alive; it has nothing to finish."""
        self._ask({"end": process})

    def report(self) -> str:
        """The last lines of what its processes said."""
        return tail(self._log, lines=40)

    def _ask(self, order: dict[str, Any]) -> Any:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        print(json.dumps(order), file=self._program.stdin, flush=True)
        return json.loads(self._program.stdout.readline())


@contextmanager
def forge(log: Path) -> Iterator[Forge]:
    """The processes write to `log`, and end with the block."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as program:
        try:
            yield Forge(program, log)
        finally:
            program.communicate()


def _serve() -> None:
    """Carry out the orders on standard input until it ends."""
    # Not imported before the fork and never after it: it writes where nobody can count.
    sys.modules["uvloop"] = None  # type: ignore[assignment]
    for module in _PROGRAMS + _LATER:
        __import__(module)
    # A collector that looks at what was imported would have each process copy all of it.
    gc.collect()
    gc.freeze()
    living: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        answer: object = None
        if "run" in order:
            answer = os.fork()
            if answer == 0:
                _run(order)
            living.add(answer)
        elif "has_died" in order:
            answer = _has_died(order["has_died"], living)
        else:
            _end(order["end"], living)
        print(json.dumps(answer), flush=True)
    for process in list(living):
        _end(process, living)


def _has_died(process: int, living: set[int]) -> bool:
    if process in living and os.waitpid(process, os.WNOHANG) != (0, 0):
        living.remove(process)
    return process not in living


def _end(process: int, living: set[int]) -> None:
    if not _has_died(process, living):
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        living.remove(process)


def _run(order: dict[str, Any]) -> None:
    with Path(order["log"]).open("a") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    os.environ.update(order["environment"])
    _die_at(order["die_at"])
    sys.argv = [order["run"]]
    del sys.modules[order["run"]]
    runpy.run_module(order["run"], run_name="__main__")
    os._exit(0)


def _die_at(step: int) -> None:
    taken = 0

    def take_step() -> None:
        nonlocal taken
        taken += 1
        if taken == step:
            os.kill(os.getpid(), signal.SIGKILL)

    step_at_writes(selector_events._SelectorSocketTransport, take_step)  # type: ignore[attr-defined]


def step_at_writes(transport: Any, take_step: Callable[[], None]) -> None:
    """Take a step before and after each write of a transport, whichever of its own ways it goes.

    A way that is inherited ends in one of its own: it would be counted twice.
    """
    for name in _WRITES:
        if name in vars(transport):
            setattr(transport, name, _between_steps(getattr(transport, name), take_step))


def _between_steps(write: Callable[[Any, Any], None], take_step: Callable[[], None]) -> Callable[[Any, Any], None]:
    def counted(self: Any, data: Any) -> None:
        take_step()
        write(self, data)
        take_step()

    return counted


if __name__ == "__main__":
    _serve()
