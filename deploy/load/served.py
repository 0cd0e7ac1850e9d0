"""A process with an HTTP port, started for as long as it is measured."""

import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.bench.setting import BenchFailed, bare_environment
from deploy.child_process import ChildProcess, tail
from deploy.load.cores import measured_core, pin
from deploy.server_folder import free_port, port_is_free

_LISTEN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Served:
    pid: int
    port: int


@contextmanager
def served(*command: str, environment: Mapping[str, str], log: Path) -> Iterator[Served]:
    """`python -m` the command on a port of its own (`RUNG_PORT`) and alone on the measured core. Raises BenchFailed."""
    port = free_port()
    process = ChildProcess.spawn(
        [sys.executable, "-m", *command],
        log=log,
        death_signal=signal.SIGTERM,
        environment=bare_environment() | dict(environment) | {"RUNG_PORT": str(port)},
    )
    try:
        pin(process.pid, measured_core())
        deadline = time.monotonic() + _LISTEN_SECONDS
        while port_is_free(port):
            if not process.is_running or time.monotonic() > deadline:
                raise BenchFailed(f"{command} did not listen. The end of {log}:\n{tail(log)}")
            time.sleep(0.02)
        yield Served(process.pid, port)
    finally:
        process.end(signal.SIGTERM, seconds=15)
