"""Bodies of the reconciliation's door."""

from typing import Literal

from pydantic import Field

from services.compensation.domain import Found
from services.compensation.schemas.parts import Body
from shared.events.types import SchoolYearLabel


class DifferentPlace(Body):
    place: str = Field(examples=["line 3 of batch 01930000-0000-7000-8000-000000000002, paid"])
    expected: int | None
    actual: int | None


class CheckView(Body):
    """One check: in how many places it looked, what was to be found there in all, and what was."""

    code: str = Field(examples=["ledger-totals"])
    compares: str
    unit: Literal["cents", "rows"]
    compared: int
    expected: int
    actual: int
    holds: bool
    differing: int = Field(description="In how many places the two differ.")
    places: list[DifferentPlace] = Field(max_length=20, description="The first of them.")

    @classmethod
    def of(cls, found: Found) -> "CheckView":
        return cls(
            code=found.check.code,
            compares=found.check.compares,
            unit=found.check.unit,
            compared=found.compared,
            expected=found.expected,
            actual=found.actual,
            holds=found.holds,
            differing=found.differing,
            places=[DifferentPlace(**place) for place in found.places],
        )


class ReconciliationView(Body):
    """Whether the books of a plan year tie out, or where not. Facts are looked at for all years."""

    plan_year: SchoolYearLabel
    holds: bool
    checks: list[CheckView]
