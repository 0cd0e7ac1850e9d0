"""The schedule that a seed gives: the same again, and every kind of fault in it."""

from itertools import islice

from tests.faults.schedule.faults import KINDS, Fault, schedule, struck_by
from tests.faults.schedule.world import APIS, SECOND_WORKER, WORKERS


def first(count: int, *, seed: int) -> list[Fault]:
    return list(islice(schedule(seed, kinds=KINDS, mean_gap_seconds=1.0), count))


def test_a_seed_gives_the_same_faults_again_and_another_seed_others() -> None:
    assert first(100, seed=7) == first(100, seed=7)
    assert first(100, seed=8) != first(100, seed=7)


def test_a_longer_schedule_begins_as_the_shorter_one() -> None:
    assert first(40, seed=7) == first(100, seed=7)[:40]


def test_every_kind_comes_before_any_comes_again() -> None:
    assert {fault.kind for fault in first(len(KINDS), seed=1)} == set(KINDS)


def test_a_thousand_faults_strike_everything_there_is() -> None:
    struck = {fault.target for fault in first(1000, seed=1)}
    assert struck == {target for kind in KINDS.values() for target in kind.targets}
    assert struck >= {*APIS, *WORKERS, "gateway", "postgres", "broker"}


def test_the_network_is_bad_between_every_two_that_speak() -> None:
    databases = {f"{name}-postgres" for name in (*APIS, *WORKERS)}
    logs = {f"{worker}-broker" for worker in WORKERS}
    doors = {*(f"gateway-{api}" for api in APIS), "callers-gateway"}
    assert set(KINDS["cut the network"].targets) == databases | logs | doors


def test_lengths_and_sizes_are_what_the_kind_allows() -> None:
    for fault in first(500, seed=3):
        least, most = KINDS[fault.kind].seconds
        assert least <= fault.seconds <= most
        assert 0 <= fault.size <= 1
        assert fault.target in KINDS[fault.kind].targets


def test_what_a_fault_slows_or_starts_besides_its_target_is_struck_by_no_other() -> None:
    by_target = {fault.target: set(struck_by(fault)) for fault in first(1000, seed=1)}
    assert by_target["slo-worker"] == {"slo-worker"}
    assert by_target[SECOND_WORKER] >= by_target["compensation-worker-postgres"]
    assert by_target[SECOND_WORKER] & by_target[f"{SECOND_WORKER}-broker"]
