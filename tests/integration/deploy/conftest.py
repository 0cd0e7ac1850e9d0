"""Folders for servers that a test starts, stops and kills by itself, and launchers that it kills."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

Launch = Callable[[str], tuple[int, int]]


@pytest.fixture
def folder(servers_folder: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=servers_folder)) / "server"


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Runs code that starts `server` in a process of its own; gives that process's id and the server's."""
    launchers: list[subprocess.Popen[str]] = []

    def run(code: str) -> tuple[int, int]:
        script = f"{code}\nprint(server.pid, flush=True)\nimport time\ntime.sleep(300)"
        launcher = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        launchers.append(launcher)
        assert launcher.stdout is not None
        return launcher.pid, int(launcher.stdout.readline())

    yield run
    for launcher in launchers:
        launcher.kill()
        launcher.communicate()


def kill_launcher(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not lives(pid))


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not reached within {seconds} s"
        time.sleep(0.01)
