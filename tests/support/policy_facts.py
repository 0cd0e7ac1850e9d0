"""Facts in a short form that an HR officer can read, spelled out as the events that services publish."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.compensation.domain import EducatorFacts, Fact
from shared.kernel.ids import derived_id
from tests.support.reference import ID_FIELD, Event

REPOSITORY = Path(__file__).parents[2]
HARMONY = (REPOSITORY / "services/compensation/plans/harmony-pbcs-2020-21.yaml").read_text()
EVERYTHING = (REPOSITORY / "tests/policy_cases/everything.yaml").read_text()

EDUCATOR_ID = str(UUID(int=1))
DIMENSIONS = {
    "instructional_quality": 8,
    "student_growth_and_achievement": 2,
    "professional_roles_and_responsibilities": 4,
}
_KINDS = {
    "": "roster",
    "observation_id": "observation",
    "growth_id": "growth",
    "summative_id": "summative",
    "slo_id": "slo",
    "award_id": "award",
    "attribute_id": "attribute",
    "placement_id": "placement",
}


def fact_of(event: Event) -> Fact:
    """The fact that an event brings, as the service's event handler makes it."""
    event_type, data = event
    field = ID_FIELD[event_type]
    data = dict(data)
    if field == "award_id":
        data["status"] = "revoked" if "revoked" in event_type else "earned"
    key = data[field] if field else "roster"
    event_id = str(derived_id(event_type, key, str(data["version"])))
    return Fact(_KINDS[field], key, data["version"], event_id, data)


def facts_of(events: Iterable[Event], educator_id: str = EDUCATOR_ID) -> EducatorFacts:
    """The facts after `events`, taken in the order given."""
    facts = EducatorFacts(educator_id, {})
    for event in events:
        facts = facts.with_fact(fact_of(event))
    return facts


def an_id(*parts: object) -> str:
    return str(derived_id("test", *(str(part) for part in parts)))


def roster(
    *assignments: dict[str, Any], hired_on: str | None = "2015-08-03", ended_on: str | None = None, version: int = 1
) -> Event:
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
) -> Event:
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


def growth(name: object, percent: str, *, year: str = "2020-21", measure: str = "nwea-map", version: int = 1) -> Event:
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
) -> Event:
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
) -> Event:
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


def revoked(event: Event, *, at: str = "2021-01-15T15:00:00Z") -> Event:
    data = event[1]
    return "rung.credentials.award.revoked.v1", {**data, "version": data["version"] + 1, "revoked_at": at}


def rating(year: str, level: int, *, score: str | None = None, name: object = "", version: int = 1) -> Event:
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


def attribute(code: str, value: str, *, item: str | None = None, year: str = "2020-21", version: int = 1) -> Event:
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
    rung: str,
    *,
    year: str,
    kind: str = "placed",
    ladder: str = "harmony-pbcs",
    through: str | None = None,
    reached: str | None = None,
    by: str | None = None,
    minutes: str | None = None,
    withdrawn: bool = False,
    lapsed: bool = False,
    version: int = 1,
) -> Event:
    data = {
        "educator_id": EDUCATOR_ID,
        "placement_id": an_id("placement", ladder, year, kind),
        "version": version,
        "school_year": year,
        "ladder": ladder,
        "rung": rung,
        "kind": kind,
        "reached": reached,
        "confirmed_by_kind": by,
        "minute_reference": minutes,
        "valid_through_year": through,
        "withdrawn": withdrawn,
        "lapsed": lapsed,
    }
    return "rung.compensation.placement.recorded.v1", data


def events_of(short: dict[str, Any], year: str = "2020-21", zone: str = "America/Chicago") -> list[Event]:
    """The events behind a case's facts in short form (services/compensation/plans), in the school year of the plan.

    Growth is a percentage or `{measure, percent, school_year}`, and observations and SLOs can have a `school_year` too:
    where it is left out it is the plan's. An attribute is a value, or a value for each item;
    `earlier_attributes` has them by school year. A placement is written as `placement` takes it. `finalized_at` of an
    observation and `approved_at` of an SLO are local times of the plan's `zone`.
    """
    events = []
    if "assignments" in short:
        begins_on = f"{year[:4]}-07-01"
        parts = [{"from": begins_on, **part} for part in short["assignments"]]
        events.append(roster(*parts, hired_on=short.get("hired_on", begins_on), ended_on=short.get("ended_on")))
    for number, seen in enumerate(short.get("observations", [])):
        seen_in, at = seen.get("school_year", year), local(seen.get("finalized_at"), zone)
        events.append(observation(number, seen["levels"], on=seen["on"], finalized_at=at, year=seen_in))
    for number, told in enumerate(short.get("growth", [])):
        one = {"percent": told} if isinstance(told, str) else told
        name = one.get("measure", "nwea-map")
        events.append(growth(number, one["percent"], year=one.get("school_year", year), measure=name))
    for number, goal in enumerate(short.get("slos", [])):
        score = int(goal["score"]) if "score" in goal else None
        told_in, at = goal.get("school_year", year), local(goal.get("approved_at"), zone)
        given = {"approved_at": at, "attainment": goal.get("attainment")}
        events.append(slo(number, score, approved_on=goal["approved_on"], year=told_in, **given))
    for number, earned in enumerate(short.get("awards", [])):
        given = award(number, earned["credential"], at=noon(earned["on"]), expires_at=noon(earned.get("expires_on")))
        events.append(given)
        if "revoked_on" in earned:
            events.append(revoked(given, at=noon(earned["revoked_on"]) or ""))
    for rated_in, rated in short.get("ratings", {}).items():
        one = {"level": rated} if isinstance(rated, str) else rated
        events.append(rating(rated_in, int(one["level"]), score=one.get("score")))
    by_year = {**short.get("earlier_attributes", {}), year: short.get("attributes", {})}
    for kept_in, attributes in by_year.items():
        for code, told in attributes.items():
            by_item = {"": told} if isinstance(told, str) else told
            events += [attribute(code, value, item=item or None, year=kept_in) for item, value in by_item.items()]
    events += [placement(**told) for told in short.get("placements", [])]
    return events


def local(time: str | None, zone: str) -> str | None:
    """A local time as events carry it."""
    return None if time is None else datetime.fromisoformat(time).replace(tzinfo=ZoneInfo(zone)).isoformat()


def noon(day: str | None) -> Any:
    """18:00 UTC, which is noon or one o'clock in Texas; a text with a time in it is taken as it is."""
    if day is None or "T" in day:
        return day
    moment = datetime.combine(date.fromisoformat(day), datetime.min.time(), tzinfo=UTC).replace(hour=18)
    return moment.isoformat().replace("+00:00", "Z")
