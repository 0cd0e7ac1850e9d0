"""Whether the days of golden cases can be: evidence of a school year was seen in it, and closed after it was seen."""

from collections.abc import Iterator
from datetime import date, datetime

from services.compensation.policy.cases.facts import Facts
from services.compensation.policy.cases.form import GoldenCases
from services.compensation.policy.checks.faults import Faults, at
from services.compensation.policy.language.document import Plan
from shared.kernel.errors import FieldError
from shared.kernel.period import SchoolYear

_Dated = tuple[str, int, str, date, str, datetime | None, str]


def faults_of_days(cases: GoldenCases, plan: Plan) -> Faults:
    """Faults of cases whose form is right."""
    for place, educator in cases.everybody():
        for kind, which, name, day, closed, moment, year in _dated(educator.facts, plan.plan_year):
            here, span = (*place, "facts", kind, which), SchoolYear.parse(year)
            if not span.begins_on <= day <= span.ends_on:
                yield FieldError(
                    at(*here, name),
                    f"{day} is outside {year}, which it is evidence of: correct it, or write its `school_year`",
                )
            if moment is not None and moment.date() < day:
                yield FieldError(at(*here, closed), f"{moment} is before {day}: correct one of them")


def _dated(facts: Facts, plan_year: str) -> Iterator[_Dated]:
    for which, seen in enumerate(facts.observations):
        year = seen.school_year or plan_year
        yield "observations", which, "on", seen.on, "finalized_at", seen.finalized_at, year
    for which, goal in enumerate(facts.slos):
        year = goal.school_year or plan_year
        yield "slos", which, "approved_on", goal.approved_on, "approved_at", goal.approved_at, year
