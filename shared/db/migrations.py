"""Alembic for a service: its versions folder, its metadata, its database, and nothing read from an ini file."""

import asyncio
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

_LOCK_TIMEOUT = "5s"


def config(folder: Path, url: str) -> Config:
    """The Alembic configuration of the migrations in `folder` against `postgresql://...`."""
    settings = Config()
    settings.set_main_option("script_location", str(folder))
    settings.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    settings.attributes["url"] = url.replace("postgresql://", "postgresql+asyncpg://", 1)
    return settings


def upgrade(folder: Path, url: str) -> None:
    """Bring the database to the newest version. Several callers at once are let through one after the other."""
    command.upgrade(config(folder, url), "head")


def check(folder: Path, url: str) -> None:
    """Raises alembic.util.CommandError where tables and migrations have drifted apart."""
    command.check(config(folder, url))


def run_env(metadata: MetaData) -> None:
    """The whole of a service's `migrations/env.py`."""
    asyncio.run(_run(metadata))


async def _run(metadata: MetaData) -> None:
    engine = create_async_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate, metadata)
        await connection.commit()
    await engine.dispose()


def _migrate(connection: Connection, metadata: MetaData) -> None:
    # In this order: the time limit is for tables in use, not for waiting until another caller has migrated.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('migrations'))"))
    connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
