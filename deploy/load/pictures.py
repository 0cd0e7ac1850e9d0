"""The pictures of the page: SVG that says what was measured, the same bytes for the same figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deploy.load.results import Curve, Memory, OneMore, Profile, Results, Taken, Throughput

# Text stays text, and no name in the file is drawn by chance.
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "rung", "font.size": 9, "axes.axisbelow": True})
_OURS, _FLOOR = "#1f5fa8", "#9aa5b1"


def draw(results: Results, folder: Path) -> None:
    """Write one picture a figure into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    _save(_throughput(results.throughput), folder / "throughput.svg")
    _save(_backlog(results.backlog), folder / "backlog.svg")
    _save(_latency(results.curves), folder / "latency.svg")
    _save(_memory(results.memory), folder / "memory.svg")
    _save(_growth(results.growth), folder / "growth.svg")
    _save(_profiles(results.profiles), folder / "profiles.svg")


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _throughput(doors: Sequence[Throughput]) -> Figure:
    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    places = range(len(doors))
    axes.bar([x - 0.2 for x in places], [one.ours.per_second for one in doors], 0.4, color=_OURS, label="ours")
    axes.bar([x + 0.2 for x in places], [one.floor.per_second for one in doors], 0.4, color=_FLOOR, label="floor")
    axes.set_xticks(list(places), [one.door for one in doors])
    _finish(axes, title="Calls a second, one API process on one core", y="calls a second")
    return figure


def _backlog(taken: Sequence[Taken]) -> Figure:
    figure = Figure(figsize=(7, 2.4), layout="constrained")
    axes = figure.subplots()
    names = [one.by for one in reversed(taken)]
    colours = [_FLOOR if name == "floor" else _OURS for name in names]
    axes.barh(names, [one.per_second for one in reversed(taken)], color=colours)
    axes.set_xlabel("events a second")
    axes.set_title("A backlog taken in")
    axes.grid(axis="x", alpha=0.3)
    return figure


def _latency(curves: Sequence[Curve]) -> Figure:
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    for axes, curve in zip(figure.subplots(1, len(curves), squeeze=False)[0], curves, strict=True):
        for points, colour, name in ((curve.ours, _OURS, "ours"), (curve.floor, _FLOOR, "floor")):
            rates = [one.offered for one in points]
            axes.plot(rates, [one.p50_ms for one in points], "o-", color=colour, label=f"{name}, p50", markersize=4)
            axes.plot(rates, [one.p99_ms for one in points], "o--", color=colour, label=f"{name}, p99", markersize=4)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_minor_formatter("")
        axes.set_xticks(ticks := sorted({one.offered for one in curve.floor}), [str(tick) for tick in ticks])
        axes.tick_params(axis="x", labelrotation=60)
        axes.set_xlabel("awards offered a second")
        saturated = f"saturated at {curve.saturated_at}/s" if curve.saturated_at else "not saturated"
        _finish(axes, title=f"{curve.engine}: {saturated}", y="due to readable, ms")
    return figure


def _memory(seen: Sequence[Memory]) -> Figure:
    whens = list(dict.fromkeys(one.when for one in seen))
    figure = Figure(figsize=(8, 0.9 + 0.42 * len(whens)), layout="constrained")
    parts = {name: [_pss(seen, when, name) for when in whens] for name in dict.fromkeys(one.process for one in seen)}
    _stacked(figure.subplots(), whens, parts, title="Memory, MB (shared pages counted once)", legend_columns=1)
    return figure


def _pss(seen: Sequence[Memory], when: str, process: str) -> float:
    return sum(one.pss_mb for one in seen if (one.when, one.process) == (when, process))


def _growth(growth: Sequence[OneMore]) -> Figure:
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    facts = [one.facts for one in growth]
    axes.plot(facts, [one.p50_ms for one in growth], "o-", color=_OURS, label="ours, p50")
    axes.plot(facts, [one.p99_ms for one in growth], "o--", color=_OURS, label="ours, p99")
    axes.plot(facts, [one.floor_p50_ms for one in growth], "o-", color=_FLOOR, label="floor, p50")
    axes.plot(facts, [one.floor_p99_ms for one in growth], "o--", color=_FLOOR, label="floor, p99")
    axes.plot(facts, [one.cpu_us / 1000 for one in growth], "s:", color="#b3541e", label="ours, processor time")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("facts in the database")
    _finish(axes, title="One more event", y="ms")
    return figure


def _profiles(profiles: Sequence[Profile]) -> Figure:
    layers = sorted({layer for one in profiles for layer in one.shares}, key=lambda layer: -_total(profiles, layer))
    figure = Figure(figsize=(8, 1.4 + 0.4 * len(profiles)), layout="constrained")
    parts = {layer: [one.shares.get(layer, 0.0) for one in profiles] for layer in layers}
    title = "Where the processor time of the process goes, %"
    _stacked(figure.subplots(), [one.of for one in profiles], parts, title=title, legend_columns=1)
    return figure


def _total(profiles: Sequence[Profile], layer: str) -> float:
    return sum(one.shares.get(layer, 0.0) for one in profiles)


def _stacked(
    axes: Axes, names: Sequence[str], parts: Mapping[str, Sequence[float]], *, title: str, legend_columns: int
) -> None:
    left = [0.0] * len(names)
    for number, (part, values) in enumerate(parts.items()):
        axes.barh(names, values, left=left, label=part, color=mpl.colormaps["tab20"](number % 20))
        left = [before + value for before, value in zip(left, values, strict=True)]
    axes.invert_yaxis()
    axes.set_title(title)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), ncols=legend_columns, fontsize=7)


def _finish(axes: Axes, *, title: str, y: str) -> None:
    axes.set_title(title)
    axes.set_ylabel(y)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize=7)
