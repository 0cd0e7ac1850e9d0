"""Who a rule is for, and whom it counts together: roles, places, and attributes that HR keeps."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag

from services.compensation.policy.language.terms import CODE, Clause, Code, WholeNumber, Word
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


class WithinGroup(Clause):
    """All with the same value of an attribute that HR keeps of educators, like the grade team or the department: as it
    is on file for the plan year, and not item by item. Who has none on file is in no group and counts nowhere.
    """

    attribute: Code


def _sort_of_within(value: Any) -> str:
    return "group" if isinstance(value, (Mapping, WithinGroup)) else "place"


_PLACES = ("network", "district", "campus")


def _place(value: Any) -> Any:
    """A word that is no place is often the name of an attribute."""
    if isinstance(value, str) and value not in _PLACES:
        if close := get_close_matches(value, _PLACES, n=1):
            raise ValueError(f"{value!r} is not known here: did you mean {close[0]!r}?")
        named = value if re.fullmatch(CODE, value) else "team"
        raise ValueError(
            f"{value!r:.60} is not known here: write 'network', 'district' or 'campus', or {{attribute: {named}}} for "
            "those with the same value of an attribute that HR keeps"
        )
    return value


Within: TypeAlias = Annotated[
    Annotated[Literal["network", "district", "campus"], BeforeValidator(_place), Tag("place")]
    | Annotated[WithinGroup, Tag("group")],
    Discriminator(_sort_of_within),
]
"""Whom a rule counts together: everybody, those of a district or campus, or those of a group."""
