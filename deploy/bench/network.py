"""Loads the sample network into a stack, as `make run` does at its first start, and tells how long each part took."""

import asyncio
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from deploy.bench.setting import Report
from deploy.client import Doors, Person
from deploy.loading import SampleLoader
from deploy.sample import write_sample
from deploy.stack import Stack
from shared.web.tokens import Role

READER = Person("payroll:bench", (Role.PAYROLL,))


@dataclass(frozen=True, slots=True)
class Loaded:
    """Seconds in all, and by part as the progress bar names them."""

    seconds: float
    parts: Mapping[str, float]


def load(stack: Stack, *, educators: int, report: Report) -> Loaded:
    """Raises DoorRefused."""
    report(f"loading a sample network of {educators:,} educators")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        write_sample(Path(name), educators=educators)
        written = time.perf_counter()
        # Not shown: it only counts. The figures' own lines say what happens.
        progress = Progress(disable=True)
        asyncio.run(_load(stack, Path(name), progress))
    stack.workspace.note_loaded()
    parts = {"sample files": written - began}
    parts |= {task.description: task.finished_time or task.elapsed or 0.0 for task in progress.tasks}
    return Loaded(time.perf_counter() - began, parts)


async def _load(stack: Stack, folder: Path, progress: Progress) -> None:
    async with Doors(stack.url, stack.workspace) as doors:
        await SampleLoader(stack, doors, folder, progress).load()
