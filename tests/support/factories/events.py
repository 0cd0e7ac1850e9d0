"""Events of the other services, as compensation gets them: each with everything right unless told otherwise."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from shared.events.credentials import CredentialAwarded, CredentialRevoked
from shared.events.envelope import Envelope, encode_binary
from shared.events.evaluation import (
    Assignment,
    DomainRating,
    EducatorRostered,
    EducatorStatus,
    GrowthScored,
    ObservationAmended,
    ObservationFinalized,
    RubricScore,
    StaffRole,
    SubjectGroup,
    SummativeRated,
)
from shared.events.registry import Event
from shared.events.slo import SloScored
from shared.kernel.ids import derived_id
from shared.messaging.bus import Record
from shared.messaging.consumer import ReceivedEvent

CAMPUS = UUID("01930000-0000-7000-8000-0000000000c1")
DISTRICT = UUID("01930000-0000-7000-8000-0000000000d1")
RECORDED_AT = datetime(2021, 6, 1, tzinfo=UTC)
_DIMENSIONS = (
    "learning_objectives",
    "content_knowledge",
    "questioning_and_discussion",
    "student_engagement",
    "use_of_assessment",
    "differentiation",
    "classroom_culture",
    "classroom_management",
)


def educator_id(number: int) -> UUID:
    return derived_id("test educator", str(number))


def rostered(educator: UUID, *, version: int = 1, **changes: Any) -> EducatorRostered:
    """A full-time teacher of a tested subject since 2015."""
    assignment = {
        "assignment_id": derived_id("assignment", str(educator)),
        "campus_id": CAMPUS,
        "district_id": DISTRICT,
        "role": StaffRole.TEACHER,
        "subject_group": SubjectGroup.TESTED,
        "full_time_equivalent": "1.00",
        "is_primary": True,
        "begins_on": date(2015, 8, 1),
        "ends_on": None,
    }
    of_assignment = {key: changes.pop(key) for key in list(changes) if key in assignment}
    fields = {
        "educator_id": educator,
        "version": version,
        "status": EducatorStatus.ACTIVE,
        "employee_number": str(educator)[:8],
        "person_keys": [],
        "hired_on": date(2015, 8, 1),
        "ended_on": None,
        "assignments": [Assignment(**(assignment | of_assignment))],
    }
    return EducatorRostered(**(fields | changes))


def observed(
    educator: UUID, number: int, *, level: int = 3, version: int = 1
) -> ObservationFinalized | ObservationAmended:
    """An observation with the same level in every dimension of instructional quality; amended from version 2 on."""
    kind = ObservationFinalized if version == 1 else ObservationAmended
    return kind(
        educator_id=educator,
        observation_id=derived_id("observation", str(educator), str(number)),
        version=version,
        school_year="2020-21",
        observed_on=date(2020, 10, 1 + number),
        campus_id=CAMPUS,
        rubric="h-tess",
        rubric_version=1,
        scores=[
            RubricScore(domain="instructional_quality", dimension=dimension, level=level) for dimension in _DIMENSIONS
        ],
        finalized_at=datetime(2020, 10, 2 + number, 21, tzinfo=UTC),
    )


def grown(educator: UUID, percent: str = "72.5", *, school_year: str = "2020-21", version: int = 1) -> GrowthScored:
    return GrowthScored(
        educator_id=educator,
        growth_id=derived_id("growth", str(educator), school_year),
        version=version,
        school_year=school_year,
        measure="nwea-map",
        percent_met=percent,
    )


def rated(educator: UUID, level: int = 4, *, school_year: str = "2020-21", version: int = 1) -> SummativeRated:
    return SummativeRated(
        educator_id=educator,
        summative_id=derived_id("summative", str(educator), school_year),
        version=version,
        school_year=school_year,
        domains=[DomainRating(domain="instructional_quality", score=f"{level}.00")],
        score=f"{level}.00",
        rating="proficient",
        rating_level=level,
    )


def scored(educator: UUID, score: int = 4) -> SloScored:
    return SloScored(
        educator_id=educator,
        slo_id=derived_id("slo", str(educator)),
        version=2,
        school_year="2020-21",
        approved_on=date(2020, 10, 20),
        quality_score="3.25",
        attainment_percent="84.0",
        score=score,
        approved_at=datetime(2020, 10, 20, 15, 30, tzinfo=UTC),
    )


def awarded(
    educator: UUID, number: int, *, version: int = 1, credential: str = "mc-questioning", **changes: Any
) -> CredentialAwarded:
    return CredentialAwarded(**_award(educator, number, version, credential) | changes)


def revoked(educator: UUID, number: int, *, version: int = 2, credential: str = "mc-questioning") -> CredentialRevoked:
    award = _award(educator, number, version, credential)
    return CredentialRevoked(**award, revoked_at=datetime(2021, 4, 1, tzinfo=UTC))


def _award(educator: UUID, number: int, version: int, credential: str) -> dict[str, Any]:
    return {
        "educator_id": educator,
        "award_id": derived_id("award", str(educator), str(number)),
        "version": version,
        "credential": credential,
        "pathways": ["master-teacher"],
        "awarded_at": datetime(2021, 2, 1, 12, tzinfo=UTC),
        "expires_at": None,
        "provider": "bloomboard",
    }


def received(event: Event) -> ReceivedEvent:
    """As the consumer hands it over; one event has one id, however often it is delivered."""
    event_id = derived_id("event", event.type, event.model_dump_json())
    return ReceivedEvent(event_id, event, RECORDED_AT, None)


def as_record(event: Event) -> Record:
    """As a relay appends it, under the one id that this event has in every run."""
    given = received(event)
    wrapped = Envelope(
        id=str(given.id),
        source=f"urn:rung:{event.topic.partition('.')[0]}",
        type=event.type,
        time=given.recorded_at,
        subject=event.key,
        data=event.model_dump_json().encode(),
    )
    return Record(event.key, wrapped.data, encode_binary(wrapped))


def a_year_of(educator: UUID) -> list[Event]:
    """A tested teacher's year with an amended observation, a corrected growth score and a revoked award."""
    return [
        rostered(educator),
        observed(educator, 1),
        observed(educator, 2),
        observed(educator, 2, level=4, version=2),
        grown(educator, "40"),
        grown(educator, "72.5", version=2),
        awarded(educator, 1),
        awarded(educator, 2, credential="mc-differentiation"),
        revoked(educator, 1),
    ]
