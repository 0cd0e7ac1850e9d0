"""The two scripts that run inside containers, run here: the databases on a real server, the secrets of a process."""

import asyncio
import os
import stat
import subprocess
from pathlib import Path

import asyncpg
import pytest

from deploy.compose_secrets import make
from deploy.postgres import USER, PostgresServer
from deploy.postgres_files import program
from deploy.services import SERVICES

COMPOSE = Path(__file__).resolve().parents[3] / "deploy" / "compose"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    make(tmp_path / "secrets")
    return tmp_path / "secrets"


async def test_each_service_gets_a_database_that_no_other_one_can_enter(servers_folder: Path, secrets: Path) -> None:
    with PostgresServer(servers_folder / "compose") as server:
        own = server.url("postgres")
        environment = {
            **os.environ,
            "PATH": f"{program('psql').parent}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(server.port),
            "PGPASSWORD": own.partition(":")[2].partition(":")[2].partition("@")[0],
            "POSTGRES_USER": USER,
            "RUNG_SECRETS": str(secrets),
        }

        script = COMPOSE / "postgres" / "databases.sh"
        await asyncio.to_thread(subprocess.run, [script], env=environment, check=True, timeout=60)

        for service in SERVICES:
            url = (secrets / f"{service}_database_url").read_text().replace("postgres:5432", f"127.0.0.1:{server.port}")
            connection = await asyncpg.connect(url)
            await connection.execute("CREATE TABLE t (a text)")
            await connection.close()
            for other in set(SERVICES) - {service}:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await asyncpg.connect(f"{url.rpartition('/')[0]}/{other}")


def test_secret_files_become_variables_of_the_process_and_other_files_do_not(tmp_path: Path) -> None:
    (tmp_path / "RUNG_DATABASE_URL").write_text("postgresql://a:b c$d'e@host/x\n")
    (tmp_path / "providers.json").write_text("{}")
    show = "import os, sys; print([(n, v) for n, v in os.environ.items() if n.startswith('RUNG_D') or n[0] == 'p'])"

    ended = subprocess.run(
        [COMPOSE / "entrypoint.sh", "python3", "-c", show],
        env={"PATH": os.environ["PATH"], "RUNG_SECRETS": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stdout.strip() == repr([("RUNG_DATABASE_URL", "postgresql://a:b c$d'e@host/x")])


def test_a_process_without_secrets_starts_too_and_its_end_is_the_container_s(tmp_path: Path) -> None:
    ended = subprocess.run(
        [COMPOSE / "entrypoint.sh", "sh", "-c", "exit 7"],
        env={"PATH": os.environ["PATH"], "RUNG_SECRETS": str(tmp_path)},
        check=False,
    )

    assert ended.returncode == 7


def test_secrets_are_made_once_and_their_folder_is_its_owner_s_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"

    made = make(folder)
    before = {path.name: path.read_text() for path in folder.iterdir()}

    assert len(made) == len(before) == 4 + 2 * len(SERVICES)
    assert make(folder) == []
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len({before[f"{service}_database_password"] for service in SERVICES}) == len(SERVICES)
