"""Processor time of several processes over one stretch of time."""

import time
from collections.abc import Mapping

import psutil


class Spent:
    """Of each named process together with what it has started, from `begin` on."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self.begin()

    def begin(self) -> None:
        self._began = time.perf_counter()
        self._before = {name: _cpu_seconds(process) for name, process in self._processes.items()}

    def cores(self) -> dict[str, float]:
        """How many cores' worth each has used since."""
        seconds = time.perf_counter() - self._began
        return {
            name: (_cpu_seconds(process) - self._before[name]) / seconds for name, process in self._processes.items()
        }


def _cpu_seconds(root: psutil.Process) -> float:
    spent = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += times.user + times.system
    return spent
