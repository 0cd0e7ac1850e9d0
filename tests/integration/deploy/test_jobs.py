"""The two jobs that must succeed before anything starts: migrations and topics, each harmless when run again."""

import asyncio
import uuid
from collections.abc import Callable

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from alembic.util import CommandError

from deploy import migrate, topics
from deploy.services import SERVICES, bootstrap_of
from shared.db import migrations
from shared.events.topics import PARTITIONS, Topic
from shared.messaging.bus import BusUnavailable
from tests.support.servers import Kafka


def settings(urls: dict[str, str]) -> migrate.MigrationSettings:
    return migrate.MigrationSettings.model_validate({f"{name}_database_url": url for name, url in urls.items()})


async def tables(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()
    return count


async def test_all_services_are_migrated_and_a_second_time_changes_nothing(make_database: Callable[[], str]) -> None:
    urls = {service: make_database() for service in SERVICES}

    await asyncio.to_thread(migrate.migrate, SERVICES, settings(urls))
    first = {service: await tables(url) for service, url in urls.items()}
    await asyncio.to_thread(migrate.migrate, SERVICES, settings(urls))

    assert {service: await tables(url) for service, url in urls.items()} == first
    assert all(count > 1 for count in first.values())


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_and_tables_have_not_drifted_apart(service: str, database: str) -> None:
    migrate.migrate([service], settings({service: database}))

    try:
        migrations.check(bootstrap_of(service).MIGRATIONS, database)
    except CommandError as drift:
        pytest.fail(f"{service}: {drift}", pytrace=False)


async def test_nothing_is_migrated_when_one_of_the_urls_is_missing(database: str) -> None:
    with pytest.raises(ValueError, match="RUNG_SLO_DATABASE_URL"):
        migrate.migrate(["credentials", "slo"], settings({"credentials": database}))

    assert await tables(database) == 0


@pytest.mark.parametrize("arguments", [[], ["payroll"], ["slo"]])
def test_a_wrong_command_ends_with_an_error_that_says_what_is_wrong(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RUNG_SLO_DATABASE_URL", raising=False)

    with pytest.raises(SystemExit) as ended:
        migrate.main(arguments)

    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err


async def partitions(bootstrap: str, names: list[Topic]) -> dict[str, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics(list(names))}
    finally:
        await admin.close()


@pytest.mark.kafka
async def test_the_topics_are_made_once_with_all_their_partitions(kafka: Kafka) -> None:
    wanted = topics.TopicSettings(kafka_bootstrap=kafka.bootstrap)

    await topics.create_topics(wanted)
    await topics.create_topics(wanted)

    assert await partitions(kafka.bootstrap, list(Topic)) == dict.fromkeys(Topic, PARTITIONS)


@pytest.mark.kafka
async def test_a_topic_with_another_number_of_partitions_is_refused(kafka: Kafka) -> None:
    name = f"jobs-{uuid.uuid4().hex[:8]}"
    kafka.create_topics([name], PARTITIONS - 1)

    with pytest.raises(topics.TopicHasOtherPartitions, match=f"{name} has {PARTITIONS - 1} partitions"):
        await topics.check_partitions(kafka.bootstrap, [name])


async def test_a_cluster_that_does_not_answer_fails_the_job() -> None:
    with pytest.raises(BusUnavailable):
        await topics.create_topics(topics.TopicSettings(kafka_bootstrap="127.0.0.1:1"))
