"""Writes `docs/load.md` from what was measured: every number and every limit in it comes from the results."""

from collections.abc import Iterable, Sequence

from deploy.load.doors import CALLERS, PAGE
from deploy.load.results import Machine, OneMore, Rate, Results, Taken

AIMS = {"webhook": 1_400, "score": 1_400, "statement": 1_800, "totals": 1_800}
"""Calls a second a core."""
BACKLOG_AIM = 10_000
_FULL = 0.9
_TITLES = {
    "webhook": "write: a provider's signed award",
    "score": "write: a score of an observation",
    "statement": "read: an educator's statement",
    "totals": f"read: a page of {PAGE} bonus totals",
}


def page(results: Results) -> str:
    """The whole page."""
    sections = (_head, _throughput, _backlog, _latency, _memory, _growth, _profiles)
    return "\n".join(section(results) for section in sections)


def _head(results: Results) -> str:
    return f"""# How much Rung takes, and what limits it

Written by `make load`{" in its short form, which only shows that all can be measured" * results.machine.is_short}; do
not edit. {_machine(results.machine)} Each figure stands beside a floor of the same run: the same I/O by bare FastAPI,
asyncpg and aiokafka, without a token, a check, a decision or a word. All servers and the load generator share the
machine.
"""


def _machine(machine: Machine) -> str:
    return (
        f"Measured on {machine.measured_on}, on {machine.cores} cores ({machine.processor}) with "
        f"{machine.memory_gb:.0f} GB, Python {machine.python}, PostgreSQL 18 with fsync on."
    )


def _throughput(results: Results) -> str:
    rows = [
        (
            _TITLES[one.door],
            f"{one.ours.per_second:,.0f}",
            f"{one.ours.p50_ms:.1f} / {one.ours.p99_ms:.1f}",
            f"{one.ours.cpu_us:,.0f}",
            f"{one.floor.per_second:,.0f}",
            f"{one.floor.p50_ms:.1f} / {one.floor.p99_ms:.1f}",
            f"{one.floor.cpu_us:,.0f}",
            f"{AIMS[one.door]:,}: {'met' if one.ours.per_second >= AIMS[one.door] else 'not met'}",
            _limit(one.ours, results.machine.cores),
        )
        for one in results.throughput
    ]
    head = ("door", "a second", "p50 / p99 ms", "CPU µs", "floor", "p50 / p99 ms", "CPU µs", "aim", "what limits ours")
    return f"""## Reads and writes a second of one core

One API process alone on a core, {CALLERS} callers that never pause, PostgreSQL and the load generator on the other
cores. CPU: processor time of the API process, a call.

{_table(head, rows)}

An empty answer of FastAPI: {results.ping.per_second:,.0f} a second. The load generator itself spends
{results.ping.caller_us:.0f} µs a call.

![Calls a second](load/throughput.svg)
"""


def _limit(rate: Rate, cores: int) -> str:
    """What was full; where nothing was, calls waited for the disk and for each other's locks."""
    shares = f"itself {rate.busy:.0%}, PostgreSQL {rate.database_busy:.0%}, callers {rate.callers_busy:.0%} of a core"
    if rate.busy >= _FULL:
        return f"its own core: {shares}"
    if rate.database_busy + rate.callers_busy >= _FULL * max(cores - 1, 1):
        return f"the other cores: {shares}"
    return f"waiting, for the disk or for locks: {shares}"


def _backlog(results: Results) -> str:
    rows = [
        (
            one.by,
            f"{one.per_second:,.0f}",
            ", ".join(f"{name} {us:.0f}" for name, us in one.cpu_us.items()),
            f"{one.waiting:.0%}",
        )
        for one in results.backlog
    ]
    best = max((one.per_second for one in results.backlog if one.by != "floor"), default=0.0)
    return f"""## A backlog

A season of events, shuffled, taken in by workers of the compensation service; the first three tenths are not counted.
Aim: {BACKLOG_AIM:,} events a second: {"met" if best >= BACKLOG_AIM else "not met"}.

{_table(("by", "events a second", "CPU µs an event", "a worker waits"), rows)}

{" ".join(_backlog_limit(one, results.machine.cores) for one in results.backlog if one.by != "floor")}

![A backlog taken in](load/backlog.svg)
"""


def _backlog_limit(taken: Taken, cores: int) -> str:
    whole = sum(taken.cpu_us.values()) * taken.per_second / 1e6
    return f"{taken.by.capitalize()}: {whole:.2f} of {cores} cores in use, {_largest(taken)} most."


def _largest(taken: Taken) -> str:
    return max(taken.cpu_us, key=lambda name: taken.cpu_us[name])


def _latency(results: Results) -> str:
    rows = [
        (
            curve.engine,
            f"{ours.offered}",
            f"{ours.achieved:.0f}",
            f"{ours.p50_ms:.1f} / {ours.p99_ms:.1f}",
            f"{floor.p50_ms:.1f} / {floor.p99_ms:.1f}",
        )
        for curve in results.curves
        for ours in curve.ours
        for floor in curve.floor
        if ours.offered == floor.offered
    ]
    ends = " ".join(
        f"On {curve.engine} the product is saturated at {curve.saturated_at} awards a second."
        if curve.saturated_at
        else f"On {curve.engine} the product was not saturated at any of these rates."
        for curve in results.curves
    )
    head = ("engine", "offered a second", "became statements", "p50 / p99 ms", "floor, p50 / p99 ms")
    return f"""## Latency against load

Awards at a steady rate that waits for nobody, each from the moment it is due to be sent until its statement can be
read: what waits in front of a busy door is in it.
Saturated: fewer than 95 % of what was offered became statements in time, or the p99 is over a second. {ends}

{_table(head, rows)}

![Latency against load](load/latency.svg)
"""


def _memory(results: Results) -> str:
    rows = [(one.when, one.process, f"{one.pss_mb:.0f}", f"{one.rss_mb:.0f}") for one in results.memory]
    return f"""## Memory

Of each process with its children: PSS counts what they share once, RSS as often as it is mapped. Under load: the most
of one look a second.

{_table(("when", "process", "PSS, MB", "RSS, MB"), rows)}

![Memory](load/memory.svg)
"""


def _growth(results: Results) -> str:
    rows = [
        (
            f"{one.facts:,}",
            f"{one.p50_ms:.2f} / {one.p99_ms:.2f}",
            f"{one.cpu_us:,.0f}",
            f"{one.server_cpu_us:,.0f}",
            f"{one.floor_p50_ms:.2f} / {one.floor_p99_ms:.2f}",
        )
        for one in results.growth
    ]
    head = ("facts", "p50 / p99 ms", "CPU µs", "PostgreSQL, CPU µs", "floor, p50 / p99 ms")
    return f"""## One more event

The consumer takes awards in one at a time, of educators chosen by chance among all. The first facts were taken in by
the service; from there on each educator was multiplied with all that is theirs, statements and hashes included.
{_growth_limit(results.growth)}

{_table(head, rows)}

![One more event](load/growth.svg)
"""


def _growth_limit(growth: Sequence[OneMore]) -> str:
    if len(growth) < 2:
        return ""
    first, last = growth[0], growth[-1]
    return (
        f"With {last.facts / first.facts:.0f} times the facts an event takes {last.p50_ms / first.p50_ms:.2f} times as "
        f"long (p50), and the floor {last.floor_p50_ms / first.floor_p50_ms:.2f} times."
    )


def _profiles(results: Results) -> str:
    rows = [
        (one.of, ", ".join(f"{layer} {share:.0f} %" for layer, share in one.shares.items() if share >= 1))
        for one in results.profiles
    ]
    return f"""## What the processor time is spent on

Stacks sampled by the process's own processor time, each counted for the innermost layer in it; time spent waiting is in
none of them.

{_table(("while", "processor time by layer"), rows)}

![Processor time by layer](load/profiles.svg)
"""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
