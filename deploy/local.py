"""Where the `rung` command finds the embedded engine; and how a command ends that cannot go on."""

import os
from pathlib import Path
from typing import NoReturn

import typer

from deploy.workspace import Workspace

ROOT = Path(".rung")


def port() -> int:
    """RUNG_PORT, or 8000."""
    given = os.environ.get("RUNG_PORT", "8000")
    if not given.isdecimal() or not 0 < int(given) < 65_536:
        raise typer.BadParameter(f"RUNG_PORT is {given!r}: say a port from 1 to 65535")
    return int(given)


def url() -> str:
    """Where the engine serves while it runs."""
    return f"http://127.0.0.1:{port()}"


def workspace() -> Workspace:
    """The embedded engine's. Made by its first start: keys that no engine knows would open nothing."""
    found = Workspace(ROOT, "embedded")
    if not found.keys.is_dir():
        fail(f"there is no {ROOT}/embedded here: start once with make run, and call rung in the project's folder")
    return found


def fail(*why: str) -> NoReturn:
    """End the command with these sentences."""
    for sentence in why:
        typer.echo(sentence, err=True)
    raise typer.Exit(1)


def fail_nothing_serves() -> NoReturn:
    fail(f"nothing serves on {url()}: start it with make run, on the port that RUNG_PORT names here too")
