"""Recording events: one row each, in the transaction of the change, so that neither exists without the other."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.direct import driver
from shared.events.registry import Event
from shared.kernel.ids import uuid7
from shared.kernel.trace_context import current_traceparent

MAX_EVENT_BYTES = 800_000
"""A Kafka broker takes one megabyte by default, headers and all."""

RECORD = """
INSERT INTO outbox (id, topic, key, type, data, traceparent, recorded_at)
SELECT u.id, u.topic, u.key, u.type, u.data, u.traceparent, $7
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
     WITH ORDINALITY AS u(id, topic, key, type, data, traceparent, n)
ORDER BY u.n
"""
"""Records the `rows` that are its first seven parameters. A statement that saves what the events tell of can take it in
as `WITH recorded AS (...)`, which spares the event path a round trip."""

Rows: TypeAlias = tuple[list[UUID], list[str], list[str], list[str], list[str], list[str | None], datetime]


class EventTooLarge(ValueError):
    """No bus would take this event, and every later one of the outbox would wait behind it for ever."""


def rows(events: Sequence[Event], *, now: datetime, traceparents: Sequence[str | None] | None = None) -> Rows:
    """`events` as the parameters of `RECORD`, in their order.

    `traceparents` names a trace per event where they have different origins; otherwise the current one is used.
    Raises EventTooLarge.
    """
    data = [event.model_dump_json() for event in events]
    if (largest := max(map(_bytes, data), default=0)) > MAX_EVENT_BYTES:
        raise EventTooLarge(f"an event of {largest} bytes; at most {MAX_EVENT_BYTES} can be published")
    return (
        [uuid7(now) for _ in events],
        [event.topic for event in events],
        [event.key for event in events],
        [event.type for event in events],
        data,
        list(traceparents) if traceparents else [current_traceparent()] * len(events),
        now,
    )


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


async def record(connection: AsyncConnection, events: Sequence[Event], *, now: datetime) -> list[UUID]:
    """Record `events` in their order and return their ids.

    The caller holds the lock on each event's aggregate, so that positions of one aggregate follow its versions.
    Raises EventTooLarge.
    """
    if not events:
        return []
    recorded = rows(events, now=now)
    await (await driver(connection)).execute(RECORD, *recorded)
    return recorded[0]
