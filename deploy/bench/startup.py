"""Figure: a start on a loaded network, from the command to the first answer that says ready."""

import subprocess
import sys
import time

from deploy.bench.figures import Aim, Figure
from deploy.bench.launched import LaunchedRung
from deploy.bench.setting import Setting, bare_environment
from deploy.bench.spread import median
from deploy.postgres import PostgresServer

_ROUNDS = 3
_IMPORTS = "import fastapi, sqlalchemy, numpy"


def startup(setting: Setting) -> list[Figure]:
    """The sample network must be loaded. Raises BenchFailed, PostgresDidNotStart."""
    ours, floor = [], []
    for number in range(_ROUNDS):
        setting.report(f"starting what is loaded, round {number + 1} of {_ROUNDS}")
        with LaunchedRung(setting.folder) as launched:
            ours.append(launched.seconds_to_ready)
        floor.append(_bare_start(setting))
    note = f"Median of {_ROUNDS}. Floor: PostgreSQL on the same data, then python -c '{_IMPORTS}'."
    return [Figure("second start to ready", "s", median(ours), median(floor), Aim(at_most=5), note)]


def _bare_start(setting: Setting) -> float:
    server = PostgresServer(setting.root / "embedded" / "postgres")
    began = time.perf_counter()
    with server:
        subprocess.run([sys.executable, "-c", _IMPORTS], check=True, env=bare_environment())
        return time.perf_counter() - began
