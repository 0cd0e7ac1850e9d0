"""Which core a process may use: the one that is measured has one for itself, all others share the rest."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


def measured_core() -> set[int]:
    """The core for the process that is measured."""
    return {min(os.sched_getaffinity(os.getpid()))}


def other_cores() -> set[int]:
    """The cores for the load generator and the database; where the machine has one only, the same."""
    return set(os.sched_getaffinity(os.getpid())) - measured_core() or measured_core()


def pin(pid: int, cores: set[int]) -> None:
    """Keep a process, what it has started and what it will start to `cores`."""
    process = psutil.Process(pid)
    for one in (process, *process.children(recursive=True)):
        one.cpu_affinity(sorted(cores))


@contextmanager
def confined(cores: set[int]) -> Iterator[None]:
    """Inside the block this thread, and what it starts, uses `cores` only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
