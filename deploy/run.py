"""`rung run`: start everything, load the sample on first start, show the main job, serve until told to stop."""

import asyncio
import signal
import time
from pathlib import Path

import httpx
from rich.console import Console

from deploy.child_process import tail
from deploy.client import DoorRefused, Doors
from deploy.kafka_jars import KafkaDidNotStart
from deploy.loading import load_sample
from deploy.postgres import PostgresDidNotStart
from deploy.showing import MainJobFailed, NothingToShow, show_main_job
from deploy.stack import Stack, StackDidNotStart
from deploy.workspace import Engine

_WATCH_SECONDS = 0.5


def run_stack(root: Path, engine: Engine, *, port: int, once: bool, console: Console) -> int:
    """The exit code: 0 when it was stopped or, with `once`, has shown the main job or found nobody for it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    began = time.perf_counter()
    stack = Stack(root, engine, port=port, report=lambda step: console.print(f"  {step} ...", style="dim"))
    try:
        stack.start()
        console.print(f"[bold green]Ready[/] after {time.perf_counter() - began:.1f} s on {stack.url}")
        if not stack.workspace.is_loaded:
            console.print("Loading the sample network: 58 campuses, 3,752 educators, all invented")
            asyncio.run(load_sample(stack))
        has_failed = not _show(stack, console)
        _say_addresses(stack, console)
        return int(has_failed) if once else _serve(stack, console)
    except KeyboardInterrupt:
        return 0
    except (StackDidNotStart, PostgresDidNotStart, KafkaDidNotStart, DoorRefused) as error:
        _say_failure(str(error), console)
        return 1
    except httpx.TransportError as error:
        _say_failure(f"The services do not answer ({error!r}). Their logs are in {stack.log_folder}.", console)
        return 1
    finally:
        console.print("Stopping ...", style="dim")
        stack.stop()


def _interrupt(_number: int, _frame: object) -> None:
    """Both ways of asking to stop take the same way out. A second one does not disturb the stopping."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _show(stack: Stack, console: Console) -> bool:
    """Whether nothing went wrong: with a roster or a plan of one's own there may be nobody to show it on."""

    async def show() -> None:
        async with Doors(stack.url, stack.workspace) as doors:
            await show_main_job(doors, console)

    try:
        asyncio.run(show())
    except NothingToShow as nothing:
        console.print(f"The main job was not shown: {nothing}. Nothing is wrong with that.", style="yellow")
    except MainJobFailed as failed:
        _say_failure(f"The main job failed: {failed}.", console)
        return False
    return True


def _say_failure(what: str, console: Console) -> None:
    """Not as markup and not wrapped, because it may end with lines of a log."""
    console.print(what, style="bold red", markup=False, highlight=False, soft_wrap=True)


def _say_addresses(stack: Stack, console: Console) -> None:
    addresses = [
        (f"{stack.url}/docs", "interactive documentation, with sign-in"),
        (f"{stack.url}/openapi.json", "every call; /asyncapi.json every event"),
        (f"{stack.url}/readyz?verbose", "health; /metrics figures"),
    ]
    if stack.engine == "embedded":
        addresses += [
            (".venv/bin/rung token hr", "a bearer token to try the calls with"),
            (".venv/bin/rung client payroll", "the payroll client's secret"),
        ]
    console.print()
    for address, what in addresses:
        console.print(f"  {address:<38} {what}", highlight=False)


def _serve(stack: Stack, console: Console) -> int:
    console.print("\nServing. Ctrl-C stops everything; nothing is lost.")
    while True:
        time.sleep(_WATCH_SECONDS)
        for name, process in stack.processes.items():
            if not process.is_running:
                _say_failure(f"{name} ended by itself. The end of its log:\n{tail(stack.log_of(name))}", console)
                return 1
