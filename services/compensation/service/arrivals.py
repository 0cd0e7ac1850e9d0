"""The fact that an event brings about one educator, whether the bus brought it or it was recorded here."""

from services.compensation.domain import Arrival, Fact, FactKind
from shared.events.compensation import AttributeRecorded, PlacementRecorded
from shared.events.credentials import CredentialAwarded, CredentialRevoked
from shared.events.evaluation import (
    EducatorRostered,
    GrowthScored,
    ObservationAmended,
    ObservationFinalized,
    SummativeRated,
)
from shared.events.registry import Event
from shared.events.slo import SloApproved, SloScored
from shared.messaging.received import ReceivedEvent

_FACTS: dict[type[Event], tuple[FactKind, str]] = {
    EducatorRostered: (FactKind.ROSTER, ""),
    ObservationFinalized: (FactKind.OBSERVATION, "observation_id"),
    ObservationAmended: (FactKind.OBSERVATION, "observation_id"),
    GrowthScored: (FactKind.GROWTH, "growth_id"),
    SummativeRated: (FactKind.SUMMATIVE, "summative_id"),
    SloApproved: (FactKind.SLO, "slo_id"),
    SloScored: (FactKind.SLO, "slo_id"),
    CredentialAwarded: (FactKind.AWARD, "award_id"),
    CredentialRevoked: (FactKind.AWARD, "award_id"),
    AttributeRecorded: (FactKind.ATTRIBUTE, "attribute_id"),
    PlacementRecorded: (FactKind.PLACEMENT, "placement_id"),
}
_STATUS: dict[type[Event], str] = {CredentialAwarded: "earned", CredentialRevoked: "revoked"}
"""The two award events show the same fields; which of the two it is, is the fact's status."""


def to_arrival(received: ReceivedEvent) -> Arrival | None:
    """The fact that an event brings; None for an event that pays nothing and ranks nothing."""
    event = received.event
    kind_and_key = _FACTS.get(type(event))
    if kind_and_key is None:
        return None
    kind, key_field = kind_and_key
    data = event.model_dump(mode="json")
    if (status := _STATUS.get(type(event))) is not None:
        data["status"] = status
    key = data[key_field] if key_field else kind.value
    fact = Fact(kind, key, data["version"], str(received.id), data)
    return Arrival(data["educator_id"], fact, received.id, received.recorded_at, received.traceparent)
