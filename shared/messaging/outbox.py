"""Recording events: one row each, in the transaction of the change, so that neither exists without the other."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.direct import driver
from shared.events.registry import Event
from shared.kernel.ids import uuid7
from shared.kernel.trace_context import current_traceparent

MAX_EVENT_CHARACTERS = 200_000
"""A Kafka broker takes one megabyte by default, a character is at most four bytes."""

_INSERT = """
INSERT INTO outbox (id, topic, key, type, data, traceparent, recorded_at)
SELECT u.id, u.topic, u.key, u.type, u.data, u.traceparent, $7
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
     WITH ORDINALITY AS u(id, topic, key, type, data, traceparent, n)
ORDER BY u.n
"""


class EventTooLarge(ValueError):
    """No bus would take this event, and every later one of the outbox would wait behind it for ever."""


async def record(
    connection: AsyncConnection,
    events: Sequence[Event],
    *,
    now: datetime,
    traceparents: Sequence[str | None] | None = None,
) -> list[UUID]:
    """Record `events` in their order and return their ids.

    The caller holds the lock on each event's aggregate, so that positions of one aggregate follow its versions.
    `traceparents` names a trace per event where they have different origins; otherwise the current one is used.
    Raises EventTooLarge.
    """
    if not events:
        return []
    data = [event.model_dump_json() for event in events]
    if (largest := max(map(len, data))) > MAX_EVENT_CHARACTERS:
        raise EventTooLarge(f"an event of {largest} characters; at most {MAX_EVENT_CHARACTERS} can be published")
    ids = [uuid7(now) for _ in events]
    await (await driver(connection)).execute(
        _INSERT,
        ids,
        [event.topic for event in events],
        [event.key for event in events],
        [event.type for event in events],
        data,
        list(traceparents) if traceparents else [current_traceparent()] * len(events),
        now,
    )
    return ids
