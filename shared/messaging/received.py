"""From records of the bus to the events that a handler sees."""

from collections.abc import Awaitable, Callable, Sequence
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


def received(records: Sequence[ConsumedRecord]) -> list[ReceivedEvent]:
    """Decode records. Types this code does not know are passed over; a malformed one raises ValueError."""
    events = []
    for record in records:
        envelope = decode(record.headers, record.value)
        if (event_class := EVENTS.get(envelope.type)) is not None:
            events.append(_received(envelope, event_class))
    return events


def _received(envelope: Envelope, event_class: type[Event]) -> ReceivedEvent:
    if envelope.time is None or envelope.data is None:
        raise MalformedEnvelope(f"event {envelope.id} has no time or no data")
    event = event_class.model_validate_json(envelope.data)
    return ReceivedEvent(UUID(envelope.id), event, envelope.time, envelope.traceparent)
