"""Databases made by a service's migrations: run once for each server and service, copied for each test."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from shared.db import migrations

_TEMPLATES: dict[tuple[str, Path], str] = {}
_MAKING = asyncio.Lock()


async def migrate(folder: Path, url: str) -> None:
    """Make the empty database at `url` what the migrations in `folder` make of one."""
    address = urlsplit(url)
    administration = address._replace(path="/postgres").geturl()
    connection = await asyncpg.connect(administration)
    try:
        async with _MAKING:
            template = await _template(connection, folder, address.netloc, administration)
        name = address.path.removeprefix("/")
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        # As files: 0.03 s where a copy through the server's own log takes 0.2.
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    finally:
        await connection.close()


async def _template(
    connection: "asyncpg.Connection[asyncpg.Record]", folder: Path, server: str, administration: str
) -> str:
    key = (server, folder)
    if key not in _TEMPLATES:
        name = f"template_{folder.parent.name}"
        await connection.execute(f'CREATE DATABASE "{name}"')
        url = urlsplit(administration)._replace(path=f"/{name}").geturl()
        await asyncio.to_thread(migrations.upgrade, folder, url)
        _TEMPLATES[key] = name
    return _TEMPLATES[key]
