"""The schedule that a seed gives: the same again, and every kind of fault in it."""

from tests.faults.schedule.faults import KINDS, schedule
from tests.faults.schedule.world import APIS, WORKERS


def test_a_seed_gives_the_same_faults_again_and_another_seed_others() -> None:
    first = schedule(7, 100, kinds=KINDS, mean_gap_seconds=1.0)
    assert schedule(7, 100, kinds=KINDS, mean_gap_seconds=1.0) == first
    assert schedule(8, 100, kinds=KINDS, mean_gap_seconds=1.0) != first


def test_a_longer_schedule_begins_as_the_shorter_one() -> None:
    longer = schedule(7, 100, kinds=KINDS, mean_gap_seconds=1.0)
    assert schedule(7, 40, kinds=KINDS, mean_gap_seconds=1.0) == longer[:40]


def test_every_kind_comes_before_any_comes_again() -> None:
    faults = schedule(1, len(KINDS), kinds=KINDS, mean_gap_seconds=1.0)
    assert {fault.kind for fault in faults} == set(KINDS)


def test_a_thousand_faults_strike_everything_there_is() -> None:
    struck = {fault.target for fault in schedule(1, 1000, kinds=KINDS, mean_gap_seconds=1.0)}
    assert struck == {target for kind in KINDS.values() for target in kind.targets}
    assert struck >= {*APIS, *WORKERS, "gateway", "postgres", "broker"}


def test_lengths_and_sizes_are_what_the_kind_allows() -> None:
    for fault in schedule(3, 500, kinds=KINDS, mean_gap_seconds=1.0):
        least, most = KINDS[fault.kind].seconds
        assert least <= fault.seconds <= most
        assert 0 <= fault.size <= 1
        assert fault.target in KINDS[fault.kind].targets
