"""The career ladder: rungs with their needs, and the pathways of micro-credentials."""

from typing import Annotated, Literal

from pydantic import Field

from services.compensation.policy.language.terms import ILLUSTRATIVE, Clause, Code, Count, Named, Sourced
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
    """A summative rating of `level` or higher in `years` of the last `within` school years, the plan year included."""

    need: Literal["rating"]
    level: Annotated[int, Field(ge=1, le=5, strict=True)]
    years: Count
    within: Count


Requirement = Annotated[RoleNeed | ServiceNeed | CredentialNeed | PathwayNeed | RatingNeed, Field(discriminator="need")]


class Rung(Named):
    requires: tuple[Requirement, ...] = ()


class Ladder(Sourced):
    """Rungs from the lowest up. An educator stands on the highest whose needs, and those of all below it, are met."""

    rungs: tuple[Rung, ...] = Field(min_length=1)


class Pathway(Named):
    """The micro-credentials that complete a pathway; several together, in any order."""

    credentials: tuple[Code, ...] = Field(min_length=1)


NO_LADDER = Ladder(source=ILLUSTRATIVE, rungs=(Rung(code="none", title="No ladder in this plan", source=ILLUSTRATIVE),))
