"""How figures are judged, kept and shown."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from deploy.bench.figures import Aim, Figure, table, write

_LATENCY = Figure("award to statement, p50", "ms", 7.5, 3.9, Aim(times_floor_at_most=2.0), note="seen")
_RATE = Figure("events", "events/s", 4_200.0, 9_000.0, Aim(at_least=5_000))
_WORDS = Figure("evaluator", "µs", 40.0, 0.0)


def test_the_file_is_an_array_of_figures_each_with_its_floor_its_aim_and_whether_that_is_met(tmp_path: Path) -> None:
    file = tmp_path / ".rung" / "bench.json"
    write(file, [_LATENCY, _RATE, _WORDS])
    assert json.loads(file.read_text()) == [
        {"name": "award to statement, p50", "unit": "ms", "ours": 7.5, "floor": 3.9, "ratio": 1.9231}
        | {"aim": "≤ 2 x floor", "met": True},
        {"name": "events", "unit": "events/s", "ours": 4200.0, "floor": 9000.0, "ratio": 0.4667}
        | {"aim": "≥ 5,000", "met": False},
        {"name": "evaluator", "unit": "µs", "ours": 40.0, "floor": 0.0, "ratio": 0.0} | {"aim": None, "met": None},
    ]


@pytest.mark.parametrize(
    ("aim", "ours", "ratio", "is_met"),
    [
        (Aim(times_floor_at_most=2.0), 7.8, 2.0, True),
        (Aim(times_floor_at_most=2.0), 7.8, 2.01, False),
        (Aim(at_least=5_000), 5_000, 0.5, True),
        (Aim(at_least=5_000), 4_999, 0.5, False),
        (Aim(at_most=400), 400, 3.0, True),
        (Aim(at_most=400), 400.5, 3.0, False),
    ],
)
def test_an_aim_is_met_up_to_its_border_and_no_further(aim: Aim, ours: float, ratio: float, is_met: bool) -> None:
    assert aim.is_met(ours, ratio) is is_met


def test_a_figure_without_an_aim_is_neither_met_nor_missed() -> None:
    assert (_LATENCY.is_met, _RATE.is_met, _WORDS.is_met) == (True, False, None)


def test_the_table_says_of_each_figure_what_it_is_beside_the_floor_and_whether_the_aim_is_met() -> None:
    console = Console(width=140, file=io.StringIO(), record=True)
    console.print(table([_LATENCY, _RATE, _WORDS]))
    lines = console.export_text().splitlines()
    shown = {figure.name: next(line for line in lines if figure.name in line) for figure in (_LATENCY, _RATE, _WORDS)}
    assert all(part in shown[_LATENCY.name] for part in ("7.50", "3.90", "1.92", "ms", "≤ 2 x floor", "met"))
    assert all(part in shown[_RATE.name] for part in ("4,200", "9,000", "0.47", "≥ 5,000", "not met"))
    assert "for information" in shown[_WORDS.name]
