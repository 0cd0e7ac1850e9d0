"""What a launcher keeps in a server's folder: who holds it, which port it had, secrets. Knows no server."""

import fcntl
import os
import secrets
import socket
import time
from contextlib import suppress
from pathlib import Path

_PORTS = range(15_000, 30_000)
"""Below the ports that systems hand to outgoing connections: a client that redials 127.0.0.1 while its server is down
could otherwise be given the server's own port, connect to itself and keep the server from coming back."""

_LOCK_SECONDS = 1


class FolderIsHeld(RuntimeError):
    """Another live process runs the server of this folder."""


class PortIsTaken(RuntimeError):
    """Something listens on the port that was pinned."""


class FolderLock:
    """Held by the launcher as long as its server may run; the system releases it when the launcher dies."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "launcher.lock"
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the folder; harmless when held already. Raises FolderIsHeld."""
        if self._descriptor is not None:
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _locked(descriptor):
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise FolderIsHeld(
                f"Process {holder} runs the server of {self._path.parent} already. Stop it, or use another folder."
            )
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the folder back; harmless when not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _locked(descriptor: int) -> bool:
    # A killed launcher gives its lock back a moment after it is seen dead, when its last thread has ended.
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        else:
            return True


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do: connections of a stopped server that linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(*, besides: int | None = None) -> int:
    """A port of 127.0.0.1 that nothing listens on now, and not `besides`, which is about to be used."""
    for _ in range(200):
        port = secrets.choice(_PORTS)
        if port != besides and port_is_free(port):
            return port
    raise OSError(f"No free port was found between {_PORTS.start} and {_PORTS.stop} on 127.0.0.1.")


def remembered_port(file: Path, *, wanted: int | None = None, besides: int | None = None) -> int:
    """The `wanted` port, else the one noted in `file` if it is free, else a free one; noted for the next time.

    Raises PortIsTaken: a wanted port is never exchanged for another.
    """
    if wanted is not None and not port_is_free(wanted):
        raise PortIsTaken(f"Port {wanted} of 127.0.0.1 is taken. Free it, or choose another.")
    port = wanted
    if port is None:
        with suppress(OSError, ValueError):
            noted = int(file.read_text())
            port = noted if noted != besides and port_is_free(noted) else None
    if port is None:
        port = free_port(besides=besides)
    file.write_text(f"{port}\n")
    return port


def write_private(file: Path, text: str) -> None:
    """Write a secret that only this user may read, whole or not at all."""
    fresh = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    fresh.replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename inside `folder` outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
