"""The parts of the product that can be killed and stopped: a process of a service, the database, the broker."""

import asyncio
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import psutil

from deploy.child_process import ChildProcess
from deploy.kafka_broker import KafkaBroker
from deploy.postgres import PostgresServer
from tests.faults.schedule import set_clock

_PROJECT = Path(__file__).parents[3]


class Part(Protocol):
    """What can be done to any of them. `is_held` while a fault keeps it down, so that nobody starts it again."""

    name: str
    is_held: bool

    @property
    def is_running(self) -> bool: ...
    @property
    def pid(self) -> int | None: ...
    async def start(self) -> None: ...
    async def kill(self) -> None: ...
    async def stop(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid)


def is_stopped(part: Part) -> bool:
    """Whether it is there and stands still."""
    try:
        return part.pid is not None and psutil.Process(part.pid).status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return False


async def _to_its_end(work: Callable[[], None]) -> None:
    """In a thread, and also to its end where whoever waits is cancelled: nobody may stop a server that is coming up."""
    working = asyncio.create_task(asyncio.to_thread(work))
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])
        raise


class Process:
    """A process of a service, with a clock that can be set wrong."""

    def __init__(self, name: str, module: str, environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.is_held = False
        self.log = folder / f"{name}.log"
        self._module = module
        self._clock = folder / f"{name}.clock"
        self._environment = {**environment, set_clock.VARIABLE: str(self._clock), "PYTHONPATH": str(_PROJECT)}
        self._child: ChildProcess | None = None
        self.set_clock(timedelta())

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.is_running

    @property
    def pid(self) -> int | None:
        """None where it does not run."""
        return self._child.pid if self._child and self._child.is_running else None

    @property
    def exit_code(self) -> int | None:
        return self._child.exit_code if self._child else None

    def set_clock(self, offset: timedelta) -> None:
        set_clock.set_offset(self._clock, offset)

    async def start(self) -> None:
        self._child = ChildProcess.spawn(
            [sys.executable, "-m", set_clock.__name__, self._module],
            log=self.log,
            death_signal=signal.SIGKILL,
            environment=self._environment,
        )

    async def kill(self) -> None:
        if self._child:
            await asyncio.to_thread(self._child.kill)

    async def stop(self) -> None:
        if self._child:
            await asyncio.to_thread(self._child.end, signal.SIGTERM, seconds=20)

    def pause(self) -> None:
        if self._child and self._child.is_running:
            self._child.pause()

    def resume(self) -> None:
        if self._child and self._child.is_running:
            self._child.resume()


@dataclass
class Server:
    """The database or the broker."""

    name: str
    server: PostgresServer | KafkaBroker
    is_held: bool = False

    @property
    def is_running(self) -> bool:
        return self.server.is_running

    @property
    def pid(self) -> int | None:
        """None where it does not run."""
        return self.server.pid if self.server.is_running else None

    async def start(self) -> None:
        await _to_its_end(self.server.start)

    async def kill(self) -> None:
        await _to_its_end(self.server.kill)

    async def stop(self) -> None:
        await _to_its_end(self.server.stop)

    def pause(self) -> None:
        if self.server.is_running:
            self.server.pause()

    def resume(self) -> None:
        if self.server.is_running:
            self.server.resume()
