"""The fact that an event brings about one educator."""

from collections.abc import Mapping

from services.compensation.domain import Fact, FactKind
from services.compensation.domain.facts import Data
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

_BROUGHT: Mapping[type[Event], tuple[FactKind, str]] = {
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
_STATUS: Mapping[type[Event], str] = {CredentialAwarded: "earned", CredentialRevoked: "revoked"}
"""The two award events show the same fields; which of the two it is, is the fact's status."""


def brings_a_fact(event: type[Event]) -> bool:
    """Whether it pays or ranks anything."""
    return event in _BROUGHT


def fact_of(event: type[Event], data: Data, event_id: str) -> Fact:
    """The fact in the payload `data` (as decoded JSON) of an event that brings one."""
    kind, key_field = _BROUGHT[event]
    if (status := _STATUS.get(event)) is not None:
        data = {**data, "status": status}
    return Fact(kind, data[key_field] if key_field else kind.value, data["version"], event_id, data)
