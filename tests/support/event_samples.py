"""One event of each type with everything in it, and one with nothing that may be missing."""

from datetime import UTC, date, datetime
from uuid import UUID

from shared.events.compensation import (
    AttributeRecorded,
    CampusValue,
    CommonFactsChanged,
    LedgerLine,
    PlacementRecorded,
    PlanPublished,
    SettledNumber,
    StatementRecalculated,
)
from shared.events.credentials import CredentialAwarded, CredentialRevoked
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
from shared.events.slo import SloApproved, SloScored

EDUCATOR = UUID("01930000-0000-7000-8000-000000000001")
OTHER = UUID("01930000-0000-7000-8000-000000000002")
MOMENT = datetime(2021, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)
DAY = date(2021, 3, 1)

_ROSTERED = EducatorRostered(
    educator_id=EDUCATOR,
    version=3,
    status=EducatorStatus.ENDED,
    employee_number="100001",
    person_keys=["email:0f", "employee_number:1e"],
    hired_on=date(2019, 8, 1),
    ended_on=DAY,
    assignments=[
        Assignment(
            assignment_id=OTHER,
            campus_id=OTHER,
            district_id=OTHER,
            role=StaffRole.TEACHER,
            subject_group=SubjectGroup.TESTED,
            full_time_equivalent="0.50",
            is_primary=True,
            begins_on=date(2020, 8, 1),
            ends_on=DAY,
        )
    ],
)
_FINALIZED = ObservationFinalized(
    educator_id=EDUCATOR,
    observation_id=OTHER,
    version=1,
    school_year="2020-21",
    observed_on=DAY,
    campus_id=OTHER,
    rubric="h-tess",
    rubric_version=1,
    scores=[RubricScore(domain="instructional_quality", dimension="questioning_and_discussion", level=3)],
    finalized_at=MOMENT,
)
_AMENDED = ObservationAmended(**{**_FINALIZED.model_dump(), "version": 2})
_GROWTH = GrowthScored(
    educator_id=EDUCATOR, growth_id=OTHER, version=1, school_year="2020-21", measure="nwea-map", percent_met="63.5"
)
_SUMMATIVE = SummativeRated(
    educator_id=EDUCATOR,
    summative_id=OTHER,
    version=1,
    school_year="2020-21",
    domains=[DomainRating(domain="instructional_quality", score="3.25")],
    score="3.25",
    rating="accomplished",
    rating_level=4,
)
_APPROVED = SloApproved(
    educator_id=EDUCATOR,
    slo_id=OTHER,
    version=1,
    school_year="2020-21",
    approved_on=DAY,
    quality_score="3.5",
    attainment_percent=None,
    score=None,
    approved_at=MOMENT,
)
_SCORED = SloScored(**{**_APPROVED.model_dump(), "version": 2, "attainment_percent": "82.5", "score": 4})
_AWARDED = CredentialAwarded(
    educator_id=EDUCATOR,
    award_id=OTHER,
    version=1,
    credential="mc-formative-assessment",
    pathways=["master-teacher"],
    awarded_at=MOMENT,
    expires_at=MOMENT,
    provider="bloomboard",
)
_REVOKED = CredentialRevoked(**{**_AWARDED.model_dump(), "version": 2, "revoked_at": MOMENT})
_PLAN = PlanPublished(
    plan="harmony-pbcs",
    version=1,
    plan_version_id=OTHER,
    plan_year="2020-21",
    content_hash="ab" * 32,
    document={"plan": "harmony-pbcs", "components": [{"code": "credentials", "amount": "200.00"}]},
    publication=1,
    minute_reference="2020-06-15, item 7",
    board_approved_on=DAY,
    describes_all_pay=True,
)
_ATTRIBUTE = AttributeRecorded(
    educator_id=EDUCATOR,
    attribute_id=OTHER,
    version=1,
    school_year="2020-21",
    attribute="absence_days",
    item="sick",
    value="2.5",
)
_PLACEMENT = PlacementRecorded(
    educator_id=EDUCATOR,
    placement_id=OTHER,
    version=1,
    school_year="2020-21",
    ladder="designation",
    rung="exemplary",
    kind="confirmed",
    reached="recognized",
    confirmed_by_kind="board",
    minute_reference="2021-06-14/7",
    valid_through_year="2024-25",
    withdrawn=False,
    lapsed=False,
)
_COMMON = CommonFactsChanged(
    plan_year="2020-21",
    number=1,
    campuses=[CampusValue(campus_id=OTHER, attribute="need", value="1.37")],
    settlement=[SettledNumber(of="pot_units", code="share", place="", number=2)],
    settled_for=OTHER,
    is_final=False,
)
_STATEMENT = StatementRecalculated(
    educator_id=EDUCATOR,
    plan_year="2020-21",
    sequence=2,
    plan_version_id=OTHER,
    total_cents=20_000,
    rung="teacher-2",
    statement_hash="cd" * 32,
    entries=[LedgerLine(entry_id=OTHER, component="credentials", amount_cents=-20_000)],
    applied=[OTHER],
    cause_event_id=OTHER,
    decided_at=MOMENT,
)

FULL: list[Event] = [
    _ROSTERED,
    _FINALIZED,
    _AMENDED,
    _GROWTH,
    _SUMMATIVE,
    _APPROVED.model_copy(update={"attainment_percent": "0", "score": 1}),
    _SCORED,
    _AWARDED,
    _REVOKED,
    _PLAN,
    _ATTRIBUTE,
    _PLACEMENT,
    _COMMON,
    _STATEMENT,
]
LEAN: list[Event] = [
    _ROSTERED.model_copy(
        update={"employee_number": None, "person_keys": [], "hired_on": None, "ended_on": None, "assignments": []}
    ),
    _FINALIZED.model_copy(update={"scores": [], "finalized_at": None}),
    _AMENDED.model_copy(update={"scores": [], "finalized_at": None}),
    _GROWTH,
    _SUMMATIVE.model_copy(update={"domains": []}),
    _APPROVED.model_copy(update={"approved_at": None}),
    _SCORED.model_copy(update={"attainment_percent": None, "score": None, "approved_at": None}),
    _AWARDED.model_copy(update={"expires_at": None, "pathways": []}),
    _REVOKED.model_copy(update={"expires_at": None, "pathways": []}),
    _PLAN.model_copy(
        update={
            "document": {},
            "publication": None,
            "minute_reference": None,
            "board_approved_on": None,
            "describes_all_pay": None,
        }
    ),
    _ATTRIBUTE.model_copy(update={"item": None, "value": None}),
    _PLACEMENT.model_copy(
        update={
            "kind": "placed",
            "reached": None,
            "confirmed_by_kind": None,
            "minute_reference": None,
            "valid_through_year": None,
        }
    ),
    _COMMON.model_copy(update={"campuses": [], "settlement": [], "settled_for": None}),
    _STATEMENT.model_copy(update={"entries": [], "applied": []}),
]
