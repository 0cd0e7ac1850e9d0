"""A backlog for the compensation service: a season of events on a bus, and a database that has the plan."""

from collections.abc import Sequence
from typing import Any

from deploy.bench.season import recorded_at, season
from deploy.loading import PLAN
from deploy.postgres import PostgresServer
from deploy.private_loop import run_apart
from services.compensation import bootstrap
from services.compensation.domain import BoardApproval
from services.compensation.service.plan_life import approve_plan, ask_for_review, waive_comments
from services.compensation.service.plans import publish_plan, write_plan
from shared.db import migrations
from shared.db.engine import create_engine
from shared.events.envelope import Envelope, encode_binary
from shared.events.registry import Event, schema_uri
from shared.events.topics import Topic
from shared.kernel.clock import SystemClock
from shared.kernel.ids import uuid7
from shared.messaging.bus import Bus, Record

_EVENTS_AN_EDUCATOR = 8.77
_TOPICS = (Topic.EVALUATION, Topic.SLO, Topic.CREDENTIALS)
_AT_ONCE = 1_000


def season_of(events: int) -> list[Event]:
    """A season of as many educators as bring so many events."""
    return season(educators=round(events / _EVENTS_AN_EDUCATOR) + 48, events=events)


async def fill(bus: Bus, events: Sequence[Event]) -> None:
    """Rosters stand first in their topic; the rest as shuffled. The bus is closed."""
    try:
        for topic in _TOPICS:
            records = [record(number, event) for number, event in enumerate(events) if event.topic is topic]
            for first in range(0, len(records), _AT_ONCE):
                await bus.append(topic, records[first : first + _AT_ONCE])
    finally:
        await bus.close()


def record(number: int, event: Event) -> Record:
    """An event as its service publishes it."""
    data = event.model_dump_json().encode()
    moment = recorded_at(number)
    envelope = Envelope(
        id=str(uuid7(moment)),
        source=f"urn:rung:{event.topic.split('.')[0]}",
        type=event.type,
        time=moment,
        subject=event.key,
        data=data,
        dataschema=schema_uri(event.type),
    )
    return Record(event.key, data, encode_binary(envelope))


def prepare_database(server: PostgresServer, name: str) -> str:
    """A compensation database under that name, with the sample plan published and nothing else; its URL."""
    server.create_database(name)
    url = server.url(name)
    migrations.upgrade(bootstrap.MIGRATIONS, url)
    run_apart(lambda: publish(url, PLAN.read_text()))
    return url


async def publish(url: str, document: str) -> None:
    """Have the plan document stand for its year."""
    engine, clock = create_engine(url), SystemClock()
    try:
        async with engine.begin() as connection:
            version = await write_plan(connection, clock, document, by="bench:writer")
            taken: dict[str, Any] = {"plan_version_id": version.id, "by": "bench:publisher"}
            await ask_for_review(connection, clock, **taken)
            await waive_comments(connection, clock, because="for measuring", **taken)
            approval = BoardApproval("none, for measuring", version.local_date(clock.now()), describes_all_pay=True)
            await approve_plan(connection, clock, approval=approval, **taken)
            await publish_plan(connection, clock, version.id, by="bench:publisher")
    finally:
        await engine.dispose()
