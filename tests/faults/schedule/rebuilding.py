"""The ninth invariant: an operator's rebuild from the log alone, in an empty database, comes to the same bytes."""

import asyncio
from typing import Any

import asyncpg

from services.compensation import bootstrap
from services.compensation.settings import Settings
from shared.db import migrations
from shared.kernel.errors import RungError
from shared.runtime import Runtime
from tests.faults.schedule.world import World
from tests.support.compensation import STATE

NAME = "9 the log alone rebuilds the same bytes"
_FACTS = {
    "fact that was decided by": "SELECT * FROM fact WHERE sequence <= (SELECT max(statement.applied_sequence) "
    "FROM statement WHERE statement.educator_id = fact.educator_id) ORDER BY educator_id, sequence",
    "attribute": "SELECT id, educator_id, school_year, attribute, item, version, value FROM attribute ORDER BY id",
    "placement": "SELECT id, version, educator_id, ladder, school_year, kind, rung, reached, valid_through_year,"
    " withdrawn, lapsed FROM placement ORDER BY id, version",
    "common_facts": "SELECT plan_year, number, campuses, settlement, is_final, event_id FROM common_facts"
    " ORDER BY plan_year, number",
    # What changed no statement is in no decision: the log tells what stands of it, and not in which order it came.
    "fact that stands": "SELECT DISTINCT ON (educator_id, kind, key) educator_id, kind, key, version, event_id, "
    "recorded_at, data FROM fact ORDER BY educator_id, kind, key, version DESC",
}


async def check_rebuild(world: World, number: int) -> list[str]:
    """What is other in the rebuilt database than in the one that lived."""
    database = f"rebuilt_{number}"
    await asyncio.to_thread(world.postgres.create_database, database)
    try:
        settings = Settings.model_validate(
            {
                "database_url": world.database(database),
                "kafka_bootstrap": world.broker.bootstrap,
                "token_keys": str(world.workspace.issuer().jwks_path),
                "person_key_secret": world.workspace.person_key_secret(),
            }
        )
        await asyncio.to_thread(migrations.upgrade, bootstrap.MIGRATIONS, settings.database_url)
        async with Runtime.of("compensation", settings) as runtime:
            try:
                await bootstrap.rebuild_from_log(runtime)
            except RungError as refused:
                return [f"the rebuild stopped: {refused.detail}"]
        return [
            f"{table}: {len(lived)} rows lived, {len(rebuilt)} came out of the log, and they are not the same"
            for table, query in (STATE | _FACTS).items()
            if (lived := await _rows(world.database("compensation"), query))
            != (rebuilt := await _rows(settings.database_url, query))
        ]
    finally:
        await asyncio.to_thread(world.postgres.drop_database, database)


async def _rows(url: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()
