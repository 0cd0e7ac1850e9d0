"""Who a rule is for: role, subject group, years on the campus, and attributes that HR keeps."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import Field

from services.compensation.policy.language.terms import Clause, Code, WholeNumber, Word
from shared.events.evaluation import StaffRole, SubjectGroup


class Person(NamedTuple):
    """All that rules can tell educators apart by.

    `years_on_campus` is the lower border of a bracket between two borders that the plan names; `attributes` holds what
    the plan asks for, with None for every value that it does not name.
    """

    role: StaffRole
    subject_group: SubjectGroup
    years_on_campus: int
    attributes: Mapping[str, str | None]


class YearsOnCampus(Clause):
    """Full years on the campus of the deciding assignment, on the reference day: from `at_least` on, below `below`."""

    at_least: WholeNumber = 0
    below: WholeNumber | None = None

    def holds(self, years: int) -> bool:
        return self.at_least <= years and (self.below is None or years < self.below)


class AppliesTo(Clause):
    """Who a rule is for; what is left out holds for all."""

    roles: tuple[StaffRole, ...] | None = Field(default=None, min_length=1)
    subject_groups: tuple[SubjectGroup, ...] | None = Field(default=None, min_length=1)
    years_on_campus: YearsOnCampus | None = None
    attributes: dict[Code, tuple[Word, ...]] | None = Field(default=None, min_length=1)

    def covers(self, person: Person) -> bool:
        return (
            (self.roles is None or person.role in self.roles)
            and (self.subject_groups is None or person.subject_group in self.subject_groups)
            and (self.years_on_campus is None or self.years_on_campus.holds(person.years_on_campus))
            and all(person.attributes[code] in words for code, words in (self.attributes or {}).items())
        )


EVERYONE = AppliesTo()
