"""A server as a child process of this one: started apart from the terminal's signals, ended when this process ends.

On Linux the kernel signals the server when this process dies, `kill -9` included. Elsewhere a server may outlive its
launcher; the next start finds it (`end_left_over`).
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import psutil

_GUARD = Path(__file__).with_name("exec_guard.py")
_LOG_BYTES_MAX = 8 * 1024 * 1024


@dataclass(frozen=True)
class Account:
    """A user of the machine that a server runs as."""

    uid: int
    gid: int


class ChildProcess:
    """One running server. Every method may be called from any thread."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    @classmethod
    def spawn(
        cls,
        command: Sequence[str | Path],
        *,
        log: Path,
        death_signal: signal.Signals,
        environment: Mapping[str, str],
        account: Account | None = None,
    ) -> Self:
        """Start `command` in a process group of its own, its output appended to `log`.

        `death_signal` is sent to it when this process dies.
        """
        guarded = [
            sys.executable,
            "-I",
            "-S",
            str(_GUARD),
            str(os.getpid()),
            str(int(death_signal)),
            f"{account.uid}:{account.gid}" if account else "",
            *map(str, command),
        ]
        with _opened_log(log) as output:
            process = _SPAWNER.run(
                lambda: subprocess.Popen(
                    guarded,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=dict(environment),
                    cwd="/",
                    process_group=0,
                )
            )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; a negative number is the signal that ended it."""
        return self._process.poll()

    @property
    def is_running(self) -> bool:
        return self.exit_code is None

    def wait(self, seconds: float) -> bool:
        """Whether it ended within `seconds`; an ended process is reaped."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def pause(self) -> None:
        """Freeze it and all its descendants, and return when they stand still: clients wait without answer or error."""
        root = psutil.Process(self.pid)
        _signal_tree(root, signal.SIGSTOP)
        _wait_until_all(_stands_still, (root, *root.children(recursive=True)), seconds=10)

    def resume(self) -> None:
        """Undo `pause`; harmless when it was not paused."""
        _signal_tree(psutil.Process(self.pid), signal.SIGCONT)

    def end(self, polite: signal.Signals, *, seconds: float) -> None:
        """Ask it to end by `polite`, also when it is paused; after `seconds` kill it with all its children."""
        if self.is_running:
            with suppress(psutil.NoSuchProcess):
                self._process.send_signal(polite)
                self.resume()
            if not self.wait(seconds):
                self.kill()

    def kill(self) -> None:
        """SIGKILL to it and all its descendants; returns when all are gone."""
        if self.is_running:
            with suppress(psutil.NoSuchProcess):
                kill_tree(psutil.Process(self.pid))
        self._process.wait()


def kill_tree(root: psutil.Process) -> None:
    """SIGKILL to `root` and all its descendants; returns when all are gone (or wait to be reaped by their parent)."""
    with suppress(psutil.NoSuchProcess):
        # Stopped first, so that it starts no process between the look at its children and its end.
        root.suspend()
        doomed = [*root.children(recursive=True), root]
        for process in doomed:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        _wait_until_all(_is_gone, doomed, seconds=10)


def end_left_over(root: psutil.Process, polite: signal.Signals, *, seconds: float) -> None:
    """End a server whose launcher has died: by `polite`, also when it is paused; after `seconds` by SIGKILL."""
    with suppress(psutil.NoSuchProcess):
        family = [root, *root.children(recursive=True)]
        root.send_signal(polite)
        _signal_tree(root, signal.SIGCONT)
        if not _wait_until_all(_is_gone, family, seconds=seconds):
            kill_tree(root)


def _signal_tree(root: psutil.Process, number: signal.Signals) -> None:
    # One by one: each process of PostgreSQL is a group of its own, so a signal to a group would not reach them.
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _wait_until_all(
    are_so: Callable[[psutil.Process], bool], processes: Sequence[psutil.Process], *, seconds: float
) -> bool:
    deadline = time.monotonic() + seconds
    while not all(map(are_so, processes)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _is_gone(process: psutil.Process) -> bool:
    # A dead process stays visible until its parent reaps it, and the first process of a container may never do so.
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _stands_still(process: psutil.Process) -> bool:
    # A signal to stop reaches the threads one after the other, and each may do a little more until then.
    try:
        return all(
            psutil.Process(thread.id).status() == psutil.STATUS_STOPPED for thread in process.threads()
        ) or _is_gone(process)
    except psutil.NoSuchProcess:
        return _is_gone(process)


class _Spawner:
    """Starts all children from one thread that lives as long as this process.

    The kernel's death signal fires at the end of the *thread* that started the child, so a pool's thread must not.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: queue.SimpleQueue[tuple[Callable[[], subprocess.Popen[bytes]], Future[subprocess.Popen[bytes]]]]
        self._wanted = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def run(self, start: "Callable[[], subprocess.Popen[bytes]]") -> "subprocess.Popen[bytes]":
        with self._lock:
            # After a fork the thread is not alive in the new process, which then gets one of its own.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._serve, name="spawner", daemon=True)
                self._thread.start()
        started: Future[subprocess.Popen[bytes]] = Future()
        self._wanted.put((start, started))
        return started.result()

    def _serve(self) -> None:
        while True:
            start, started = self._wanted.get()
            try:
                started.set_result(start())
            except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
                started.set_exception(error)


_SPAWNER = _Spawner()


def tail(log: Path, *, lines: int = 12) -> str:
    """The last lines of a log, for an error's message; empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 16 * 1024))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _opened_log(log: Path) -> BinaryIO:
    if log.exists() and log.stat().st_size > _LOG_BYTES_MAX:
        log.replace(log.with_suffix(".previous.log"))
    return log.open("ab")
