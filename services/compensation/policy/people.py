"""The people that one plan tells apart: each kind of person is a position, and a column in every table."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from services.compensation.policy.exact import Bools
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.measures import Weighted
from services.compensation.policy.language.people import AppliesTo, Person
from shared.events.evaluation import StaffRole, SubjectGroup

KINDS_AT_MOST = 600
"""The most kinds of people that a plan may tell apart."""


@dataclass(frozen=True, eq=False, slots=True)
class People:
    """`kinds` in a fixed order; the position after the last is of who has no assignment in the performance period."""

    kinds: tuple[Person, ...]
    year_borders: tuple[int, ...]
    words: Mapping[str, frozenset[str]]
    _positions: Mapping[tuple[object, ...], int]

    @property
    def nobody(self) -> int:
        return len(self.kinds)

    def position(self, role: str | None, group: str | None, years_on_campus: int, attributes: Mapping[str, str]) -> int:
        """Where a person of these properties stands; without a role, at `nobody`."""
        if role is None:
            return self.nobody
        if len(self.year_borders) == 1 and not self.words:
            return self._positions[role, group, 0]
        border = max(border for border in self.year_borders if border <= years_on_campus)
        known = [word if (word := attributes.get(code)) in words else None for code, words in self.words.items()]
        return self._positions[role, group, border, *known]

    def within(self, rule: AppliesTo, roles: Collection[StaffRole]) -> set[int]:
        """The positions of all whom a rule is for, among `roles`."""
        return {at for at, person in enumerate(self.kinds) if person.role in roles and rule.covers(person)}

    def named(self, positions: Iterable[int]) -> str:
        """`teacher (tested), principal (none, 2 or more years on campus, tei_category A)`, in a fixed order."""
        return ", ".join(sorted(self._name(self.kinds[at]) for at in positions))

    def _name(self, person: Person) -> str:
        told = [str(person.subject_group)]
        if len(self.year_borders) > 1:
            told.append(f"{person.years_on_campus} or more years on campus")
        told += [f"{code} {word or 'any other'}" for code, word in person.attributes.items()]
        return f"{person.role} ({', '.join(told)})"

    def who(self, holds: Callable[[Person], bool]) -> Bools:
        """A column for each kind of person and one for nobody: where `holds`."""
        return np.array([*map(holds, self.kinds), False], dtype=np.bool_)


def rules_on_people(plan: Plan) -> Iterator[AppliesTo]:
    """Every word of the plan on whom it is for."""
    for measure in plan.measures:
        if isinstance(measure, Weighted):
            yield from (row.applies_to for row in measure.weights)
    yield from (gate.applies_to for gate in plan.gates)
    yield from (component.applies_to for component in plan.components)


def _distinctions(plan: Plan) -> tuple[tuple[int, ...], dict[str, list[str | None]]]:
    """Borders of the years on the campus, and for each attribute the words that are asked for and None for others."""
    borders, words = {0}, dict[str, set[str]]()
    for rule in rules_on_people(plan):
        if rule.years_on_campus is not None:
            borders.update({rule.years_on_campus.at_least, rule.years_on_campus.below or 0})
        for code, asked in (rule.attributes or {}).items():
            words.setdefault(code, set()).update(asked)
    return tuple(sorted(borders)), {code: [*sorted(words[code]), None] for code in sorted(words)}


def number_of_kinds(plan: Plan) -> int:
    """How many kinds of people `people_of` would make."""
    borders, words = _distinctions(plan)
    return len(StaffRole) * len(SubjectGroup) * len(borders) * prod(len(known) for known in words.values())


def people_of(plan: Plan) -> People:
    """The kinds of people that a plan tells apart: every role and subject group, and what its rules ask for besides."""
    borders, words = _distinctions(plan)
    kinds = tuple(
        Person(role, group, years, dict(zip(words, known, strict=True)))
        for role, group, years in product(StaffRole, SubjectGroup, borders)
        for known in product(*words.values())
    )
    positions: dict[tuple[object, ...], int] = {
        (*kind[:3], *kind.attributes.values()): at for at, kind in enumerate(kinds)
    }
    return People(kinds, borders, {code: frozenset(filter(None, known)) for code, known in words.items()}, positions)
