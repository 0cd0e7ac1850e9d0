"""Runs a module as `python -m` does, and samples where its processor time goes: `python -m deploy.load.sampled MODULE`.

By the timer of its own processor time (SIGPROF), so that waiting, for the database or for a turn on the core, is never
taken for work, as sampling by the clock from outside takes it. SIGUSR1 begins a sample; the next one ends it and writes
the stacks with their counts, innermost frame last, to the file that `RUNG_SAMPLES` names.
"""

import json
import os
import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

EVERY_SECONDS = 0.001
SAMPLES = "RUNG_SAMPLES"


class Sampler:
    """Counts the stacks of the main thread, as `module:function` from the outermost frame to the innermost."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stacks: Counter[tuple[str, ...]] = Counter()
        self._is_on = False

    def install(self) -> None:
        signal.signal(signal.SIGPROF, self._sample)
        signal.signal(signal.SIGUSR1, self._turn)

    def _turn(self, _number: int, _frame: FrameType | None) -> None:
        self._is_on = not self._is_on
        seconds = EVERY_SECONDS if self._is_on else 0.0
        signal.setitimer(signal.ITIMER_PROF, seconds, seconds)
        if not self._is_on:
            written = self._file.with_suffix(".part")
            written.write_text(json.dumps([[list(stack), count] for stack, count in self._stacks.items()]))
            written.replace(self._file)
            self._stacks.clear()

    def _sample(self, _number: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None:
            stack.append(f"{frame.f_globals.get('__name__', '')}:{frame.f_code.co_qualname}")
            frame = frame.f_back
        self._stacks[tuple(reversed(stack))] += 1


if __name__ == "__main__":
    Sampler(Path(os.environ[SAMPLES])).install()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
