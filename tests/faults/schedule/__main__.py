"""`make faults`: the whole product under a schedule of faults, and a report in `.rung/faults`.

`FAULTS=` says how many (60), `SEED=` which schedule; the same two give the same schedule again, and have a report of
their own beside that of the last run. Exit code 0 where everything was done and held, 1 where not, 2 for numbers that
cannot be used, 130 where it was interrupted.
"""

import asyncio
import logging
import signal
import sys
from pathlib import Path

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.kafka_broker import kafka_missing
from tests.faults.schedule.report import again, forget, write
from tests.faults.schedule.running import NO_SMALL_DISK, is_disk_small, running_course
from tests.support.numbers import NotANumber, whole_number
from tests.support.servers import KAFKA_JARS, session_folder

FOLDER = Path(".rung/faults")


async def _run(count: int, seed: int, console: Console) -> int:
    # As Ctrl-C does, so that there is a report and nothing stays mounted.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _this_task().cancel)
    console.print(f"Fault schedule {seed}, {count} faults. Again with: {again(seed, count)}")
    forget(FOLDER, seed=seed, count=count)
    columns = (TextColumn("  faults"), BarColumn(bar_width=40), MofNCompleteColumn(), TimeElapsedColumn())
    with session_folder() as folder, Progress(*columns, console=console) as progress:
        task = progress.add_task("faults", total=count)
        async with running_course(
            folder / "world", seed=seed, count=count, tell=lambda: progress.advance(task)
        ) as course:
            course.tell_round = lambda one: console.print(f"  {one}", highlight=False)
            if not is_disk_small(course.world):
                console.print(NO_SMALL_DISK, style="bold red")
            try:
                await course.run()
            finally:
                document = write(course, FOLDER, is_disk_small=is_disk_small(course.world))
                _keep_logs(course.world.workspace.folder / "logs", FOLDER / "logs")
    console.print(f"{document['verdict']}: {document['faults_inflicted']} of {count} faults, seed {seed}")
    missed = sum(document["faults_missed"].values())
    console.print(f"{document['acknowledged_calls']} acknowledged calls, {missed} faults missed")
    for what, times in document["ended_by_themselves"].items():
        console.print(f"  {what} {times} times: a server cannot go on without its disk", highlight=False)
    for name, entry in document["checks"].items():
        says = "; ".join(entry["violations"][:5]) or f"held {entry['times']} times"
        console.print(f"  {name}: {says}", highlight=False, soft_wrap=True)
    for trouble in document["shortcomings"] + document["given_up"] + document["troubles"]:
        console.print(f"  {trouble}", style="red", markup=False, soft_wrap=True)
    console.print(f"The report: {FOLDER / 'report.html'}")
    return 0 if document["held"] else 1


def _this_task() -> "asyncio.Task[int]":
    task = asyncio.current_task()
    assert task is not None
    return task


def _keep_logs(logs: Path, kept: Path) -> None:
    """The logs of the processes outlive their folder."""
    kept.mkdir(parents=True, exist_ok=True)
    for log in logs.glob("*.log"):
        (kept / log.name).write_bytes(log.read_bytes())


def main() -> int:
    """The exit code."""
    try:
        count, seed = whole_number("FAULTS", 60), whole_number("SEED", 1)
    except NotANumber as wrong:
        print(wrong, file=sys.stderr)
        return 2
    missing = kafka_missing(KAFKA_JARS)
    if missing:
        sys.exit(missing)
    # What is told of lost connections here is not of the product; its processes have logs of their own.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        return asyncio.run(_run(count, seed, Console()))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("Interrupted: nothing is proven.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
