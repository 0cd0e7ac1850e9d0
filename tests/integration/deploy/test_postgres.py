"""The PostgreSQL launcher on a real server: nothing committed is lost, nothing is left running."""

import asyncio
import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import pytest

from deploy.postgres import PostgresDidNotStart, PostgresServer
from deploy.private_loop import run_apart
from tests.integration.deploy.conftest import Launch, kill_launcher, lives, wait_until

LAUNCH = "from pathlib import Path\nfrom deploy.postgres import PostgresServer\nserver = PostgresServer(Path({!r}))\n"
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")


def ask(server: PostgresServer, *statements: str, database: str = "postgres") -> object:
    """Run the statements on one connection; the value that the last one gives."""

    async def run() -> object:
        connection = await asyncpg.connect(server.url(database), timeout=30, command_timeout=30)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return run_apart(run)


def write(server: PostgresServer) -> None:
    ask(server, "CREATE TABLE t (n int)", "INSERT INTO t SELECT generate_series(1, 1000)", "SELECT 1")


def rows(server: PostgresServer) -> object:
    return ask(server, "SELECT count(*) FROM t")


def processes_of(server: PostgresServer) -> list[int]:
    postmaster = psutil.Process(server.pid)
    return [postmaster.pid, *(child.pid for child in postmaster.children(recursive=True))]


def test_committed_rows_and_the_port_and_the_password_are_the_same_after_a_restart(folder: Path) -> None:
    with PostgresServer(folder) as server:
        write(server)
        url, processes = server.url("postgres"), processes_of(server)
        server.start()
        assert processes_of(server)[0] == processes[0], "a second start must change nothing"
    assert not server.is_running
    assert not any(map(lives, processes))
    assert not (folder / "data" / "postmaster.pid").exists(), "an orderly shutdown removes the pid file"
    with PostgresServer(folder) as again:
        assert again.is_running
        assert again.url("postgres") == url
        assert rows(again) == 1000


def test_committed_rows_are_there_after_a_kill_9_of_all_its_processes(folder: Path) -> None:
    server = PostgresServer(folder)
    server.start()
    write(server)
    processes = processes_of(server)
    # A backend that cannot notice its postmaster's end has to be killed as well.
    psutil.Process(processes[-1]).suspend()
    server.kill()
    assert not server.is_running
    assert not any(map(lives, processes))
    assert (folder / "data" / "postmaster.pid").exists(), "a killed server leaves its pid file behind"
    with server:
        assert rows(server) == 1000


def test_it_starts_again_when_a_busy_backend_outlived_a_killed_postmaster(folder: Path) -> None:
    server = PostgresServer(folder)
    server.start()
    write(server)
    backend = psutil.Process(server.pid).children()[0]
    backend.suspend()
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: not server.is_running)
    assert lives(backend.pid)
    with server:
        assert not lives(backend.pid)
        assert rows(server) == 1000


def test_a_pid_file_whose_number_now_belongs_to_a_stranger_does_not_keep_it_from_starting(folder: Path) -> None:
    server = PostgresServer(folder)
    server.start()
    server.kill()
    pid_file = folder / "data" / "postmaster.pid"
    # A live process of the server's own user that is not its parent: what PostgreSQL itself takes for a live server.
    with PostgresServer(folder.with_name("stranger")) as stranger:
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        with server:
            assert ask(server, "SELECT 1") == 1
        assert stranger.is_running


def test_it_moves_to_another_port_when_its_own_is_taken_and_says_so_when_it_is_pinned(folder: Path) -> None:
    with PostgresServer(folder) as server:
        port = server.port
    with socket.create_server(("127.0.0.1", port)):
        with PostgresServer(folder) as server:
            assert server.port != port
            assert ask(server, "SELECT 1") == 1
        pinned = PostgresServer(folder, port=port)
        with pytest.raises(PostgresDidNotStart, match=f"Port {port} of 127.0.0.1 is taken"):
            pinned.start()
        assert not pinned.is_running
    with PostgresServer(folder, port=port) as pinned:
        assert pinned.port == port


@on_linux
def test_it_ends_by_itself_when_its_launcher_is_killed(folder: Path, launch: Launch) -> None:
    launcher, server = launch(LAUNCH.format(str(folder)) + "server.start()")
    assert lives(server)
    kill_launcher(launcher)
    wait_until(lambda: not lives(server))
    assert not (folder / "data" / "postmaster.pid").exists(), "a fast shutdown, not a crash"


def test_an_orphan_of_a_dead_launcher_is_found_and_ended_first(folder: Path, launch: Launch) -> None:
    # A paused server cannot obey the signal that tells it of its launcher's death.
    launcher, orphan = launch(LAUNCH.format(str(folder)) + "server.start()\nserver.pause()")
    kill_launcher(launcher)
    assert lives(orphan)
    with PostgresServer(folder) as server:
        assert not lives(orphan)
        assert ask(server, "SELECT 1") == 1


def test_a_folder_that_a_live_launcher_holds_is_refused_and_its_server_goes_on(folder: Path, launch: Launch) -> None:
    launcher, running = launch(LAUNCH.format(str(folder)) + "server.start()")
    with pytest.raises(PostgresDidNotStart, match=rf"Process {launcher} runs the server of .* already"):
        PostgresServer(folder).start()
    assert lives(running)


@on_linux
def test_it_outlives_the_thread_that_started_it(folder: Path) -> None:
    server = PostgresServer(folder)
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
    with server:
        assert ask(server, "SELECT pg_sleep(0.3) IS NOT NULL") is True
        assert server.is_running


def test_a_paused_server_answers_again_when_resumed_and_can_be_stopped_while_paused(folder: Path) -> None:
    async def ask_a_paused_backend() -> None:
        client = await asyncpg.connect(server.url("postgres"))
        server.pause()
        answer = asyncio.ensure_future(client.fetchval("SELECT 1"))
        assert not (await asyncio.wait([answer], timeout=0.3))[0], "a backend that is there already is paused too"
        server.resume()
        assert await answer == 1
        await client.close()

    with PostgresServer(folder) as server:
        run_apart(ask_a_paused_backend)
        server.pause()
        assert server.is_running
        server.stop()
        assert not server.is_running
        assert not (folder / "data" / "postmaster.pid").exists(), "an orderly shutdown"


def test_it_says_what_is_wrong_and_what_to_do_when_a_setting_is_not_valid(folder: Path) -> None:
    with pytest.raises(
        PostgresDidNotStart, match=r"(?s)unrecognized configuration parameter.*postgres\.log|postgres\.log.*unrec"
    ):
        PostgresServer(folder, settings={"no_such_setting": "1"}).start()
    with PostgresServer(folder, settings={"work_mem": "5MB"}) as server:
        assert ask(server, "SHOW work_mem") == "5MB"


def test_an_interrupted_initdb_is_not_taken_for_a_database(folder: Path) -> None:
    unfinished = folder / "data.new-1"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with PostgresServer(folder) as server:
        assert ask(server, "SELECT 1") == 1
    assert not unfinished.exists()


@as_root
def test_root_runs_it_as_another_user_below_a_folder_closed_to_others(folder: Path) -> None:
    folder.parent.chmod(0o700)
    with PostgresServer(folder) as server:
        assert {psutil.Process(pid).uids().real for pid in processes_of(server)} != {0}
        assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o701, "search permission and nothing else"
        assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700
        assert (folder / "password").stat().st_uid == 0


def test_is_safe_against_power_cuts_and_open_to_this_machine_alone(folder: Path) -> None:
    wanted = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
    }
    with PostgresServer(folder) as server:
        assert {name: ask(server, f"SHOW {name}") for name in wanted} == wanted
        assert ask(server, "SELECT upper('é') || (SELECT max(x) FROM unnest('{a,B,é}'::text[]) x)") == "Éé"


class TestTheSessionsServer:
    def test_lets_nobody_in_without_the_password(self, postgres: PostgresServer, servers_folder: Path) -> None:
        password = servers_folder / "postgres" / "password"
        assert stat.S_IMODE(password.stat().st_mode) == 0o600
        wrong = postgres.url("postgres").replace(password.read_text(), "wrong")
        assert wrong != postgres.url("postgres")
        with pytest.raises(asyncpg.InvalidPasswordError):
            run_apart(lambda: asyncpg.connect(wrong))

    def test_makes_a_database_once_and_drops_it_under_its_clients(self, postgres: PostgresServer) -> None:
        name = 'odd "name" of/it'
        postgres.create_database(name)
        ask(postgres, "CREATE TABLE kept ()", "SELECT 1", database=name)
        postgres.create_database(name)
        assert ask(postgres, "SELECT count(*) FROM kept", database=name) == 0

        async def drop_while_connected() -> None:
            client = await asyncpg.connect(postgres.url(name))
            postgres.drop_database(name)
            client.terminate()

        run_apart(drop_while_connected)
        assert ask(postgres, f"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == 0
        postgres.drop_database(name)

    def test_gives_every_test_databases_of_its_own(
        self, postgres: PostgresServer, database: str, make_database: Callable[[], str]
    ) -> None:
        urls = {database, make_database(), make_database()}
        assert len(urls) == 3
        name = database.rpartition("/")[2]
        assert (
            ask(postgres, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace", database=name)
            == 0
        )
