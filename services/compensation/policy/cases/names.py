"""Whether golden cases and their plan mean the same by a name.

A case may well show that something is not looked at. So a name that the plan does not know is a fault only where it is
nearly one that the plan does, but for components and rungs that are expected: those have to be the plan's own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from services.compensation.domain import OFFER_ATTRIBUTE
from services.compensation.policy.cases.facts import Facts
from services.compensation.policy.cases.form import Expected, GoldenCases
from services.compensation.policy.checks.faults import Faults, at, unknown
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.ladder import CredentialNeed, Pathway
from services.compensation.policy.language.measures import (
    AttributeIs,
    AttributeNumber,
    CampusAttribute,
    CredentialCount,
    GrowthPercent,
    ObservationLowest,
    ObservationMean,
    PlacementPosition,
)
from services.compensation.policy.language.pay import OnCampuses, PerAward
from services.compensation.policy.language.people import AppliesTo, WithinGroup
from services.compensation.policy.language.terms import Clause
from shared.kernel.errors import FieldError

_ALIKE_PERCENT = 85
Path = tuple[str | int, ...]


@dataclass
class LookedAt:
    """The names of facts that a plan looks at. `items` has those of each attribute that is kept item by item."""

    domains: set[str] = field(default_factory=set)
    growth: set[str] = field(default_factory=set)
    credentials: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    items: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    of_campuses: set[str] = field(default_factory=set)
    ladders: set[str] = field(default_factory=set)
    rungs: set[str] = field(default_factory=set)

    def add(self, clause: Clause) -> None:
        match clause:
            case ObservationMean() | ObservationLowest():
                self.domains.update(clause.domains)
            case GrowthPercent():
                self.growth.update(clause.measures or ())
            case PerAward() | Pathway():
                self.credentials.update(clause.credentials or ())
            case CredentialNeed() | CredentialCount():
                self.credentials.update(clause.of or ())
            case AttributeNumber():
                self.attributes.add(clause.attribute)
                self.items[clause.attribute].update(clause.items or (), clause.except_items or ())
            case AttributeIs() | WithinGroup():
                self.attributes.add(clause.attribute)
            case AppliesTo():
                self.attributes.update(clause.attributes or ())
            case CampusAttribute() | OnCampuses():
                self.of_campuses.add(clause.attribute)
            case PlacementPosition():
                self.ladders.update([clause.ladder] if clause.ladder else [])
                self.rungs.update(clause.rungs)
            case _:
                pass


def looked_at(plan: Plan) -> LookedAt:
    found = LookedAt()
    for clause in _clauses(plan):
        found.add(clause)
    if plan.offers:
        found.attributes.add(OFFER_ATTRIBUTE)
        found.items[OFFER_ATTRIBUTE].update(offer.code for offer in plan.offers)
    found.ladders.add(plan.ladder_code)
    found.rungs.update(rung.code for rung in plan.ladder.rungs)
    return found


def _clauses(part: Any) -> Iterator[Clause]:
    if isinstance(part, Clause):
        yield part
        part = [value for _, value in part]
    elif isinstance(part, dict):
        part = part.values()
    elif not isinstance(part, (tuple, list)):
        return
    for inner in part:
        yield from _clauses(inner)


def faults_of_names(cases: GoldenCases, plan: Plan) -> Faults:
    """Faults of cases whose form is right."""
    known = looked_at(plan)
    for campus, kept in cases.campuses.items():
        for code in kept:
            yield from _nearly(("campuses", campus, code), "attribute of campuses", code, known.of_campuses)
    for number, case in enumerate(cases.cases):
        for index, educator in enumerate(case.everybody):
            place: Path = ("cases", number) if case.educators is None else ("cases", number, "educators", index)
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
    if name not in names and (meant := next((one for one in sorted(names) if _are_alike(name, one)), None)):
        yield FieldError(at(*path), f"the plan knows no {what} {name!r}: did you mean {meant!r}?")


def _are_alike(name: str, other: str) -> bool:
    """Alike enough for a slip. What differs only in its numbers is another thing, like the next of a row."""
    if _without_digits(name) == _without_digits(other):
        return False
    shared = sum(block.size for block in SequenceMatcher(None, name, other, autojunk=False).get_matching_blocks())
    return 2 * shared * 100 >= _ALIKE_PERCENT * (len(name) + len(other))


def _without_digits(name: str) -> str:
    return "".join(character for character in name if not character.isdigit())
