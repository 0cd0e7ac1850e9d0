"""From records of the bus to the events that a handler sees."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.envelope import Envelope, MalformedEnvelope, decode
from shared.events.registry import EVENTS, Event
from shared.messaging.bus import ConsumedRecord


class ReceivedEvent(NamedTuple):
    """A decoded event with what its envelope says: its id, when it was recorded, and the trace it belongs to."""

    id: UUID
    event: Event
    recorded_at: datetime
    traceparent: str | None


Handler = Callable[[AsyncConnection, Sequence[ReceivedEvent]], Awaitable[None]]


def of_interest(records: Sequence[ConsumedRecord], wanted: Mapping[str, type[Event]]) -> list[ConsumedRecord]:
    """The records without those whose header names a type that is not wanted, or that this code does not know.

    Most of a topic is of no interest to most of its consumers, so the others are not looked at any further.
    """
    return [record for record in records if (named := _named_type(record)) is None or named in wanted]


def received(records: Sequence[ConsumedRecord], wanted: Mapping[str, type[Event]]) -> list[ReceivedEvent]:
    """Decode the records of `wanted` types (event class by type) and pass over the others. Raises ValueError."""
    events = []
    for record in records:
        envelope = decode(record.headers, record.value)
        if (event_class := wanted.get(envelope.type)) is not None:
            events.append(_received(envelope, event_class))
    return events


def wanted_types(events: Iterable[type[Event]] | None) -> Mapping[str, type[Event]]:
    """Event classes by type; all that this code knows where none are named."""
    return EVENTS if events is None else {event.type: event for event in events}


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
