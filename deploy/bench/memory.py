"""Figure: memory of the whole embedded stack while it serves, launcher and every process of PostgreSQL included."""

import asyncio
import signal
import sys
import time
from pathlib import Path

import psutil

from deploy.bench.figures import Aim, Figure
from deploy.bench.launched import LaunchedRung
from deploy.bench.network import READER
from deploy.bench.setting import Setting, bare_environment
from deploy.bench.spread import percentile
from deploy.bench.watcher import PLAN_YEAR
from deploy.child_process import ChildProcess
from deploy.client import Doors
from deploy.postgres import PostgresServer
from deploy.server_folder import free_port, port_is_free
from deploy.workspace import Workspace

_SERVING_SECONDS = 6.0
_CALLERS = 8
_PAUSE_SECONDS = 0.05
_LISTEN_SECONDS = 20.0
_MIB = 1024 * 1024
_EMPTY_APP = "import sys, fastapi, uvicorn; uvicorn.run(fastapi.FastAPI(), port=int(sys.argv[1]), log_level='error')"


def memory(setting: Setting) -> list[Figure]:
    """The sample network must be loaded. Raises BenchFailed, PostgresDidNotStart."""
    setting.report(f"serving statements for {_SERVING_SECONDS:.0f} s")
    with LaunchedRung(setting.folder) as launched:
        seen = asyncio.run(_while_serving(launched, Workspace(setting.root, "embedded")))
    ours = percentile(sorted(seen), 1.0)
    floor = _idle(setting)
    note = (
        "The largest of several looks while statements and totals are read; shared memory counts once (PSS). Floor: an "
        "idle PostgreSQL of the same settings and an empty FastAPI application."
    )
    return [Figure("memory of the embedded stack, serving", "MB", ours, floor, Aim(at_most=400), note)]


async def _while_serving(launched: LaunchedRung, workspace: Workspace) -> list[float]:
    async with Doors(f"http://127.0.0.1:{launched.port}", workspace) as doors, asyncio.TaskGroup() as group:
        page = await doors.get("/compensation/v1/bonus-totals", READER, plan_year=PLAN_YEAR, limit="400")
        educators = [item["educator_id"] for item in page["items"]]
        deadline = time.monotonic() + _SERVING_SECONDS
        for turn in range(_CALLERS):
            group.create_task(_call(doors, educators[turn::_CALLERS], deadline))
        seen = []
        while time.monotonic() < deadline:
            await asyncio.sleep(_SERVING_SECONDS / 6)
            seen.append(megabytes(launched.pid))
    return seen


async def _call(doors: Doors, educators: list[str], deadline: float) -> None:
    while time.monotonic() < deadline:
        for educator_id in educators:
            await doors.get(f"/compensation/v1/educators/{educator_id}/statement", READER, plan_year=PLAN_YEAR)
            await asyncio.sleep(_PAUSE_SECONDS)
            if time.monotonic() > deadline:
                return
        await doors.call(
            "GET",
            "/compensation/v1/bonus-totals",
            READER,
            headers={"Accept": "text/csv"},
            params={"plan_year": PLAN_YEAR},
        )


def _idle(setting: Setting) -> float:
    port = free_port()
    with PostgresServer(setting.folder / "idle-postgres") as server:
        app = ChildProcess.spawn(
            [sys.executable, "-c", _EMPTY_APP, str(port)],
            log=setting.folder / "empty-app.log",
            death_signal=signal.SIGTERM,
            environment=bare_environment(),
        )
        try:
            deadline = time.monotonic() + _LISTEN_SECONDS
            while port_is_free(port) and time.monotonic() < deadline:
                time.sleep(0.05)
            return megabytes(app.pid) + megabytes(server.pid)
        finally:
            app.end(signal.SIGTERM, seconds=10)


def megabytes(root: int) -> float:
    """Of a process and all its descendants; a page that several of them share counts once."""
    process = psutil.Process(root)
    return sum(proportional_bytes(one) for one in (process, *process.children(recursive=True))) / _MIB


def proportional_bytes(process: psutil.Process) -> int:
    """Memory of one process, of what it shares with others its part."""
    try:
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
        return int(process.memory_info().rss)
    except (OSError, psutil.NoSuchProcess):
        # Elsewhere than on Linux there is no PSS. Of a process that has just ended nothing is left.
        return int(process.memory_info().rss) if process.is_running() else 0
