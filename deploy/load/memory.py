"""Memory by process: looked at while something else is measured."""

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import psutil

from deploy.bench.memory import proportional_bytes
from deploy.load.results import Memory

_LOOK_SECONDS = 1.0
_MIB = 1024 * 1024


def memory_of(pids: Mapping[str, int], *, when: str) -> list[Memory]:
    """Of each named process together with what it has started."""
    return [_memory(when, name, pid) for name, pid in pids.items()]


def _memory(when: str, name: str, pid: int) -> Memory:
    process = psutil.Process(pid)
    tree = [process, *process.children(recursive=True)]
    pss, rss = sum(map(proportional_bytes, tree)), 0
    for one in tree:
        try:
            rss += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return Memory(when, name, pss / _MIB, rss / _MIB)


class MemoryWatch:
    """Looks once a second while its block runs, and keeps the most that each process had."""

    def __init__(self, pids: Mapping[str, int], *, when: str) -> None:
        self._pids = pids
        self._when = when
        self._most: dict[str, Memory] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def most(self) -> list[Memory]:
        """To be asked after the block."""
        return list(self._most.values())

    def _watch(self) -> None:
        while True:
            for seen in memory_of(self._pids, when=self._when):
                known = self._most.get(seen.process)
                if known is None or seen.pss_mb > known.pss_mb:
                    self._most[seen.process] = seen
            if self._ended.wait(_LOOK_SECONDS):
                return
