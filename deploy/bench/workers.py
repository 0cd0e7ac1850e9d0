"""Compensation workers that take a backlog in, watched from outside."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from deploy.bench.setting import BenchFailed, bare_environment
from deploy.bench.spread import Progress, rate
from deploy.child_process import ChildProcess, tail
from deploy.server_folder import free_port
from deploy.workspace import Workspace

_MODULE = "services.compensation.worker"
_LOOK_SECONDS = 0.05
_LATEST_SECONDS = 180.0
_DONE = "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offset"


@dataclass(frozen=True, slots=True)
class Taken:
    """What it took to take a backlog in: events a second, and processor time of all who did it, an event."""

    per_second: float
    cpu_us: float


@contextmanager
def worker(
    bus: Mapping[str, str], url: str, workspace: Workspace, *, log: Path, command: Sequence[str] = (_MODULE,)
) -> Iterator[ChildProcess]:
    """A worker on the database at `url` and on the bus that `bus` names. `command` is what `python -m` runs."""
    process = ChildProcess.spawn(
        [sys.executable, "-m", *command],
        log=log,
        death_signal=signal.SIGTERM,
        environment=bare_environment()
        | dict(bus)
        | {
            "RUNG_DATABASE_URL": url,
            "RUNG_PORT": str(free_port()),
            "RUNG_TOKEN_KEYS": str(workspace.issuer().jwks_path),
            "RUNG_PERSON_KEY_SECRET": workspace.person_key_secret(),
        },
    )
    try:
        yield process
    except BenchFailed as error:
        raise BenchFailed(f"{error}. The end of {log}:\n{tail(log)}") from error
    finally:
        process.end(signal.SIGTERM, seconds=15)


def taken_in(
    workers: Sequence[ChildProcess],
    url: str,
    *,
    total: int,
    but_first: int = 0,
    begun: Callable[[], None] | None = None,
) -> Taken:
    """Wait until `workers` have taken `total` events in. What came before `but_first` were done is not counted, and at
    that moment `begun` is called. Raises BenchFailed.
    """
    return asyncio.run(_watched(workers, url, total, but_first, begun))


async def _watched(
    workers: Sequence[ChildProcess], url: str, total: int, but_first: int, begun: Callable[[], None] | None
) -> Taken:
    """Looks at the offset rows twenty times a second."""
    processes = [psutil.Process(worker.pid) for worker in workers]
    seen: list[Progress] = []
    done, cpu_at_first = 0, 0.0
    connection = await asyncpg.connect(url)
    try:
        deadline = time.monotonic() + _LATEST_SECONDS
        while done < total:
            if time.monotonic() > deadline or not all(worker.is_running for worker in workers):
                raise BenchFailed(f"{done} of {total} events were taken in")
            await asyncio.sleep(_LOOK_SECONDS)
            done = await connection.fetchval(_DONE)
            if done > but_first:
                seen.append(Progress(time.perf_counter(), done))
            if len(seen) == 1:
                cpu_at_first = _cpu_seconds(processes)
                if begun is not None:
                    begun()
        cpu = _cpu_seconds(processes) - cpu_at_first
    finally:
        await connection.close()
    return Taken(rate(seen, total=total), cpu * 1e6 / (total - seen[0].done))


def _cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    return sum(times.user + times.system for times in (process.cpu_times() for process in processes))
