"""`python -m deploy.bench [--only NAME] [--educators N]`: measures, shows the table, writes `.rung/bench.json`."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from deploy.bench.backlog import backlog
from deploy.bench.evaluator import evaluator
from deploy.bench.figures import Figure, table, write
from deploy.bench.growing import growing
from deploy.bench.latency import latency
from deploy.bench.loading import loading
from deploy.bench.memory import memory
from deploy.bench.population import population
from deploy.bench.recalculating import recalculating
from deploy.bench.setting import KEPT, Setting
from deploy.bench.startup import startup
from deploy.bench.stopping import FAILURES, interrupt_on_signals
from deploy.bench.streams import streams
from deploy.kafka_broker import kafka_missing
from deploy.sample.build import HARMONY_EDUCATORS

_Part = Callable[[Setting], list[Figure]]

_PARTS: dict[str, _Part] = {
    "loading": loading,
    "start": startup,
    "memory": memory,
    "latency-embedded": lambda setting: latency(setting, "embedded"),
    "latency-kafka": lambda setting: latency(setting, "kafka"),
    "backlog": backlog,
    "evaluator": evaluator,
    "population": population,
    "plan-change": recalculating,
    "history": growing,
    "payroll": streams,
}
"""In this order: the first one loads the network that the next three stand on."""

_NEED_THE_NETWORK = frozenset({"start", "memory"})
_NEED_KAFKA = frozenset({"latency-kafka", "backlog"})


def measure(names: Sequence[str], *, educators: int, console: Console) -> list[Figure]:
    """Raises what the parts raise; everything that was started is stopped, and the folder is gone."""
    folder = Path(tempfile.mkdtemp(prefix="rung-bench-"))
    began = time.perf_counter()

    def report(step: str) -> None:
        console.print(f"  {time.perf_counter() - began:4.0f} s  {step} ...", style="dim", highlight=False)

    setting = Setting(folder, report, educators)
    figures: list[Figure] = []
    try:
        if _NEED_THE_NETWORK.intersection(names) and "loading" not in names:
            loading(setting)
        for name in names:
            console.print(f"[bold]{name}[/]")
            started = time.perf_counter()
            measured = _PARTS[name](setting)
            for figure in measured:
                console.print(f"          {figure.name}: {figure.ours:,.2f} {figure.unit}, floor {figure.floor:,.2f}")
            figures += measured
            console.print(f"          {name} took {time.perf_counter() - started:.0f} s", style="dim", highlight=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return figures


def _chosen(only: Sequence[str], console: Console) -> list[str]:
    names = [name for name in _PARTS if not only or name in only]
    if (missing := kafka_missing(KEPT / "kafka")) is not None and _NEED_KAFKA.intersection(names):
        console.print(f"[bold red]NOTHING IS MEASURED ON KAFKA: {missing}[/]")
        names = [name for name in names if name not in _NEED_KAFKA]
    return names


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when everything was measured, whatever came out of it."""
    parser = argparse.ArgumentParser(prog="python -m deploy.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(_PARTS), default=[], help="repeatable")
    parser.add_argument("--educators", type=int, default=HARMONY_EDUCATORS, help="size of the sample network")
    wanted = parser.parse_args(arguments)
    # Whatever broker the caller has: the bench fills only one of its own.
    os.environ.pop("RUNG_KAFKA_BOOTSTRAP", None)
    interrupt_on_signals()
    console = Console()
    try:
        figures = measure(_chosen(wanted.only, console), educators=wanted.educators, console=console)
    except KeyboardInterrupt:
        console.print("Stopped; nothing was written.")
        return 130
    except FAILURES as error:
        console.print(f"[bold red]{error}[/]")
        return 1
    console.print(table(figures))
    for figure in figures:
        if figure.note:
            console.print(f"  [bold]{figure.name}[/]: {figure.note}", highlight=False)
    write(KEPT / "bench.json", figures)
    console.print(f"\n  Written to {KEPT / 'bench.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
