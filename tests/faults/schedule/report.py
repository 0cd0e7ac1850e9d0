"""What a run is told in: JSON for machines, and a page with the timeline for people.

The last run is `report`; each seed and count has a report of its own beside it, until the same are run again.
"""

import html
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from tests.faults.schedule.course import Course, Happening

_COLOURS = {
    "kill": "#b3261e",
    "pause": "#e08e0b",
    "empty": "#5b2a86",
    "fill": "#5b2a86",
    "deliver": "#2e7d32",
    "set": "#00838f",
    "rebalance": "#ad1457",
}
_OF_NETWORK = "#1565c0"
_PIXELS_A_SECOND = 6
_LANE = 16
_LEFT = 230
_CURVE = 90


def names(seed: int, count: int) -> tuple[str, str]:
    """Of the files, without what they end with."""
    return "report", f"seed-{seed}-faults-{count}"


def forget(folder: Path, *, seed: int, count: int) -> None:
    """Take the reports away that the run will write: one that ends without any must not seem to have written them."""
    for name in names(seed, count):
        for kind in ("json", "html"):
            (folder / f"{name}.{kind}").unlink(missing_ok=True)


def again(seed: int, count: int) -> str:
    """How to run the same once more."""
    return f"make faults FAULTS={count} SEED={seed}"


def verdict(course: Course) -> str:
    """Never the first of these for a run that was not run to its end."""
    if course.held:
        return "Nothing lost, nothing paid twice"
    return "Nothing is proven, the run is not complete" if course.is_sound else "It did not hold"


def as_document(course: Course, *, is_disk_small: bool) -> dict[str, Any]:
    """All figures of the run."""
    caller = course.district.caller
    recovered = [one.settled - one.healed for one in course.rounds if one.settled is not None]
    checks: dict[str, dict[str, Any]] = {}
    for one in course.rounds:
        for name, found in one.found.items():
            entry = checks.setdefault(name, {"times": 0, "violations": []})
            entry["times"] += 1
            entry["violations"] += [f"round {one.number}: {what}" for what in found]
    return {
        "verdict": verdict(course),
        "seed": course.seed,
        "again": again(course.seed, course.count),
        "held": course.held,
        "shortcomings": list(course.shortcomings()),
        "faults_planned": course.count,
        "faults_inflicted": course.inflicted,
        "faults_missed": dict(Counter(one.fault.kind for one in course.happenings if one.has_missed).most_common()),
        "seconds": round(course.now(), 1),
        "full_disk": "on small disks of its own" if is_disk_small else "NOT TRIED: no tmpfs could be mounted here",
        "by_kind": dict(Counter(one.fault.kind for one in course.happenings if one.hits).most_common()),
        "not_inflicted": [f"{one.fault}: {one.trouble}" for one in course.happenings if one.trouble is not None],
        "acknowledged_calls": len(caller.answered),
        "sent_again": dict(caller.repeats.most_common()),
        "longest_until_answered_seconds": round(caller.longest_seconds, 1),
        "promised": course.district.promises.counted(),
        "rounds": len(course.rounds),
        "settled_after_seconds": {
            "median": round(median(recovered), 1) if recovered else None,
            "longest": round(max(recovered), 1) if recovered else None,
        },
        "ended_by_themselves": dict(Counter(course.world.ended).most_common()),
        "given_up": course.world.given_up,
        "checks": checks,
        "troubles": course.troubles,
        "timeline": [
            {
                **asdict(one.fault),
                "began": round(one.began, 3),
                "ended": one.ended and round(one.ended, 3),
                "hits": one.hits,
            }
            for one in course.happenings
        ],
    }


def write(course: Course, folder: Path, *, is_disk_small: bool) -> dict[str, Any]:
    """The reports in `folder`; the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    document = as_document(course, is_disk_small=is_disk_small)
    for name in names(course.seed, course.count):
        (folder / f"{name}.json").write_text(json.dumps(document, indent=1))
        (folder / f"{name}.html").write_text(_page(course, document))
    return document


def _page(course: Course, document: dict[str, Any]) -> str:
    told = {name: value for name, value in document.items() if name not in ("timeline", "checks", "troubles")}
    rows = "".join(
        f"<tr><th>{html.escape(name)}<td><pre>{html.escape(json.dumps(value, indent=1))}</pre>"
        for name, value in told.items()
    )
    checks = "".join(
        f"<tr><th>{html.escape(name)}<td>{entry['times']} times<td>"
        + (html.escape("; ".join(entry["violations"])) or "held")
        for name, entry in document["checks"].items()
    )
    wrong = document["shortcomings"] + document["given_up"] + document["troubles"]
    troubles = "".join(f"<li>{html.escape(one)}" for one in wrong)
    return (
        "<!doctype html><meta charset=utf-8><title>Fault schedule</title>"
        "<style>body{font:14px sans-serif;margin:2em}th{text-align:left;vertical-align:top;padding-right:1em}"
        "pre{margin:0}.picture{overflow-x:auto}</style>"
        f"<h1>{document['verdict']}: {document['faults_inflicted']} of {document['faults_planned']} faults, "
        f"seed {document['seed']}</h1><p>Again with: <code>{document['again']}</code>"
        f"<ul>{troubles}</ul><h2>Invariants</h2><table>{checks}</table>"
        f"<h2>Timeline</h2><div class=picture>{_picture(course)}</div>"
        f"<h2>Figures</h2><table>{rows}</table>"
    )


def _picture(course: Course) -> str:
    """A lane for each target, a bar for each fault, and below it how many calls were answered in each second."""
    lanes = sorted({one.fault.target for one in course.happenings})
    width = _LEFT + course.now() * _PIXELS_A_SECOND
    height = len(lanes) * _LANE + _CURVE + 40
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" font-size="11">']
    for number, lane in enumerate(lanes):
        parts.append(f'<text x="4" y="{number * _LANE + 12}">{html.escape(lane)}</text>')
        parts.append(
            f'<line x1="{_LEFT}" x2="{width:.0f}" y1="{number * _LANE + 15}" y2="{number * _LANE + 15}" stroke="#eee"/>'
        )
    parts += [_bar(one, lanes.index(one.fault.target)) for one in course.happenings]
    parts += _rounds(course, len(lanes) * _LANE)
    parts += _answered(course, len(lanes) * _LANE + _CURVE + 10)
    return "".join([*parts, "</svg>"])


def _bar(one: Happening, lane: int) -> str:
    ended = one.ended if one.ended is not None else one.began
    length = max(3.0, (ended - one.began) * _PIXELS_A_SECOND)
    colour = _COLOURS.get(one.fault.kind.split(" ")[0], _OF_NETWORK)
    told = (
        f"{one.fault.number}: {one.fault.kind}, {one.fault.target}, from {one.began:.1f} s, {ended - one.began:.1f} s, "
        f"{one.hits or 'nothing'} struck"
    )
    return (
        f'<rect x="{_LEFT + one.began * _PIXELS_A_SECOND:.1f}" y="{lane * _LANE + 2}" width="{length:.1f}" height="11" '
        f'fill="{colour}" fill-opacity="0.8"><title>{html.escape(told)}</title></rect>'
    )


def _rounds(course: Course, bottom: int) -> Iterator[str]:
    """Where everything had settled and was checked."""
    for one in course.rounds:
        if one.settled is not None:
            healed, settled = (_LEFT + moment * _PIXELS_A_SECOND for moment in (one.healed, one.settled))
            colour = "#b3261e" if any(one.found.values()) else "#2e7d32"
            yield (
                f'<rect x="{healed:.1f}" y="0" width="{settled - healed:.1f}" height="{bottom}" fill="#ccc" '
                f'fill-opacity="0.35"/><line x1="{settled:.1f}" x2="{settled:.1f}" y1="0" y2="{bottom + _CURVE}" '
                f'stroke="{colour}"><title>round {one.number} checked</title></line>'
            )


def _answered(course: Course, bottom: int) -> Iterator[str]:
    seconds = Counter(int(moment - course.epoch) for moment in course.district.caller.answered)
    most = max(seconds.values(), default=1)
    points = " ".join(
        f"{_LEFT + second * _PIXELS_A_SECOND},{bottom - seconds[second] / most * _CURVE:.1f}"
        for second in range(int(course.now()) + 1)
    )
    yield f'<text x="4" y="{bottom}">calls answered a second, up to {most}</text>'
    yield f'<polyline points="{points}" fill="none" stroke="#333"/>'
