"""All parts in one run, one after the other, so that none disturbs another; the folder they work in is removed."""

import shutil
import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from deploy.bench.setting import Setting
from deploy.load.backlogs import backlogs
from deploy.load.growth import growth
from deploy.load.latency import latency
from deploy.load.machine import this_machine
from deploy.load.results import Curve, Memory, OneMore, Profile, Rate, Results, Taken, Throughput
from deploy.load.sizes import Size
from deploy.load.throughput import throughput

PARTS = ("latency-embedded", "throughput", "latency-kafka", "backlogs", "growth")
"""In this order: the second stands on the network that the first has loaded, and leaves events that nobody takes in."""


def measure(parts: Collection[str], size: Size, *, console: Console) -> Results:
    """Raises what the parts raise; everything that was started is stopped."""
    folder = Path(tempfile.mkdtemp(prefix="rung-load-"))
    began = time.perf_counter()

    def report(step: str) -> None:
        console.print(f"  {time.perf_counter() - began:4.0f} s  {step} ...", style="dim", markup=False, highlight=False)

    setting = Setting(folder, report, size.educators)
    measured = _Measured()
    try:
        for number, name in enumerate([name for name in PARTS if name in parts], start=1):
            console.print(f"[bold]{name}[/] ({number} of {len(parts)})", highlight=False)
            measured.add(name, setting, size)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return measured.results(is_short=size.is_short)


@dataclass(slots=True)
class _Measured:
    ping: Rate = field(default_factory=lambda: Rate(0, 0, 0, 0, 0, 0))
    throughput: list[Throughput] = field(default_factory=list)
    backlog: list[Taken] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    growth: list[OneMore] = field(default_factory=list)

    def add(self, name: str, setting: Setting, size: Size) -> None:
        if name == "throughput":
            found = throughput(setting, size)
            self.ping = found.ping
            self.throughput += found.doors
            self.profiles += found.profiles
        elif name == "backlogs":
            taken = backlogs(setting, size)
            self.backlog += taken.taken
            self.profiles += taken.profiles
            self.memory += taken.memory
        elif name == "growth":
            self.growth += growth(setting, size)
        else:
            climbed = latency(setting, "kafka" if name == "latency-kafka" else "embedded", size)
            self.curves.append(climbed.curve)
            self.memory += climbed.memory

    def results(self, *, is_short: bool) -> Results:
        return Results(
            machine=this_machine(is_short=is_short),
            ping=self.ping,
            throughput=self.throughput,
            backlog=self.backlog,
            profiles=self.profiles,
            curves=self.curves,
            memory=self.memory,
            growth=self.growth,
        )
