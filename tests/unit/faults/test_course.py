"""A run has held only where all of it was done: a report of N faults is one of N that struck something."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from tests.faults.schedule import course as course_of_a_run
from tests.faults.schedule import evidence
from tests.faults.schedule.course import Course
from tests.faults.schedule.faults import Fault, Kind, schedule
from tests.faults.schedule.rebuilding import NAME as REBUILD
from tests.faults.schedule.report import forget, names, write

CHECKS = {"nothing is lost": ..., "nothing is paid twice": ...}
Inflict = Callable[[Any, Fault], Awaitable[int]]


class Checks:
    """What a check finds, and the world that it looks at, without any process in it."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {name: [] for name in CHECKS}
        self.promised = {"awards": 3, "payout batches": 1}
        self.breaks_off: BaseException | None = None

    async def under_way(self, *_: object) -> dict[str, int]:
        return {}

    async def gather(self, *_: object, **__: object) -> None:
        return None

    def check(self, *_: object) -> dict[str, list[str]]:
        return dict(self.found)

    async def rebuild(self, *_: object) -> list[str]:
        if self.breaks_off:
            raise self.breaks_off
        return []


async def strike(_world: Any, _fault: Fault) -> int:
    return 1


async def idle(_district: Any, _rng: Random) -> None:
    await asyncio.sleep(0)


def files_in(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Checks:
    checks = Checks()
    monkeypatch.setattr(course_of_a_run, "CHECKS", CHECKS)
    monkeypatch.setattr(course_of_a_run, "ACTS", [(idle, 1)])
    monkeypatch.setattr(course_of_a_run, "SERVICES", ())
    monkeypatch.setattr(course_of_a_run, "_TRY_AGAIN_SECONDS", 0)
    monkeypatch.setattr(course_of_a_run, "_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(evidence, "what_is_under_way", checks.under_way)
    monkeypatch.setattr(evidence, "gather", checks.gather)
    monkeypatch.setattr(course_of_a_run, "check", checks.check)
    monkeypatch.setattr(course_of_a_run, "check_rebuild", checks.rebuild)
    return checks


@pytest.fixture
def make_course(checks: Checks, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Course]:
    def make(inflict: Inflict = strike, *, count: int = 5) -> Course:
        kinds = {"strike": Kind(1, ("a", "b"), (0, 0), inflict)}
        monkeypatch.setattr(course_of_a_run, "KINDS", kinds)
        broker = SimpleNamespace(bootstrap="")
        world: Any = SimpleNamespace(links={}, ended=[], given_up=[], crashed=[], ordered_after={}, broker=broker)
        promises = SimpleNamespace(counted=lambda: checks.promised)
        caller = SimpleNamespace(answered=[], repeats=Counter[str](), longest_seconds=0.0)
        district: Any = SimpleNamespace(promises=promises, caller=caller, pull=checks.gather)
        faults = schedule(1, kinds=kinds, mean_gap_seconds=0.001)
        return Course(world, district, 1, faults, count, faults_a_round=2)

    return make


async def test_a_run_to_its_end_has_held(make_course: Callable[..., Course]) -> None:
    course = make_course()
    await course.run()
    assert (course.held, list(course.shortcomings()), course.inflicted) == (True, [], 5)
    assert len(course.rounds) == 3


async def test_a_run_that_never_began_has_not_held(make_course: Callable[..., Course]) -> None:
    assert not make_course().held
    none = make_course(count=0)
    await none.run()
    assert not none.held


async def test_a_fault_that_strikes_nothing_is_tried_again(make_course: Callable[..., Course]) -> None:
    tried: list[Fault] = []

    async def strike_at_last(_world: Any, fault: Fault) -> int:
        tried.append(fault)
        return int(tried.count(fault) == 3)

    course = make_course(strike_at_last, count=2)
    await course.run()
    assert [tried.count(one.fault) for one in course.happenings] == [3, 3]
    assert course.held


async def test_another_stands_in_for_a_fault_that_never_strikes(make_course: Callable[..., Course]) -> None:
    async def miss_the_first(_world: Any, fault: Fault) -> int:
        return int(fault.number > 1)

    told: list[int] = []
    course = make_course(miss_the_first)
    course.tell = lambda: told.append(1)
    await course.run()
    assert [one.fault.number for one in course.happenings if one.has_missed] == [0, 1]
    assert (course.inflicted, len(course.happenings), len(told), course.held) == (5, 7, 5, True)


async def test_faults_that_all_strike_nothing_end_the_run(make_course: Callable[..., Course]) -> None:
    async def miss(_world: Any, _fault: Fault) -> int:
        return 0

    course = make_course(miss)
    await asyncio.wait_for(course.run(), 20)
    assert not course.held
    assert "struck nothing" in " ".join(course.troubles)


@pytest.mark.parametrize("missing", ["check", "rebuild", "promise"])
async def test_a_run_of_which_something_is_missing_has_not_held(
    make_course: Callable[..., Course], checks: Checks, missing: str
) -> None:
    course = make_course()
    if missing == "check":
        del checks.found["nothing is paid twice"]
    if missing == "promise":
        checks.promised["payout batches"] = 0
    await course.run()
    if missing == "rebuild":
        del course.rounds[-1].found[REBUILD]
    assert course.is_sound
    assert not course.held
    assert list(course.shortcomings())


async def test_a_process_of_the_product_that_ended_by_itself_spoils_the_run(make_course: Callable[..., Course]) -> None:
    course = make_course()
    course.world.crashed.append("slo-api ended by itself, exit code 1")
    await course.run()
    assert not course.held
    assert "slo-api ended by itself, exit code 1" in course.shortcomings()


async def test_a_part_that_was_given_up_ends_the_run(make_course: Callable[..., Course]) -> None:
    course = make_course()
    course.world.given_up.append("slo-api was given up")
    await course.run()
    assert not course.held


@pytest.mark.parametrize(
    ("error", "told"),
    [(KeyError("a lost row"), "KeyError('a lost row')"), (asyncio.CancelledError(), "an interruption")],
)
async def test_the_report_of_a_run_that_was_broken_off_says_so(
    make_course: Callable[..., Course], checks: Checks, tmp_path: Path, error: BaseException, told: str
) -> None:
    course = make_course(count=1)
    checks.breaks_off = error
    with pytest.raises(type(error)):
        await course.run()
    document = write(course, tmp_path, is_disk_small=True)
    assert not document["held"]
    assert f"the run was broken off by {told}" in document["shortcomings"]
    for name in names(1, 1):
        page = (tmp_path / f"{name}.html").read_text()
        assert "Nothing lost" not in page
        assert "broken off" in page


async def test_a_report_of_its_own_stays_for_each_seed_and_count(
    make_course: Callable[..., Course], tmp_path: Path
) -> None:
    for count in (1, 2):
        course = make_course(count=count)
        await course.run()
        write(course, tmp_path, is_disk_small=True)
    kept = json.loads((tmp_path / "seed-1-faults-1.json").read_text())
    assert (kept["seed"], kept["faults_planned"], kept["again"]) == (1, 1, "make faults FAULTS=1 SEED=1")
    assert json.loads((tmp_path / "report.json").read_text())["faults_inflicted"] == 2
    forget(tmp_path, seed=1, count=2)
    assert files_in(tmp_path) == {"seed-1-faults-1.html", "seed-1-faults-1.json"}
