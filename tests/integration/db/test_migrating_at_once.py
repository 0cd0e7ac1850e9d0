"""Several processes that start together migrate one after the other, however long the first one takes."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from shared.db.migrations import upgrade

ENV = "from sqlalchemy import MetaData\nfrom shared.db.migrations import run_env\nrun_env(MetaData())\n"
VERSION = """
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE made_once (n int)")
"""


async def test_callers_wait_for_the_one_that_migrates_longer_than_any_statement_may_wait_for_a_table(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.db.migrations._LOCK_TIMEOUT", "100ms")
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV)
    (tmp_path / "versions" / "first.py").write_text(VERSION)
    other = await asyncpg.connect(database)
    await other.execute("SELECT pg_advisory_lock(hashtext('migrations'))")
    waiting = asyncio.ensure_future(asyncio.to_thread(upgrade, tmp_path, database))
    await asyncio.sleep(0.6)
    assert not waiting.done()
    assert await other.fetchval("SELECT to_regclass('made_once')") is None
    await other.execute("SELECT pg_advisory_unlock(hashtext('migrations'))")
    await waiting
    await asyncio.to_thread(upgrade, tmp_path, database)
    assert await other.fetchval("SELECT count(*) FROM made_once") == 0
    await other.close()
