"""A real PostgreSQL 18 server on 127.0.0.1 as a child of this process, for the embedded default and the tests.

It owns one folder: the data, the password, the port, the log. It knows nothing of schemas and services.
"""

import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import asyncpg

from deploy.child_process import Account, ChildProcess, tail
from deploy.postgres_files import PostgresDidNotStart, end_left_over_server, open_the_way, program, server_account
from deploy.private_loop import run_apart
from deploy.server_folder import (
    FolderIsHeld,
    FolderLock,
    PortIsTaken,
    port_is_free,
    remembered_port,
    sync_folder,
    write_private,
)

__all__ = ["PostgresDidNotStart", "PostgresServer"]

USER = "rung"
_READY_SECONDS = 120
_INITDB_SECONDS = 120
_STOP_SECONDS = 60

_Administration = Callable[[asyncpg.Connection, str], Awaitable[None]]

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "maintenance_work_mem": "32MB",
    "huge_pages": "off",
    # Reading by worker processes pays on large machines only; three processes fewer.
    "io_method": "sync",
    "jit": "off",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "autovacuum": "on",
    # One server with no replica: the log need carry only what a crash needs.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    # A page that changes for the first time since a checkpoint goes into the log whole. Packing these was a fifth of
    # all that the server computed for a recalculation, and a third for an event with a long history.
    "wal_compression": "off",
    "max_wal_size": "1GB",
    "min_wal_size": "128MB",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class PostgresServer:
    """The server of `folder`. `settings` override the small-machine defaults; `port` pins the port.

    One live process at a time may run it; the server ends with that process, however that ends. All methods block.
    """

    def __init__(self, folder: Path, *, port: int | None = None, settings: Mapping[str, str] | None = None) -> None:
        self._folder = folder.resolve()
        self._data = self._folder / "data"
        self._log = self._folder / "postgres.log"
        self._password_file = self._folder / "password"
        self._wanted_port = port
        self._settings = _SETTINGS | dict(settings or {})
        self._lock = FolderLock(self._folder)
        self._child: ChildProcess | None = None
        self._port: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether the server's process lives (a paused one does)."""
        return self._child is not None and self._child.is_running

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        return self._started().pid

    @property
    def port(self) -> int:
        """The port of the last start."""
        if self._port is None:
            raise PostgresDidNotStart("The server was not started yet, so it has no port. Call start() first.")
        return self._port

    def url(self, database: str) -> str:
        """`postgresql://...` of a database, password included: a secret."""
        return f"postgresql://{USER}:{self._password()}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def start(self) -> None:
        """Start and wait until it accepts connections; makes the data folder on first use. Raises PostgresDidNotStart.

        Whatever was committed before a crash, a `kill -9` of the server or of its launcher is there again. A server
        that a dead launcher left running on this folder is ended first.
        """
        if self.is_running:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
            account = server_account(self._data)
            if account is not None:
                open_the_way(self._folder)
            end_left_over_server(self._data, seconds=_STOP_SECONDS)
            self._initialize(account)
            self._launch(account)
        except BaseException as error:
            self.kill()
            if isinstance(error, FolderIsHeld | PortIsTaken):
                raise PostgresDidNotStart(str(error)) from error
            raise

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is on disk when this returns."""
        if self._child is not None:
            # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
            self._child.end(signal.SIGINT, seconds=_STOP_SECONDS)
            self._child = None
        self._lock.release()

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL to the postmaster and every backend."""
        if self._child is not None:
            self._child.kill()
            self._child = None
        self._lock.release()

    def pause(self) -> None:
        """Freeze the postmaster and its backends: clients wait without an answer or an error."""
        self._started().pause()

    def resume(self) -> None:
        """Undo `pause`."""
        self._started().resume()

    def create_database(self, name: str) -> None:
        """Make an empty database unless it is there."""
        self._administer(_create_database, name)

    def drop_database(self, name: str) -> None:
        """Remove a database with all that is in it, also while clients are connected; harmless when it is not there."""
        self._administer(_drop_database, name)

    def _administer(self, work: _Administration, name: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(self.url("postgres"), timeout=30, command_timeout=120)
            try:
                await work(connection, name)
            finally:
                await connection.close()

        run_apart(run)

    def _started(self) -> ChildProcess:
        if self._child is None:
            raise PostgresDidNotStart("The server is not running. Call start() first.")
        return self._child

    def _password(self) -> str:
        try:
            return self._password_file.read_text().strip()
        except FileNotFoundError:
            raise PostgresDidNotStart(
                f"{self._password_file} is missing. Put it back, or remove {self._folder} to begin anew, without data."
            ) from None

    def _initialize(self, account: Account | None) -> None:
        for unfinished in self._folder.glob("data.new-*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        if self._data.exists():
            return
        if not self._password_file.exists():
            write_private(self._password_file, secrets.token_urlsafe(24))
        # A folder of its own until it is whole, so that an interrupted initdb is never taken for a database.
        fresh = Path(tempfile.mkdtemp(prefix="data.new-", dir=self._folder))
        password_copy = fresh.with_name(f"{fresh.name}.password")
        write_private(password_copy, self._password())
        if account is not None:
            for path in (fresh, password_copy):
                os.chown(path, account.uid, account.gid)
        try:
            self._run_initdb(fresh, password_copy, account)
        finally:
            password_copy.unlink()
        fresh.rename(self._data)
        sync_folder(self._folder)

    def _run_initdb(self, fresh: Path, password: Path, account: Account | None) -> None:
        command: list[str | Path] = [program("initdb"), "--pgdata", fresh, "--username", USER, "--pwfile", password]
        # The builtin C.UTF-8 sorts by code point and is the same on every machine, whatever its own locales are.
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums", "--no-instructions"]
        initdb = self._spawn(command, signal.SIGTERM, account)
        if not initdb.wait(_INITDB_SECONDS):
            initdb.kill()
        if initdb.exit_code != 0:
            raise PostgresDidNotStart(
                f"initdb could not make {fresh} (exit code {initdb.exit_code}). The end of {self._log}:\n"
                f"{tail(self._log)}\nCheck that the disk has room and that the folder is on a local file system."
            )

    def _launch(self, account: Account | None) -> None:
        for _ in range(3):
            self._port = remembered_port(self._folder / "port", wanted=self._wanted_port)
            command: list[str | Path] = [program("postgres"), "-D", self._data, "-p", str(self._port)]
            for name, value in self._settings.items():
                command += ["-c", f"{name}={value}"]
            self._child = self._spawn(command, signal.SIGINT, account)
            if self._becomes_ready(self._child):
                return
            self._child.kill()
            # Somebody may have taken the port since it was seen free.
            if port_is_free(self._port):
                break
        raise PostgresDidNotStart(
            f"PostgreSQL did not start on 127.0.0.1:{self._port}. The end of {self._log}:\n{tail(self._log)}\n"
            f"If the data is of another version or damaged, move {self._folder} away to begin anew."
        )

    def _becomes_ready(self, child: ChildProcess) -> bool:
        """Whether the postmaster notes itself ready, the sign that pg_ctl waits for, before it dies or time is up."""
        deadline = time.monotonic() + _READY_SECONDS
        while child.is_running and time.monotonic() < deadline:
            with suppress(OSError):
                lines = (self._data / "postmaster.pid").read_text().splitlines()
                if len(lines) >= 8 and lines[0] == str(child.pid) and lines[7].strip() == "ready":
                    return True
            time.sleep(0.01)
        return False

    def _spawn(
        self, command: "list[str | Path]", death_signal: signal.Signals, account: Account | None
    ) -> ChildProcess:
        # The caller's PG* variables would change what the programs do.
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
        environment |= {"LC_ALL": "C"}
        return ChildProcess.spawn(
            command, log=self._log, death_signal=death_signal, environment=environment, account=account
        )


async def _create_database(connection: asyncpg.Connection, name: str) -> None:
    if await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
        return
    # Another launcher's client may have been quicker.
    with suppress(asyncpg.DuplicateDatabaseError):
        await connection.execute(f"CREATE DATABASE {_quoted(name)} TEMPLATE template0")


async def _drop_database(connection: asyncpg.Connection, name: str) -> None:
    await connection.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
