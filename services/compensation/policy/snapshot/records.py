"""One educator's row before anything of it is hidden: what the statement says, what the facts say, what was paid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from services.compensation.domain import EducatorFacts, FactKind
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.exact import SCALE, is_decimal, millionths
from services.compensation.policy.facts.calendar import OPEN_END
from services.compensation.policy.facts.gather import CampusAttributes, Gathered, approved_too_late, gather
from services.compensation.policy.snapshot.generalising import Traits
from services.compensation.policy.snapshot.pseudonyms import Pseudonyms
from services.compensation.policy.snapshot.standing import Standing, standing_of
from shared.kernel.money import parse_amount
from shared.kernel.period import SchoolYear

HTESS_DOMAINS = ("instructional_quality", "student_growth_and_achievement", "professional_roles_and_responsibilities")
UNKNOWN = "unknown"
_YES = ("yes", "true")
_RETENTION_MONTH, _RETENTION_DAY = 10, 1


class Reading(NamedTuple):
    """What is read of one educator at the snapshot's moment. `statement` is the last one of the year, decoded."""

    facts: EducatorFacts
    statement: Mapping[str, Any]
    paid_cents: int
    is_on_hold: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What a snapshot is made by: the plan version, what is kept of campuses, and the campus attribute that makes the
    comparison group."""

    plan: CompiledPlan
    campuses: CampusAttributes
    comparison_attribute: str | None
    as_of: date
    pseudonyms: Pseudonyms


class Record(NamedTuple):
    """One educator; means have four places, amounts are in cents. None where nothing is on file."""

    pseudonym: str
    traits: Traits
    standing: Standing
    component_cents: Mapping[str, int]
    plan_version: int
    rung: str
    observations: int
    observation_mean: Decimal | None
    domain_scores: Mapping[str, Decimal]
    rating_level: int | None
    slos: int
    slo_quality: Decimal | None
    slo_attainment: Decimal | None
    growth: Decimal | None
    credentials: int
    is_retained: bool | None


def record_of(reading: Reading, terms: Terms) -> Record | None:
    """None for an educator who is not on the roster. Raises PseudonymsCollide."""
    found = gather(reading.facts, terms.plan.scope, terms.campuses)
    if found is None:
        return None
    calendar, statement = terms.plan.calendar, reading.statement
    year = calendar.plan_year
    rating = _rating(reading.facts, year)
    slos = [slo for slo in _of_year(reading.facts, FactKind.SLO, year) if not approved_too_late(slo, calendar)]
    return Record(
        pseudonym=terms.pseudonyms.educator(reading.facts.educator_id),
        traits=_traits(found, terms),
        standing=standing_of(statement, paid_cents=reading.paid_cents, is_on_hold=reading.is_on_hold),
        component_cents={part["code"]: parse_amount(part["amount"]["amount"]) for part in statement["components"]},
        plan_version=statement["plan"]["version"],
        rung=statement["ladder"]["rung"],
        observations=found.observations,
        observation_mean=_mean([level * SCALE for levels in found.levels for level in _levels(levels)]),
        domain_scores={one["domain"]: _decimal(one["score"]) for one in rating.get("domains", ())},
        rating_level=rating.get("rating_level"),
        slos=len(slos),
        slo_quality=_mean([millionths(slo["quality_score"]) for slo in slos]),
        slo_attainment=_mean([millionths(one) for slo in slos if (one := slo["attainment_percent"]) is not None]),
        growth=_mean([percent for _, percent in found.growth]),
        credentials=len({award.credential for award in found.year_awards}),
        is_retained=_is_retained(reading.facts, terms),
    )


def _traits(found: Gathered, terms: Terms) -> Traits:
    employment, pseudonyms = found.employment, terms.pseudonyms
    hired_on = employment.hired_on
    return Traits(
        role=employment.role or UNKNOWN,
        subject_group=employment.group or UNKNOWN,
        cohort=str(SchoolYear.containing(date.fromisoformat(hired_on))) if hired_on else UNKNOWN,
        campus=pseudonyms.campus(employment.campus_id) if employment.campus_id else UNKNOWN,
        district=pseudonyms.district(employment.district_id) if employment.district_id else UNKNOWN,
        comparison_group=_comparison_group(found.campus, terms.comparison_attribute),
    )


def _comparison_group(campus: Mapping[str, str], attribute: str | None) -> str:
    value = campus.get(attribute) if attribute is not None else None
    if value is None:
        return UNKNOWN
    is_in_it = millionths(value) > 0 if is_decimal(value) else value.lower() in _YES
    return "yes" if is_in_it else "no"


def _of_year(facts: EducatorFacts, kind: FactKind, plan_year: str) -> list[dict[str, Any]]:
    return [fact.data for fact in facts.facts.get(kind, {}).values() if fact.data["school_year"] == plan_year]


def _rating(facts: EducatorFacts, plan_year: str) -> dict[str, Any]:
    """Of several in the year the best, as the plan takes it."""
    ratings = _of_year(facts, FactKind.SUMMATIVE, plan_year)
    return max(ratings, key=lambda one: (one["rating_level"], millionths(one["score"])), default={})


def _levels(levels: Mapping[str, Mapping[str, int]]) -> list[int]:
    return [level for of_domain in levels.values() for level in of_domain.values()]


def _mean(values: list[int]) -> Decimal | None:
    """Of millionths, to four places, a tie upwards."""
    if not values:
        return None
    unit = SCALE // 10_000 * len(values)
    return Decimal((2 * sum(values) + unit) // (2 * unit)).scaleb(-4)


def _decimal(text: str) -> Decimal:
    return Decimal(millionths(text) // (SCALE // 10_000)).scaleb(-4)


def _is_retained(facts: EducatorFacts, terms: Terms) -> bool | None:
    """Whether the educator has an assignment on 1 October after the plan year; None before that day."""
    day = date(terms.plan.calendar.starts_in + 1, _RETENTION_MONTH, _RETENTION_DAY)
    if terms.as_of < day:
        return None
    on = day.isoformat()
    return any(
        part["begins_on"] <= on <= min(part["ends_on"] or OPEN_END, fact.data["ended_on"] or OPEN_END)
        for fact in facts.facts.get(FactKind.ROSTER, {}).values()
        for part in fact.data["assignments"]
    )
