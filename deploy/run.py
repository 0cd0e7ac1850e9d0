"""`rung run`: start everything, load the sample on first start, show the main job, serve until told to stop."""

import asyncio
import signal
import time
from pathlib import Path

from rich.console import Console

from deploy.child_process import tail
from deploy.client import DoorRefused, Doors
from deploy.kafka_jars import KafkaDidNotStart
from deploy.loading import load_sample
from deploy.postgres import PostgresDidNotStart
from deploy.showing import NothingToShow, show_main_job
from deploy.stack import Stack, StackDidNotStart
from deploy.workspace import Engine

_WATCH_SECONDS = 0.5


def run_stack(root: Path, engine: Engine, *, port: int, once: bool, console: Console) -> int:
    """The exit code: 0 when it was stopped or, with `once`, has shown the main job."""
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
        asyncio.run(_show(stack, console))
        _say_addresses(stack, console)
        return 0 if once else _serve(stack, console)
    except KeyboardInterrupt:
        return 0
    except (StackDidNotStart, PostgresDidNotStart, KafkaDidNotStart, DoorRefused, NothingToShow) as error:
        console.print(f"[bold red]{error}[/]")
        return 1
    finally:
        console.print("Stopping ...", style="dim")
        stack.stop()


def _interrupt(_number: int, _frame: object) -> None:
    """Both ways of asking to stop take the same way out. A second one does not disturb the stopping."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


async def _show(stack: Stack, console: Console) -> None:
    async with Doors(stack.url, stack.workspace) as doors:
        await show_main_job(doors, console)


def _say_addresses(stack: Stack, console: Console) -> None:
    console.print(f"\n  {stack.url}/docs            interactive documentation, with sign-in")
    console.print(f"  {stack.url}/openapi.json    all doors; /asyncapi.json all events")
    console.print(f"  {stack.url}/readyz?verbose  health; /metrics figures")
    if stack.engine == "embedded":
        console.print("  .venv/bin/rung token hr          a bearer token to try the doors with")
        console.print("  .venv/bin/rung client payroll    the payroll client's secret for the token endpoint")


def _serve(stack: Stack, console: Console) -> int:
    console.print("\nServing. Ctrl-C stops everything; nothing is lost.")
    while True:
        time.sleep(_WATCH_SECONDS)
        for name, process in stack.processes.items():
            if not process.is_running:
                console.print(f"[bold red]{name} ended by itself. The end of its log:[/]\n{tail(stack.log_of(name))}")
                return 1
