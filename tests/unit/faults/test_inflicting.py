"""What a fault says of itself: how much it struck, measured at what was struck."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.faults.schedule import faults
from tests.faults.schedule.disk import Disk
from tests.faults.schedule.faults import Fault


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def fault(kind: str, target: str, *, size: float = 1.0) -> Fault:
    return Fault(1, kind, target, after_seconds=0, seconds=0.1, size=size)


def world_of(pid: int | None, *, stops: bool) -> Any:
    def pause() -> None:
        if stops and pid:
            os.kill(pid, signal.SIGSTOP)

    def resume() -> None:
        if pid:
            os.kill(pid, signal.SIGCONT)

    part = SimpleNamespace(pid=pid, pause=pause, resume=resume)
    return SimpleNamespace(parts={"slo-api": part})


async def test_a_pause_strikes_a_process_that_stands_still(sleeper: "subprocess.Popen[bytes]") -> None:
    pause = fault("pause a process", "slo-api")
    assert await faults.pause(world_of(sleeper.pid, stops=True), pause) == 1
    assert await faults.pause(world_of(sleeper.pid, stops=False), pause) == 0
    assert await faults.pause(world_of(None, stops=True), pause) == 0


@pytest.mark.parametrize(("is_running", "size", "hits"), [(True, 1.0, 1), (False, 1.0, 0), (True, 0.5, 0)])
async def test_a_clock_strikes_who_lives_with_it(is_running: bool, size: float, hits: int) -> None:
    process = SimpleNamespace(is_running=is_running, set_clock=lambda _offset: None)
    world: Any = SimpleNamespace(process=lambda _name: process)
    assert await faults.set_clock(world, fault("set a clock wrong", "slo-api", size=size)) == hits


def test_a_disk_that_is_full_says_how_much_was_taken(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "disk", 1)
    try:
        if not disk.is_small:
            pytest.skip("no tmpfs can be mounted here")
        assert disk.fill() == 1 << 20
        disk.clear()
    finally:
        disk.remove()


async def test_a_disk_that_is_not_full_in_the_end_was_not_struck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = await asyncio.to_thread(Disk, tmp_path / "disk", 1)
    try:
        if not disk.is_small:
            pytest.skip("no tmpfs can be mounted here")
        monkeypatch.setattr(os, "statvfs", lambda _folder: SimpleNamespace(f_bavail=1))
        assert await faults.fill_disk(SimpleNamespace(disks={"broker": disk}), fault("fill the disk", "broker")) == 0  # type: ignore[arg-type]
    finally:
        disk.remove()


async def test_records_that_were_not_there_are_not_delivered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def of_none(*_: object) -> list[object]:
        return []

    monkeypatch.setattr(faults, "_records_of", of_none)
    monkeypatch.setattr(faults, "AIOKafkaProducer", lambda **_: SimpleNamespace(start=of_none, stop=of_none))
    world: Any = SimpleNamespace(broker=SimpleNamespace(bootstrap=""))
    assert await faults.deliver_again(world, fault("deliver again, out of order", "slo.events")) == 0
