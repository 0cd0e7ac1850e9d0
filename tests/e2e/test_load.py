"""What `make load` measures can be measured, and the page written. What comes out in so short a time says nothing.

Backlogs on Kafka are measured by the same parts as in `test_bench`.
"""

import io
from pathlib import Path

from rich.console import Console

from deploy.load.__main__ import write_page
from deploy.load.measuring import measure
from deploy.load.results import Results
from deploy.load.sizes import SHORT


def test_the_page_is_written_from_a_short_run(tmp_path: Path) -> None:
    results = measure(("latency-embedded", "throughput", "growth"), SHORT, console=Console(file=io.StringIO()))

    assert [one.door for one in results.throughput] == ["webhook", "score", "statement", "totals"]
    assert all(rate.per_second > 0 for one in results.throughput for rate in (one.ours, one.floor))
    assert [one.of for one in results.profiles] == [one.door for one in results.throughput]
    [curve] = results.curves
    assert [point.offered for point in curve.floor] == list(SHORT.rates)
    assert {one.process for one in results.memory} == {"PostgreSQL", "rung"}
    assert [one.cpu_us > 0 for one in results.growth] == [True] * len(SHORT.facts)
    assert results.growth[1].facts > 1.9 * results.growth[0].facts

    results.write(tmp_path / "load.json")
    write_page(Results.read(tmp_path / "load.json"), tmp_path)
    text = (tmp_path / "load.md").read_text()
    pictures = sorted((tmp_path / "load").glob("*.svg"))
    assert len(pictures) == 6
    assert all(f"](load/{picture.name})" in text for picture in pictures)
