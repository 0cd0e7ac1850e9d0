"""`rung run` as a person starts it: a process of its own, ready when its port says so."""

import signal
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from deploy.bench.setting import BenchFailed, bare_environment
from deploy.child_process import ChildProcess, tail
from deploy.server_folder import free_port

_READY_SECONDS = 120
_STOP_SECONDS = 60
_LAUNCH = "import os, sys; os.chdir(sys.argv.pop(1)); from deploy.cli import main; main()"


class LaunchedRung:
    """The embedded engine in `folder`, whose `.rung` has the loaded sample network. Ended as by Ctrl-C."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "rung-run.log"
        self.port = free_port()
        self.seconds_to_ready = 0.0

    def __enter__(self) -> Self:
        environment = bare_environment() | {"RUNG_PORT": str(self.port)}
        began = time.perf_counter()
        self._process = ChildProcess.spawn(
            [sys.executable, "-c", _LAUNCH, self._folder, "run"],
            log=self._log,
            death_signal=signal.SIGINT,
            environment=environment,
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        self.seconds_to_ready = time.perf_counter() - began
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=2.0) as client:
            while time.monotonic() < deadline and self._process.is_running:
                try:
                    if client.get("/readyz").status_code == httpx.codes.OK:
                        return
                except httpx.HTTPError:
                    time.sleep(0.02)
        raise BenchFailed(f"rung run was not ready. The end of {self._log}:\n{tail(self._log)}")

    def _stop(self) -> None:
        self._process.end(signal.SIGINT, seconds=_STOP_SECONDS)
