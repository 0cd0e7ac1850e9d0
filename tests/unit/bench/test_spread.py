"""The arithmetic behind the figures."""

import random

import pytest

from deploy.bench.spread import Progress, Spread, median, percentile, rate


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [
        (1, 0.5, 1),
        (1, 0.99, 1),
        (2, 0.5, 1),
        (3, 0.5, 2),
        (100, 0.5, 50),
        (100, 0.99, 99),
        (100, 0.07, 7),
        (101, 1.0, 101),
    ],
)
def test_a_percentile_is_the_value_of_the_nearest_rank(count: int, share: float, expected: int) -> None:
    assert percentile(range(1, count + 1), share) == expected


def test_a_percentile_is_a_value_that_was_measured_and_that_so_many_do_not_exceed() -> None:
    rng = random.Random(5)
    for count in range(1, 60):
        ordered = sorted(rng.random() for _ in range(count))
        for share in (0.01, 0.5, 0.9, 0.99, 1.0):
            found = percentile(ordered, share)
            assert found in ordered
            assert sum(value <= found for value in ordered) >= share * count - 1e-9
            assert sum(value < found for value in ordered) < share * count


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01])
def test_a_share_outside_nothing_and_all_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        percentile([1.0], share)


def test_nothing_has_no_percentile_no_median_and_no_spread() -> None:
    for of_nothing in (lambda: percentile([], 0.5), lambda: median([]), lambda: Spread.of([])):
        with pytest.raises(ValueError, match="nothing"):
            of_nothing()


def test_a_spread_does_not_depend_on_the_order_of_its_values() -> None:
    values = [float(value) for value in range(1, 201)]
    random.Random(5).shuffle(values)
    assert Spread.of(values) == Spread(count=200, p50=100.0, p99=198.0, largest=200.0)


def test_a_rate_counts_from_the_first_work_seen_to_the_end_and_not_the_waiting_around_it() -> None:
    seen = [Progress(0.0, 0), Progress(9.0, 0), Progress(10.0, 500), Progress(11.0, 5_500), Progress(12.0, 10_500)]
    assert rate([*seen, Progress(60.0, 10_500)], total=10_500) == 5_000.0


def test_a_rate_without_an_end_or_without_a_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match="end"):
        rate([Progress(1.0, 5), Progress(2.0, 9)], total=10)
    with pytest.raises(ValueError, match="under way"):
        rate([Progress(1.0, 0), Progress(2.0, 10)], total=10)
