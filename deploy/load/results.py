"""What is measured, as it is kept in `.rung/load.json`; the page is written from these values alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and how it was measured."""

    processor: str
    cores: int
    memory_gb: float
    python: str
    measured_on: str
    is_short: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls that a process answered a second, how long they took (ms), and which share of a core it used for them;
    `database_busy`: how many cores its database used meanwhile."""

    per_second: float
    p50_ms: float
    p99_ms: float
    busy: float
    database_busy: float
    caller_us: float
    """Processor time of the load generator, a call."""

    @property
    def cpu_us(self) -> float:
        """Processor time of the process, a call."""
        return self.busy * 1e6 / self.per_second

    @property
    def callers_busy(self) -> float:
        """Which share of a core the load generator used."""
        return self.caller_us * self.per_second / 1e6


@dataclass(frozen=True, slots=True)
class Throughput:
    """A door at full load, ours and the floor's."""

    door: str
    ours: Rate
    floor: Rate


@dataclass(frozen=True, slots=True)
class Taken:
    """What it took to take a backlog in: events a second; processor time an event, by process; share of time that a
    worker did not compute."""

    by: str
    per_second: float
    cpu_us: Mapping[str, float]
    waiting: float


@dataclass(frozen=True, slots=True)
class Profile:
    """Where the processor time of a process goes while it does what `of` names: percent by layer."""

    of: str
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Point:
    """Awards at a rate: how many were due a second and how many became statements; due to readable (ms)."""

    offered: int
    achieved: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Latency against load on one engine, up to the rate at which it is saturated (None: it never was)."""

    engine: str
    ours: Sequence[Point]
    floor: Sequence[Point]
    saturated_at: int | None


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes of one process, with its children: shared pages counted once (PSS), and whole (RSS)."""

    when: str
    process: str
    pss_mb: float
    rss_mb: float


@dataclass(frozen=True, slots=True)
class OneMore:
    """What one more event costs with so many facts in the database; the floor writes the same rows bare."""

    facts: int
    p50_ms: float
    p99_ms: float
    cpu_us: float
    server_cpu_us: float
    floor_p50_ms: float
    floor_p99_ms: float


@dataclass(frozen=True, slots=True)
class Results:
    machine: Machine
    ping: Rate
    throughput: Sequence[Throughput]
    backlog: Sequence[Taken]
    profiles: Sequence[Profile]
    curves: Sequence[Curve]
    memory: Sequence[Memory]
    growth: Sequence[OneMore]

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_RESULTS.dump_json(self, indent=1) + b"\n")

    @classmethod
    def read(cls, file: Path) -> "Results":
        return _RESULTS.validate_json(file.read_bytes())


_RESULTS = TypeAdapter(Results)
