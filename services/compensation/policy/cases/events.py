"""Facts as the events that services publish, with all that is of no account to a case filled in."""

from collections.abc import Iterable
from typing import Any, TypeAlias
from uuid import UUID

from services.compensation.domain import EducatorFacts, Fact
from services.compensation.policy.facts import of_events
from shared.events.registry import EVENTS
from shared.kernel.ids import derived_id

PublishedEvent: TypeAlias = tuple[str, dict[str, Any]]
"""The type of a published event, and its payload as decoded JSON."""

EDUCATOR_ID = str(UUID(int=1))
DIMENSIONS = {
    "instructional_quality": 8,
    "student_growth_and_achievement": 2,
    "professional_roles_and_responsibilities": 4,
}
"""How many dimensions a domain of the rubric has; one that is not named here has one."""


def fact_of(event: PublishedEvent) -> Fact:
    """The fact that an event brings, as the service's event handler makes it."""
    event_type, data = event
    fact = of_events.fact_of(EVENTS[event_type], data, "")
    return fact._replace(event_id=str(derived_id(event_type, fact.key, str(fact.version))))


def facts_of(events: Iterable[PublishedEvent], educator_id: str = EDUCATOR_ID) -> EducatorFacts:
    """The facts after `events`, taken in the order given."""
    facts = EducatorFacts(educator_id, {})
    for event in events:
        facts = facts.with_fact(fact_of(event))
    return facts


def an_id(*parts: object) -> str:
    """The same id for the same parts."""
    return str(derived_id("case", *(str(part) for part in parts)))


def roster(
    *assignments: dict[str, Any], hired_on: str | None = "2015-08-03", ended_on: str | None = None, version: int = 1
) -> PublishedEvent:
    parts = [
        {
            "assignment_id": an_id("assignment", number),
            "campus_id": part.get("campus", an_id("campus", number)),
            "district_id": part.get("district", an_id("district")),
            "role": part.get("role", "teacher"),
            "subject_group": part.get("group", "tested" if part.get("role", "teacher") == "teacher" else "none"),
            "full_time_equivalent": str(part.get("fte", "1.00")),
            "is_primary": part.get("primary", number == 0),
            "begins_on": str(part.get("from", "2020-08-03")),
            "ends_on": None if part.get("to") is None else str(part["to"]),
        }
        for number, part in enumerate(assignments)
    ]
    data = {
        "educator_id": EDUCATOR_ID,
        "version": version,
        "status": "ended" if ended_on else "active",
        "employee_number": "E0001",
        "person_keys": ["0" * 64],
        "hired_on": hired_on,
        "ended_on": ended_on,
        "assignments": parts,
    }
    return "rung.evaluation.educator.rostered.v1", data


def observation(
    name: object,
    levels: dict[str, Any],
    *,
    on: str = "2020-10-05",
    finalized_at: str | None = None,
    year: str = "2020-21",
    version: int = 1,
) -> PublishedEvent:
    """`levels`: domain -> one level for all of its dimensions, or a level for each."""
    scores = []
    for domain, given in levels.items():
        each = [int(level) for level in given] if isinstance(given, list) else [int(given)] * DIMENSIONS.get(domain, 1)
        scores += [
            {"domain": domain, "dimension": f"{domain}_{number}", "level": level} for number, level in enumerate(each)
        ]
    data = {
        "educator_id": EDUCATOR_ID,
        "observation_id": an_id("observation", name),
        "version": version,
        "school_year": year,
        "observed_on": str(on),
        "campus_id": an_id("campus", 0),
        "rubric": "h-tess",
        "rubric_version": 1,
        "scores": scores,
        "finalized_at": finalized_at,
    }
    subject = "finalized" if version == 1 else "amended"
    return f"rung.evaluation.observation.{subject}.v1", data


def growth(
    name: object, percent: str, *, year: str = "2020-21", measure: str = "nwea-map", version: int = 1
) -> PublishedEvent:
    data = {
        "educator_id": EDUCATOR_ID,
        "growth_id": an_id("growth", name),
        "version": version,
        "school_year": year,
        "measure": measure,
        "percent_met": percent,
    }
    return "rung.evaluation.growth.scored.v1", data


def slo(
    name: object,
    score: int | None,
    *,
    approved_on: str = "2020-10-12",
    approved_at: str | None = None,
    attainment: str | None = None,
    quality: str = "3.25",
    year: str = "2020-21",
    version: int = 1,
) -> PublishedEvent:
    data = {
        "educator_id": EDUCATOR_ID,
        "slo_id": an_id("slo", name),
        "version": version,
        "school_year": year,
        "approved_on": str(approved_on),
        "quality_score": quality,
        "attainment_percent": attainment,
        "score": score,
        "approved_at": approved_at,
    }
    return f"rung.slo.slo.{'approved' if score is None else 'scored'}.v1", data


def award(
    name: object, credential: str, *, at: str = "2020-11-05T15:00:00Z", expires_at: str | None = None, version: int = 1
) -> PublishedEvent:
    data = {
        "educator_id": EDUCATOR_ID,
        "award_id": an_id("award", name),
        "version": version,
        "credential": credential,
        "pathways": [],
        "awarded_at": at,
        "expires_at": expires_at,
        "provider": "bloomboard",
    }
    return "rung.credentials.award.earned.v1", data


def revoked(event: PublishedEvent, *, at: str = "2021-01-15T15:00:00Z") -> PublishedEvent:
    data = event[1]
    return "rung.credentials.award.revoked.v1", {**data, "version": data["version"] + 1, "revoked_at": at}


def rating(year: str, level: int, *, score: str | None = None, name: object = "", version: int = 1) -> PublishedEvent:
    data = {
        "educator_id": EDUCATOR_ID,
        "summative_id": an_id("summative", year, name),
        "version": version,
        "school_year": year,
        "domains": [{"domain": domain, "score": score or f"{level}"} for domain in DIMENSIONS],
        "score": score or f"{level}",
        "rating": "a rating",
        "rating_level": level,
    }
    return "rung.evaluation.summative.rated.v1", data


def attribute(
    code: str, value: str, *, item: str | None = None, year: str = "2020-21", version: int = 1
) -> PublishedEvent:
    data = {
        "educator_id": EDUCATOR_ID,
        "attribute_id": an_id("attribute", code, item, year),
        "version": version,
        "school_year": year,
        "attribute": code,
        "item": item,
        "value": value,
    }
    return "rung.compensation.attribute.recorded.v1", data


def placement(
    rung: str, *, year: str, kind: str = "placed", ladder: str = "harmony-pbcs", version: int = 1, **terms: Any
) -> PublishedEvent:
    """`terms` by the names that cases have for them."""
    data = {
        "educator_id": EDUCATOR_ID,
        "placement_id": an_id("placement", ladder, year, kind),
        "version": version,
        "school_year": year,
        "ladder": ladder,
        "rung": rung,
        "kind": kind,
        **dict.fromkeys(_TERMS.values()),
        "withdrawn": False,
        "lapsed": False,
        **{_TERMS[name]: value for name, value in terms.items()},
    }
    return "rung.compensation.placement.recorded.v1", data


_TERMS = {
    "reached": "reached",
    "by": "confirmed_by_kind",
    "minutes": "minute_reference",
    "through": "valid_through_year",
    "withdrawn": "withdrawn",
    "lapsed": "lapsed",
}
