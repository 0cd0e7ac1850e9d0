"""Bodies of the doors for payment holds, overpayments and their recovery."""

from datetime import date
from itertools import pairwise
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, field_validator, model_validator

from services.compensation.domain import (
    HoldSource,
    Instalment,
    InstalmentState,
    Overpayment,
    PaymentHold,
    RecoveryStanding,
    RecoveryState,
)
from services.compensation.schemas.parts import Body, Money, Reason
from shared.events.types import SchoolYearLabel
from shared.kernel.money import parse_amount
from shared.kernel.period import SchoolYear


class HoldRequest(Body):
    """Whose payment is held, of which plan year, and why. The educator reads the reason."""

    educator_id: UUID
    plan_year: SchoolYearLabel
    reason: Reason


class StepReason(Body):
    """Why the step is taken. Of a recovery that is stopped the educator reads it."""

    reason: Reason


class PaymentHoldView(Body):
    """A hold on all that an educator is paid for a plan year; open until it is lifted."""

    id: UUID
    educator_id: UUID
    plan_year: SchoolYearLabel
    source: HoldSource
    reason: str
    placed_by: str
    placed_at: AwareDatetime
    lifted_by: str | None
    lifted_at: AwareDatetime | None
    lift_reason: str | None

    @classmethod
    def of(cls, hold: PaymentHold) -> "PaymentHoldView":
        return cls(**{name: getattr(hold, name) for name in cls.model_fields})


class OverpaidComponent(Body):
    """An open sum of an overpaid educator: negative where too much was paid, else what is owed and set off."""

    component: str
    amount: Money


class OverpaymentView(Body):
    """What an educator was paid beyond what the statements come to. Nothing of it is taken back without a recovery.

    While something is `under_way`, in a batch that payroll has not answered, it may not have been paid at all.
    """

    educator_id: UUID
    employee_number: str | None
    district_id: UUID | None
    campus_id: UUID | None
    overpaid: Money
    under_way: Money
    components: list[OverpaidComponent]

    @classmethod
    def of(cls, one: Overpayment) -> "OverpaymentView":
        first = one.components[0]
        return cls(
            educator_id=one.educator_id,
            employee_number=first.employee_number,
            district_id=first.district_id,
            campus_id=first.campus_id,
            overpaid=Money.of(one.overpaid_cents),
            under_way=Money.of(one.under_way_cents),
            components=[
                OverpaidComponent(component=part.component, amount=Money.of(part.amount_cents))
                for part in one.components
            ],
        )


class InstalmentBody(Body):
    """What is taken back by the first batch whose pay date is not before `due_on`."""

    due_on: date = Field(examples=["2022-01-14"])
    amount: Annotated[str, Field(pattern=r"^\d{1,11}\.\d{2}$", examples=["166.00"], description="Above zero.")]

    @field_validator("amount")
    @classmethod
    def _is_above_zero(cls, amount: str) -> str:
        if not parse_amount(amount):
            raise ValueError("nothing is taken back by it: leave it out, or write what is")
        return amount

    def read(self) -> Instalment:
        return Instalment(self.due_on, parse_amount(self.amount))


class RecoveryRequest(Body):
    """How an overpayment is to be taken back: in instalments that sum to exactly what was overpaid, or in one."""

    educator_id: UUID
    plan_year: SchoolYearLabel
    instalments: list[InstalmentBody] = Field(
        min_length=1, max_length=120, description="In the order of their days, none before the plan year begins."
    )

    @model_validator(mode="after")
    def _are_in_order(self) -> "RecoveryRequest":
        days = [one.due_on for one in self.instalments]
        begins_on = SchoolYear.parse(self.plan_year).begins_on
        if days[0] < begins_on:
            raise ValueError(
                f"the first instalment is due before the plan year begins: choose a day from {begins_on} on"
            )
        if any(day >= following for day, following in pairwise(days)):
            raise ValueError("the instalments are not in the order of their days: write the earliest first, each once")
        return self


class InstalmentView(Body):
    """What of an instalment falls on one component; negative where something owed is set off."""

    number: int
    component: str
    due_on: date
    amount: Money
    state: InstalmentState
    batch_id: UUID | None
    line_number: int | None
    pay_date: date | None


class RecoveryView(Body):
    """A recovery: what payroll has taken back, what is under way in a batch, and what is still to come."""

    id: UUID
    educator_id: UUID
    plan_year: SchoolYearLabel
    state: RecoveryState
    total: Money
    recovered: Money
    under_way: Money
    open: Money
    instalments: list[InstalmentView]
    opened_by: str
    opened_at: AwareDatetime
    approved_by: str | None
    approved_at: AwareDatetime | None
    stopped_by: str | None
    stopped_at: AwareDatetime | None
    stop_reason: str | None

    @classmethod
    def of(cls, standing: RecoveryStanding) -> "RecoveryView":
        made = {
            "total": Money.of(standing.recovery.total_cents),
            "recovered": Money.of(standing.cents(InstalmentState.RECOVERED)),
            "under_way": Money.of(standing.cents(InstalmentState.IN_BATCH)),
            "open": Money.of(standing.cents(InstalmentState.OPEN)),
            "instalments": [
                InstalmentView(
                    number=part.number,
                    component=part.component,
                    due_on=part.due_on,
                    amount=Money.of(part.amount_cents),
                    state=part.state,
                    batch_id=part.batch_id,
                    line_number=part.line_number,
                    pay_date=part.pay_date,
                )
                for part in standing.parts
            ],
        }
        own = {name: getattr(standing.recovery, name) for name in cls.model_fields if name not in made}
        return cls(**own, **made)
