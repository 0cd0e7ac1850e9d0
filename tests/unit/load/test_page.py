"""The page says what the figures say: aims met or not, and what each figure is limited by."""

from dataclasses import replace

import pytest

from deploy.load.page import page
from deploy.load.results import Curve, Machine, Memory, OneMore, Point, Profile, Rate, Results, Taken, Throughput

RATE = Rate(per_second=1_000.0, p50_ms=10.0, p99_ms=30.0, busy=0.95, database_busy=0.5, caller_us=20.0)
RESULTS = Results(
    machine=Machine("A processor", 2, 24.0, "3.11.7", "2026-11-28", is_short=False),
    ping=replace(RATE, per_second=8_000.0),
    throughput=[Throughput("webhook", RATE, replace(RATE, per_second=2_000.0))],
    backlog=[
        Taken("kafka, 1 worker", 5_000.0, {"worker 1": 150.0, "PostgreSQL": 50.0}, 0.25),
        Taken("floor", 20_000.0, {"reader": 20.0}, 0.0),
    ],
    profiles=[Profile("webhook", {"framework": 60.0, "asyncpg": 39.6, "use case": 0.4})],
    curves=[Curve("embedded", [Point(50, 49.9, 9.0, 20.0)], [Point(50, 50.0, 3.0, 5.0)], saturated_at=100)],
    memory=[Memory("embedded, idle", "rung", 120.4, 150.0)],
    growth=[
        OneMore(10_000, 4.0, 9.0, 1_500.0, 900.0, 2.0, 3.0),
        OneMore(1_000_000, 5.0, 9.0, 1_500.0, 900.0, 2.0, 3.0),
    ],
)


def test_every_figure_stands_beside_its_floor() -> None:
    text = page(RESULTS)
    assert "| 1,000 | 10.0 / 30.0 | 950 | 2,000 |" in text
    assert "| kafka, 1 worker | 5,000 | worker 1 150, PostgreSQL 50 | 25% |" in text
    assert "| embedded | 50 | 50 | 9.0 / 20.0 | 3.0 / 5.0 |" in text
    assert "With 100 times the facts an event takes 1.25 times as long (p50), and the floor 1.00 times." in text
    assert "| webhook | framework 60 %, asyncpg 40 % |" in text


@pytest.mark.parametrize(("per_second", "said"), [(1_399.0, "1,400: not met"), (1_400.0, "1,400: met")])
def test_an_aim_is_met_or_not(per_second: float, said: str) -> None:
    door = Throughput("webhook", replace(RATE, per_second=per_second), RATE)
    assert f"| {said} |" in page(replace(RESULTS, throughput=[door]))


@pytest.mark.parametrize(
    ("busy", "database_busy", "said"),
    [
        (0.9, 0.5, "its own core: itself 90%, PostgreSQL 50%, callers 2% of a core"),
        (0.5, 0.9, "the other cores: itself 50%"),
        (0.5, 0.8, "waiting, for the disk or for locks: itself 50%"),
    ],
)
def test_what_limits_is_what_was_full(busy: float, database_busy: float, said: str) -> None:
    door = Throughput("webhook", replace(RATE, busy=busy, database_busy=database_busy), RATE)
    assert said in page(replace(RESULTS, throughput=[door]))


def test_the_short_form_says_that_it_is_one() -> None:
    assert "short form" not in page(RESULTS)
    assert "short form" in page(replace(RESULTS, machine=replace(RESULTS.machine, is_short=True)))
