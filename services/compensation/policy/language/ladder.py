"""The career ladder: rungs with their needs, how long a rung is held, and the pathways of micro-credentials."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from services.compensation.policy.language.terms import (
    ILLUSTRATIVE,
    Clause,
    Code,
    Count,
    DecimalText,
    Named,
    Sourced,
    Title,
)
from shared.events.evaluation import StaffRole


class RoleNeed(Clause):
    need: Literal["role"]
    any_of: tuple[StaffRole, ...] = Field(min_length=1)


class ServiceNeed(Clause):
    """Full years since the day of hire, on the reference day."""

    need: Literal["years_of_service"]
    at_least: Count


class CredentialNeed(Clause):
    """Micro-credentials held at the end of the plan year, each counted once; only those in `of` where it is named."""

    need: Literal["credentials"]
    at_least: Count
    of: tuple[Code, ...] | None = Field(default=None, min_length=1)


class PathwayNeed(Clause):
    """All credentials of one of these pathways held at the end of the plan year."""

    need: Literal["pathway"]
    any_of: tuple[Code, ...] = Field(min_length=1)


class RatingNeed(Clause):
    """A summative rating of `level` or higher in `years` of the last `within` school years, the plan year included.

    `named` is what the level is called.
    """

    need: Literal["rating"]
    level: Annotated[int, Field(ge=1, le=5, strict=True)]
    years: Count
    within: Count
    named: Title | None = None


class MeasureNeed(Clause):
    """A measure of the plan from `at_least` on, exact and before any rounding; nothing measured does not meet it."""

    need: Literal["measure"]
    measure: Code
    at_least: DecimalText


class GatesNeed(Clause):
    """All of these gates of the plan that are for the educator, of which there is one at least."""

    need: Literal["gates"]
    of: tuple[Code, ...] = Field(min_length=1)


Need = Annotated[
    RoleNeed | ServiceNeed | CredentialNeed | PathwayNeed | RatingNeed | MeasureNeed | GatesNeed,
    Field(discriminator="need"),
]


class Way(Clause):
    """One of several ways to a rung, such as a pathway of leadership; all of its needs together."""

    title: Title
    requires: tuple[Need, ...] = Field(min_length=1)


class WaysNeed(Clause):
    """One of several ways is enough."""

    need: Literal["any_of"]
    ways: tuple[Way, ...] = Field(min_length=2)


Requirement = Annotated[
    RoleNeed | ServiceNeed | CredentialNeed | PathwayNeed | RatingNeed | MeasureNeed | GatesNeed | WaysNeed,
    Field(discriminator="need"),
]


class Rung(Named):
    """With `confirmed_by` nobody stands on it, or above, before a person or the board has confirmed it."""

    requires: tuple[Requirement, ...] = ()
    confirmed_by: Literal["person", "board"] | None = None


class Holds(Sourced):
    """A placement is held for `for_years` school years, its own the first of them, or for ever; what is reached
    meanwhile may only raise it, and reaching the rung again renews it. Until when is written into each placement as it
    is recorded: a later plan that says something else changes none that was made.
    """

    only_rises: Literal[True]
    for_years: Count | None = None


class Demotion(Sourced):
    """The rung of the last placement is kept until `after_years_below` school years in a row, the plan year the last of
    them, have been below it; then one falls to what is reached, or by one rung a year.
    """

    after_years_below: Count
    one_rung_a_year: StrictBool = False


class Ladder(Sourced):
    """Rungs from the lowest up. An educator reaches the highest whose needs, and those of all below it, are met, and
    stands on it, unless `holds`, `demotion` or a confirmation that is missing say otherwise.

    `code` is what placements name it by, the plan's own code where it is left out.
    """

    code: Code | None = None
    rungs: tuple[Rung, ...] = Field(min_length=1)
    holds: Holds | None = None
    demotion: Demotion | None = None

    @property
    def rests_on_placements(self) -> bool:
        """Whether the standing rung depends on what was confirmed or held before."""
        is_kept = self.holds is not None or self.demotion is not None
        return is_kept or any(rung.confirmed_by is not None for rung in self.rungs)


class Pathway(Named):
    """The micro-credentials that complete a pathway; several together, in any order."""

    credentials: tuple[Code, ...] = Field(min_length=1)


NO_LADDER = Ladder(source=ILLUSTRATIVE, rungs=(Rung(code="none", title="No ladder in this plan", source=ILLUSTRATIVE),))
