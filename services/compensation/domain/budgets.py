"""Budgets of plan years: what may be spent, by district and component."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID


class BudgetPlace(NamedTuple):
    """What an amount is for: a district, or the whole network where None; a component, or all of them where None."""

    district_id: UUID | None
    component: str | None


@dataclass(frozen=True, slots=True)
class Budget:
    """A plan year's budget under its number; the highest one stands. Amounts are in cents."""

    plan_year: str
    number: int
    amounts: Mapping[BudgetPlace, int]
    reason: str
    decided_by: str
    decided_at: datetime


class CostToDate(NamedTuple):
    """What a year came to at one place, in cents: `accrued` by the statements as they stand; `approved` in batches that
    payroll has not answered, less what they take back; `paid` and `recovered` by payroll; `accrued_then` up to a moment
    that was asked for.
    """

    accrued: int = 0
    accrued_then: int = 0
    approved: int = 0
    paid: int = 0
    recovered: int = 0

    @property
    def open(self) -> int:
        """What is in no approved batch yet; negative where more was paid than is earned now."""
        return self.accrued - self.approved - self.paid + self.recovered


class Forecast(NamedTuple):
    """`cents` by `factor`; without them, `reason` says why there is none."""

    cents: int | None = None
    factor: Fraction | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BudgetPosition:
    """A place of the budget, what it has come to, and what it will at last year's pace; amounts in cents."""

    place: BudgetPlace
    budget: int | None
    cost: CostToDate
    forecast: Forecast
