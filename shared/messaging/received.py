"""From records of the bus to the events that a handler sees."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.envelope import Envelope, MalformedEnvelope, decode
from shared.events.registry import EVENTS, Event
from shared.messaging.bus import ConsumedRecord


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """A decoded event with what its envelope says: its id, when it was recorded, and the trace it belongs to."""

    id: UUID
    event: Event
    recorded_at: datetime
    traceparent: str | None


Handler = Callable[[AsyncConnection, Sequence[ReceivedEvent]], Awaitable[None]]


def received(records: Sequence[ConsumedRecord], wanted: Mapping[str, type[Event]] = EVENTS) -> list[ReceivedEvent]:
    """Decode the records of `wanted` types (event class by type); all others, and unknown types, are passed over.

    A malformed one raises ValueError. A record whose header names another type is not looked at any further: most of
    a topic is of no interest to most of its consumers.
    """
    events = []
    for record in records:
        named = _named_type(record)
        if named is not None and named not in wanted:
            continue
        envelope = decode(record.headers, record.value)
        if (event_class := wanted.get(envelope.type)) is not None:
            events.append(_received(envelope, event_class))
    return events


def _named_type(record: ConsumedRecord) -> str | None:
    for name, value in record.headers:
        if name == "ce_type" and value is not None:
            return value.decode(errors="replace")
    return None


def _received(envelope: Envelope, event_class: type[Event]) -> ReceivedEvent:
    if envelope.time is None or envelope.data is None:
        raise MalformedEnvelope(f"event {envelope.id} has no time or no data")
    event = event_class.model_validate_json(envelope.data)
    return ReceivedEvent(UUID(envelope.id), event, envelope.time, envelope.traceparent)
