"""Whether golden cases and their plan mean the same by a name.

A case may well show that something is not looked at. So a name that the plan does not know is a fault only where it is
nearly one that the plan does, but for components and rungs that are expected: those have to be the plan's own.
"""

from collections.abc import Iterable, Iterator

from services.compensation.policy.alike import are_alike
from services.compensation.policy.cases.facts import Facts
from services.compensation.policy.cases.form import Expected, GoldenCases, Path
from services.compensation.policy.checks.faults import Faults, at, unknown
from services.compensation.policy.language.document import Plan
from services.compensation.policy.names_in_plan import LookedAt, looked_at
from shared.kernel.errors import FieldError


def faults_of_names(cases: GoldenCases, plan: Plan) -> Faults:
    """Faults of cases whose form is right."""
    known = looked_at(plan)
    for campus, kept in cases.campuses.items():
        for code in kept:
            yield from _nearly(("campuses", campus, code), "attribute of campuses", code, known.of_campuses)
    for place, educator in cases.everybody():
        for path, what, name, names in _told(educator.facts, plan, known, cases.campuses):
            yield from _nearly((*place, "facts", *path), what, name, names)
        if plan.plan_year in educator.facts.earlier_attributes:
            there = at(*place, "facts", "earlier_attributes", plan.plan_year)
            yield FieldError(there, "is the year of the plan: write it under `attributes`")
        if isinstance(educator.expect, Expected):
            yield from _expected((*place, "expect"), educator.expect, plan)


def _expected(place: Path, expect: Expected, plan: Plan) -> Faults:
    components = [component.code for component in plan.components]
    for code in expect.components:
        if code not in components:
            yield unknown(at(*place, "components", code), "component", code, components)
    rungs = [rung.code for rung in plan.ladder.rungs]
    if expect.rung is not None and expect.rung not in rungs:
        yield unknown(at(*place, "rung"), "rung", expect.rung, rungs)


def _told(
    facts: Facts, plan: Plan, known: LookedAt, campuses: Iterable[str]
) -> Iterator[tuple[Path, str, str, Iterable[str]]]:
    """Each name in the facts: its place, what it names, and what it may be meant for."""
    for index, part in enumerate(facts.assignments or ()):
        yield ("assignments", index, "campus"), "campus", part.campus or "", campuses
    for index, seen in enumerate(facts.observations):
        for domain in seen.levels:
            yield ("observations", index, "levels", domain), "domain", domain, known.domains
    for index, grown in enumerate(facts.growth):
        yield ("growth", index, "measure"), "growth measure", grown.measure, known.growth
    for index, award in enumerate(facts.awards):
        yield ("awards", index, "credential"), "credential", award.credential, known.credentials
    for index, placed in enumerate(facts.placements):
        yield ("placements", index, "rung"), "rung", placed.rung, known.rungs
        yield ("placements", index, "ladder"), "ladder", placed.ladder or "", known.ladders
    for year, kept in facts.attributes_by_year(plan.plan_year).items():
        where: Path = ("attributes",) if kept is facts.attributes else ("earlier_attributes", year)
        for code, value in kept.items():
            yield (*where, code), "attribute", code, known.attributes
            for item in value if isinstance(value, dict) else ():
                yield (*where, code, item), f"item of {code}", item, known.items.get(code, ())


def _nearly(path: Path, what: str, name: str, names: Iterable[str]) -> Faults:
    if name not in names and (meant := next((one for one in sorted(names) if _is_slip(name, one)), None)):
        yield FieldError(at(*path), f"the plan knows no {what} {name!r}: did you mean {meant!r}?")


def _is_slip(name: str, other: str) -> bool:
    """What differs only in its numbers is another thing, like the next of a row."""
    return _without_digits(name) != _without_digits(other) and are_alike(name, other)


def _without_digits(name: str) -> str:
    return "".join(character for character in name if not character.isdigit())
