"""The fact that an event brings about one educator, whether the bus brought it or it was recorded here."""

from services.compensation.domain import Arrival
from services.compensation.policy.facts.of_events import brings_a_fact, fact_of
from shared.messaging.received import ReceivedEvent


def to_arrival(received: ReceivedEvent) -> Arrival | None:
    """The fact that an event brings; None for an event that pays nothing and ranks nothing."""
    event = received.event
    if not brings_a_fact(type(event)):
        return None
    data = event.model_dump(mode="json")
    fact = fact_of(type(event), data, str(received.id))
    return Arrival(data["educator_id"], fact, received.id, received.recorded_at, received.traceparent)
