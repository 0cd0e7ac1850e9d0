"""The sample network's season as the events that the services would publish, without the services."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from deploy.sample import build_sample
from deploy.sample.awards import PATHWAYS
from deploy.sample.growth import percent
from deploy.sample.model import Assignment as SampleAssignment
from deploy.sample.model import Educator, Observation, Role, Sample, Slo
from deploy.sample.observations import DIMENSIONS, RUBRIC, RUBRIC_VERSION
from deploy.sample.school_calendar import YEAR
from shared.events.credentials import CredentialAwarded, CredentialRevoked
from shared.events.evaluation import (
    Assignment,
    DomainRating,
    EducatorRostered,
    EducatorStatus,
    GrowthScored,
    ObservationFinalized,
    RubricScore,
    StaffRole,
    SubjectGroup,
    SummativeRated,
)
from shared.events.registry import Event
from shared.events.slo import SloApproved, SloScored
from shared.kernel.ids import derived_id

_ROLES = {
    Role.TEACHER: StaffRole.TEACHER,
    Role.INSTRUCTIONAL_COACH: StaffRole.INSTRUCTIONAL_COACH,
    Role.ASSISTANT_PRINCIPAL: StaffRole.ASSISTANT_PRINCIPAL,
    Role.PRINCIPAL: StaffRole.PRINCIPAL,
}
_DOMAINS = ("instructional_quality",) * 8 + ("student_growth_and_achievement",) * 2
_DOMAIN_OF = dict(zip(DIMENSIONS, _DOMAINS + ("professional_roles_and_responsibilities",) * 4, strict=True))
_RATINGS = ("unsatisfactory", "basic", "proficient", "distinguished")
_BEGAN_AT = datetime(2021, 6, 16, tzinfo=UTC)


def season(*, educators: int, events: int) -> list[Event]:
    """The rosters of all, then the year's work in a seeded disorder; cut at `events`."""
    sample = build_sample(educators=educators)
    rosters: list[Event] = [_rostered(educator) for educator in sample.network.educators]
    work = [*_observed(sample.observations), *_rated(sample), *_grown(sample), *_objectives(sample), *_awards(sample)]
    Random(sample.seed).shuffle(work)
    return [*rosters, *work][:events]


def recorded_at(number: int) -> datetime:
    return _BEGAN_AT + timedelta(milliseconds=number)


def _id(employee_number: str) -> UUID:
    return derived_id("bench educator", employee_number)


def _rostered(educator: Educator) -> EducatorRostered:
    return EducatorRostered(
        educator_id=_id(educator.employee_number),
        version=1,
        status=EducatorStatus.ACTIVE if educator.left_on is None else EducatorStatus.ENDED,
        employee_number=educator.employee_number,
        person_keys=[derived_id("key", educator.employee_number, kind).hex for kind in ("email", "number")],
        hired_on=educator.hired_on,
        ended_on=educator.left_on,
        assignments=[_assignment(educator, one) for one in educator.assignments],
    )


def _assignment(educator: Educator, one: SampleAssignment) -> Assignment:
    role = _ROLES.get(one.role, StaffRole.OTHER)
    taught = SubjectGroup.TESTED if educator.is_tested else SubjectGroup.NON_TESTED
    return Assignment(
        assignment_id=derived_id("bench assignment", one.identifier),
        campus_id=derived_id("bench campus", one.campus.identifier),
        district_id=derived_id("bench district", one.campus.district.identifier),
        role=role,
        subject_group=taught if role is StaffRole.TEACHER else SubjectGroup.NONE,
        full_time_equivalent=str(Decimal(one.fte_hundredths) / 100),
        is_primary=one.is_primary,
        begins_on=one.begins_on,
        ends_on=one.ends_on,
    )


def _observed(observations: Iterable[Observation]) -> Iterator[Event]:
    for one in observations:
        yield ObservationFinalized(
            educator_id=_id(one.employee_number),
            observation_id=derived_id("bench observation", one.external_id),
            version=1,
            school_year=str(YEAR),
            observed_on=one.observed_on,
            campus_id=derived_id("bench campus", one.campus),
            rubric=RUBRIC,
            rubric_version=RUBRIC_VERSION,
            scores=[
                RubricScore(domain=_DOMAIN_OF[score.dimension], dimension=score.dimension, level=score.level)
                for score in one.scores
            ],
            finalized_at=one.finalized_at,
        )


def _rated(sample: Sample) -> Iterator[Event]:
    """One rating for each educator; as good as the observations as far as a bench needs it."""
    levels: dict[str, list[int]] = {}
    for one in sample.observations:
        levels.setdefault(one.employee_number, []).extend(score.level for score in one.scores)
    for number, seen in levels.items():
        hundredths = sum(seen) * 100 // len(seen)
        score = f"{hundredths // 100}.{hundredths % 100:02}"
        yield SummativeRated(
            educator_id=_id(number),
            summative_id=derived_id("bench summative", number),
            version=1,
            school_year=str(YEAR),
            domains=[DomainRating(domain=domain, score=score) for domain in dict.fromkeys(_DOMAIN_OF.values())],
            score=score,
            rating=_RATINGS[hundredths // 100 - 1],
            rating_level=hundredths // 100,
        )


def _grown(sample: Sample) -> Iterator[Event]:
    for one in sample.growth_scores:
        yield GrowthScored(
            educator_id=_id(one.employee_number),
            growth_id=derived_id("bench growth", one.employee_number, one.measure),
            version=1,
            school_year=str(YEAR),
            measure=one.measure,
            percent_met=percent(one.students_met, one.students),
        )


def _objectives(sample: Sample) -> Iterator[Event]:
    for one in sample.slos:
        if one.approved_on is None:
            continue
        quality = {**_slo(one), "approved_on": one.approved_on}
        yield SloApproved(**quality, version=1, attainment_percent=None, score=None)
        if one.attainment_percent is not None:
            level = min(5, 1 + int(Decimal(one.attainment_percent)) // 20)
            yield SloScored(**quality, version=2, attainment_percent=one.attainment_percent, score=level)


def _slo(one: Slo) -> dict[str, Any]:
    return {
        "educator_id": _id(one.employee_number),
        "slo_id": derived_id("bench slo", one.external_id),
        "school_year": str(YEAR),
        "quality_score": str(Decimal(sum(one.quality_scores.values())) / 4),
    }


def _awards(sample: Sample) -> Iterator[Event]:
    """What the first provider said, of people on the roster; a repeated notice is published once."""
    known = {educator.employee_number for educator in sample.network.educators}
    awards: dict[str, dict[str, Any]] = {}
    for delivery in sample.bloomboard:
        data = delivery.body["data"]
        if "recipient" in data and data["recipient"]["employee_id"] in known and data["award_id"] not in awards:
            awards[data["award_id"]] = _award(data)
            yield CredentialAwarded(**awards[data["award_id"]], version=1)
    for delivery in sample.bloomboard:
        data = delivery.body["data"]
        if "revoked_at" in data and (award := awards.get(data["award_id"])) is not None:
            yield CredentialRevoked(**award, version=2, revoked_at=data["revoked_at"])


def _award(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "educator_id": _id(data["recipient"]["employee_id"]),
        "award_id": derived_id("bench award", data["award_id"]),
        "credential": data["credential_id"],
        "pathways": [pathway for pathway, codes in PATHWAYS.items() if data["credential_id"] in codes],
        "awarded_at": data["awarded_at"],
        "expires_at": data["expires_at"],
        "provider": "bloomboard",
    }
