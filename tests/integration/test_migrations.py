"""The migrations of every service make exactly the tables that its code speaks of."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from deploy.services import SERVICES, bootstrap_of
from shared.db import migrations


def folder_of(service: str) -> Path:
    folder: Path = bootstrap_of(service).MIGRATIONS
    return folder


@pytest.mark.parametrize("service", SERVICES)
class TestMigrations:
    async def test_tables_and_migrations_have_not_drifted_apart(self, service: str, database: str) -> None:
        await asyncio.to_thread(migrations.upgrade, folder_of(service), database)
        await asyncio.to_thread(migrations.check, folder_of(service), database)
        connection = await asyncpg.connect(database)
        await connection.execute("ALTER TABLE outbox ADD COLUMN unheard_of text")
        await connection.close()
        with pytest.raises(CommandError):
            await asyncio.to_thread(migrations.check, folder_of(service), database)

    def test_they_are_one_line_and_named_by_date(self, service: str, database: str) -> None:
        scripts = ScriptDirectory.from_config(migrations.config(folder_of(service), database))
        assert len(scripts.get_heads()) == 1
        names = sorted(path.name for path in (folder_of(service) / "versions").glob("*.py"))
        assert names
        assert all(len(name.split("_", 3)) == 4 and name[:4].isdigit() for name in names)
