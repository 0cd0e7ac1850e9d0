"""Bodies of the doors for payout batches."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, ValidationInfo, field_validator

from services.compensation.domain import PayoutBatch, PayoutState
from services.compensation.schemas.parts import Body, Money, Reason
from shared.events.types import SchoolYearLabel
from shared.kernel.period import SchoolYear


class PayoutBatchRequest(Body):
    """What to freeze: all that the ledger holds of a plan year and no batch pays yet."""

    plan_year: SchoolYearLabel
    pay_date: date = Field(examples=["2021-11-15"], description="Not before the plan year begins.")

    @field_validator("pay_date")
    @classmethod
    def _is_not_before_the_year(cls, day: date, info: ValidationInfo) -> date:
        if "plan_year" in info.data and day < (begins_on := SchoolYear.parse(info.data["plan_year"]).begins_on):
            raise ValueError(f"{day} is before the plan year begins: choose a day from {begins_on} on")
        return day


class WithdrawalRequest(Body):
    reason: Reason


class PayoutBatchView(Body):
    """A payout batch. Count, total and hash are what payroll has to find again."""

    id: UUID
    plan_year: SchoolYearLabel
    state: PayoutState
    pay_date: date
    line_count: int
    control_total: Money
    content_hash: str
    prepared_by: str
    prepared_at: AwareDatetime
    approved_by: str | None
    approved_at: AwareDatetime | None
    sealed_by: str | None
    sealed_at: AwareDatetime | None
    first_pulled_at: AwareDatetime | None
    acknowledged_by: str | None
    acknowledged_at: AwareDatetime | None
    withdrawn_by: str | None
    withdrawn_at: AwareDatetime | None
    withdrawn_reason: str | None

    @classmethod
    def of(cls, batch: PayoutBatch) -> "PayoutBatchView":
        fields = {name: getattr(batch, name) for name in cls.model_fields if name != "control_total"}
        return cls(**fields, control_total=Money.of(batch.control_total_cents))


class RejectedLine(Body):
    line_id: UUID
    reason: Reason


class AcknowledgementRequest(Body):
    """Payroll's answer to a batch: what it counted, and which lines it did not take."""

    line_count: Annotated[int, Field(ge=0, examples=[3752])]
    control_total: Money
    content_hash: Annotated[
        str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 over the NDJSON lines.", examples=["0" * 64])
    ]
    rejected: Annotated[
        list[RejectedLine], Field(default=[], max_length=100_000, description="Each line once. In all at most 32 MiB.")
    ]

    @field_validator("rejected")
    @classmethod
    def _names_each_line_once(cls, rejected: list[RejectedLine]) -> list[RejectedLine]:
        seen: set[UUID] = set()
        for line in rejected:
            if line.line_id in seen:
                raise ValueError(f"line {line.line_id} is rejected twice: name it once, with one reason")
            seen.add(line.line_id)
        return rejected


class AcknowledgedLine(Body):
    """What became of a line."""

    line_id: UUID
    number: int
    educator_id: UUID
    component: str
    amount: Money
    state: Literal["open", "accepted", "rejected", "withdrawn"]
    reason: str | None = Field(description="Why the line was rejected, or its batch withdrawn.")
