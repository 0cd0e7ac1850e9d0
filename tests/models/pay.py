"""What facts come to under the small plan (plan_document.py): a plain model with no code of the product."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.models.plan_document import AT_MOST, LEADING, STIPEND

LEADING_CENTS = 7_550
Components = Mapping[str, int]
"""Cents by component."""


@dataclass(frozen=True)
class AwardFact:
    """One version of an award: made in the school year that begins in `year`, of the leading credential or another."""

    version: int
    year: int
    is_leading: bool
    is_earned: bool


@dataclass
class Facts:
    """What is known of one educator. The highest version of each thing stands, whatever the order it came in."""

    roster: int = 0
    number: str | None = None
    awards: dict[int, AwardFact] = field(default_factory=dict)

    def take_roster(self, version: int, number: str) -> bool:
        """Whether it is news."""
        if version <= self.roster:
            return False
        self.roster, self.number = version, number
        return True

    def take_award(self, number: int, award: AwardFact) -> bool:
        """Whether it is news."""
        known = self.awards.get(number)
        if known is not None and award.version <= known.version:
            return False
        self.awards[number] = award
        return True

    def components(self, year: int, stipend: int) -> Components:
        """What the year pays, in cents; nobody is paid for more than AT_MOST awards of a kind."""
        paid = [award.is_leading for award in self.awards.values() if award.is_earned and award.year == year]
        return {STIPEND: stipend * min(len(paid), AT_MOST), LEADING: LEADING_CENTS * min(sum(paid), AT_MOST)}

    def named(self, year: int) -> Any:
        """All that a statement of the year names of the facts: what was made in later years is not among it."""
        return self.roster, sorted((at, one.version) for at, one in self.awards.items() if one.year <= year)


def difference(before: Components, after: Components) -> dict[str, int]:
    """What a recalculation posts: only what changes."""
    return {
        component: after.get(component, 0) - before.get(component, 0)
        for component in sorted(before.keys() | after.keys())
        if after.get(component, 0) != before.get(component, 0)
    }
