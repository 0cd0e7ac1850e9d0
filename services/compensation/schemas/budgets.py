"""Bodies of the doors for budgets."""

from fractions import Fraction
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, field_validator

from services.compensation.domain import Budget, BudgetPlace, BudgetPosition, Forecast
from services.compensation.schemas.parts import Amount, Body, Money, Reason
from shared.events.types import SchoolYearLabel
from shared.kernel.money import format_cents, parse_amount

ComponentCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$", examples=["stipend"])]


class BudgetLine(Body):
    """What may be spent on a component, or on all of them, in a district, or in the whole network."""

    district_id: UUID | None = Field(default=None, description="Null for the whole network.")
    component: ComponentCode | None = Field(default=None, description="Null for all components together.")
    amount: Annotated[Amount, Field(pattern=r"^\d{1,12}\.\d{2}$")]

    @property
    def place(self) -> BudgetPlace:
        return BudgetPlace(self.district_id, self.component)

    @classmethod
    def of(cls, place: BudgetPlace, cents: int) -> "BudgetLine":
        return cls(district_id=place.district_id, component=place.component, amount=format_cents(cents))


class BudgetRequest(Body):
    """A whole budget, in place of the one that stands."""

    replaces: int = Field(
        ge=0, lt=2**31 - 1, examples=[0], description="Number of the budget that stands; 0 where there is none."
    )
    reason: Reason
    lines: list[BudgetLine] = Field(min_length=1, max_length=5_000, description="Each place once.")

    @field_validator("lines")
    @classmethod
    def _names_each_place_once(cls, lines: list[BudgetLine]) -> list[BudgetLine]:
        if len({line.place for line in lines}) < len(lines):
            raise ValueError("a district and component is named twice: give each one amount")
        return lines

    def amounts(self) -> dict[BudgetPlace, int]:
        return {line.place: parse_amount(line.amount) for line in self.lines}


class BudgetDecision(Body):
    """One budget in the history of a year."""

    number: int
    reason: str
    decided_by: str
    decided_at: AwareDatetime
    lines: list[BudgetLine]

    @classmethod
    def of(cls, budget: Budget) -> "BudgetDecision":
        return cls(
            number=budget.number,
            reason=budget.reason,
            decided_by=budget.decided_by,
            decided_at=budget.decided_at,
            lines=[BudgetLine.of(place, cents) for place, cents in budget.amounts.items()],
        )


class BudgetView(BudgetDecision):
    """The budget that stands."""

    plan_year: SchoolYearLabel

    @classmethod
    def of(cls, budget: Budget) -> "BudgetView":
        return cls(plan_year=budget.plan_year, **dict(BudgetDecision.of(budget)))


class BudgetInFull(BudgetView):
    """The budget that stands, and all that stood before it, the first one first."""

    history: list[BudgetDecision]


class ForecastView(Body):
    """What the year will have come to if it grows as last year did from the same day on (the development method)."""

    amount: Money | None
    factor: str | None = Field(examples=["1.2500"], description="Last year's final by last year's by the same day.")
    reason: str | None = Field(description="Why there is none.")

    @classmethod
    def of(cls, forecast: Forecast) -> "ForecastView":
        return cls(
            amount=None if forecast.cents is None else Money.of(forecast.cents),
            factor=None if forecast.factor is None else _four_places(forecast.factor),
            reason=forecast.reason,
        )


def _four_places(factor: Fraction) -> str:
    whole, rest = divmod((20_000 * factor.numerator + factor.denominator) // (2 * factor.denominator), 10_000)
    return f"{whole}.{rest:04d}"


class BudgetReportRow(Body):
    """A place of the budget. `accrued` is `open`, `approved` and `paid` together, less `recovered`."""

    district_id: UUID | None = Field(description="Null for the whole network.")
    component: str | None = Field(description="Null for all components together.")
    budget: Money | None
    accrued: Money = Field(description="Earned by the statements as they stand.")
    approved: Money = Field(description="In approved batches that payroll has not answered, less what they take back.")
    paid: Money
    recovered: Money
    open: Money = Field(description="Not in an approved batch; below zero where more was paid than is earned now.")
    difference: Money | None = Field(description="Budget less accrued.")
    forecast: ForecastView

    @classmethod
    def of(cls, row: BudgetPosition) -> "BudgetReportRow":
        cost = row.cost
        return cls(
            district_id=row.place.district_id,
            component=row.place.component,
            budget=None if row.budget is None else Money.of(row.budget),
            accrued=Money.of(cost.accrued),
            approved=Money.of(cost.approved),
            paid=Money.of(cost.paid),
            recovered=Money.of(cost.recovered),
            open=Money.of(cost.open),
            difference=None if row.budget is None else Money.of(row.budget - cost.accrued),
            forecast=ForecastView.of(row.forecast),
        )


class BudgetReport(Body):
    """A plan year against its budget: the network, each component, each district, and each of both together."""

    plan_year: SchoolYearLabel
    rows: list[BudgetReportRow]
