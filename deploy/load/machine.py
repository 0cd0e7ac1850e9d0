"""What machine it was measured on."""

import os
import platform
import sys
from datetime import UTC
from pathlib import Path

import psutil

from deploy.load.results import Machine
from shared.kernel.clock import SystemClock

_GB = 1024**3


def this_machine(*, is_short: bool) -> Machine:
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(os.getpid())),
        memory_gb=psutil.virtual_memory().total / _GB,
        python=".".join(map(str, sys.version_info[:3])),
        measured_on=SystemClock().now().astimezone(UTC).date().isoformat(),
        is_short=is_short,
    )


def _processor() -> str:
    """The processor's name; without one in the kernel's word on it, its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
