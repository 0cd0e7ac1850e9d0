"""The evaluation service on a real database, emptied before each test: migrating anew for each would take the time."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from deploy.postgres import PostgresServer
from services.evaluation import bootstrap
from services.evaluation.models import metadata
from services.evaluation.settings import Settings
from tests.support.evaluation import School, educator_ids, import_files
from tests.support.service import RunningService, running_service
from tests.support.web import NOON

_DATABASE = "evaluation_tests"


@pytest.fixture(scope="session")
async def migrated_service(postgres: PostgresServer) -> AsyncIterator[RunningService]:
    postgres.create_database(_DATABASE)
    async with running_service(
        "evaluation", Settings, bootstrap.MIGRATIONS, bootstrap.api, database=postgres.url(_DATABASE)
    ) as running:
        yield running
    postgres.drop_database(_DATABASE)


@pytest.fixture
async def service(migrated_service: RunningService) -> RunningService:
    migrated_service.clock.moment = NOON
    tables = ", ".join(table.name for table in metadata.sorted_tables)
    async with migrated_service.runtime.engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    return migrated_service


@pytest.fixture
async def school(service: RunningService) -> School:
    answer = await import_files(service, on="2021-03-01")
    assert answer.status_code == 200, answer.text
    return School(service, await educator_ids(service))
