"""Bodies of the doors for payout batches."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, ValidationInfo, field_validator

from services.compensation.domain import LineKind, PayoutBatch, PayoutState, RefusedStep
from services.compensation.schemas.parts import Body, Money, Reason, Reference
from shared.events.types import SchoolYearLabel
from shared.kernel.period import SchoolYear


class PayoutBatchRequest(Body):
    """What to freeze: all that waits to be paid of a plan year, and the instalments that are due by the pay date."""

    plan_year: SchoolYearLabel
    district_id: UUID | None = Field(
        default=None, description="Of this legal district alone; without it, of the whole network."
    )
    pay_date: date = Field(examples=["2021-11-15"], description="Not before the plan year begins.")

    @field_validator("pay_date")
    @classmethod
    def _is_not_before_the_year(cls, day: date, info: ValidationInfo) -> date:
        if "plan_year" in info.data and day < (begins_on := SchoolYear.parse(info.data["plan_year"]).begins_on):
            raise ValueError(f"{day} is before the plan year begins: choose a day from {begins_on} on")
        return day


class BatchApprovalRequest(Body):
    """What who approves a batch has seen of it."""

    accepts_estimates: bool = Field(
        default=False,
        examples=[True],
        description="Needed where the batch `is_estimate`: it is paid on account, before its year closes.",
    )


class WithdrawalRequest(Body):
    reason: Reason


class DistrictTotalView(Body):
    """What a batch pays by one legal district; null gathers those whom the roster places in none."""

    district_id: UUID | None
    line_count: int
    control_total: Money


class HeldView(Body):
    """What open payment holds kept out of a batch."""

    educators: int
    amount: Money


class PayoutBatchView(Body):
    """A payout batch. Count, total and hash are what payroll has to find again."""

    id: UUID
    plan_year: SchoolYearLabel
    district_id: UUID | None
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
    districts: list[DistrictTotalView]
    lines_without_account_code: int
    held: HeldView
    is_estimate: bool | None = Field(
        description="Whether its year was open when it was prepared: what it pays may change still, by lines of a "
        "later batch. Null where that was not kept."
    )

    @classmethod
    def of(cls, batch: PayoutBatch) -> "PayoutBatchView":
        made = {
            "control_total": Money.of(batch.control_total_cents),
            "districts": [
                DistrictTotalView(
                    district_id=total.district_id,
                    line_count=total.line_count,
                    control_total=Money.of(total.control_total_cents),
                )
                for total in batch.district_totals
            ],
            "held": HeldView(educators=batch.held_educators, amount=Money.of(batch.held_total_cents)),
        }
        return cls(**{name: getattr(batch, name) for name in cls.model_fields if name not in made}, **made)


class RejectedLine(Body):
    line_id: UUID
    reason: Reason


class AcceptedLineBody(Body):
    """What payroll says of a line that it took. Lines that are not named are accepted as well."""

    line_id: UUID
    paid_on: date | None = Field(default=None, examples=["2021-11-15"])
    payroll_reference: Reference | None = None


class AcknowledgementRequest(Body):
    """Payroll's answer to a batch: what it counted, which lines it did not take, and what it says of the others."""

    line_count: Annotated[int, Field(ge=0, examples=[3752])]
    control_total: Money
    content_hash: Annotated[
        str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 over the NDJSON lines.", examples=["0" * 64])
    ]
    rejected: Annotated[
        list[RejectedLine], Field(default=[], max_length=100_000, description="Each line once. In all at most 32 MiB.")
    ]

    accepted: Annotated[
        list[AcceptedLineBody], Field(default=[], max_length=100_000, description="Each line once, none of `rejected`.")
    ]

    @field_validator("rejected", "accepted")
    @classmethod
    def _names_each_line_once(cls, lines: list[Any], info: ValidationInfo) -> list[Any]:
        seen: set[UUID] = set()
        for line in lines:
            if line.line_id in seen:
                raise ValueError(f"line {line.line_id} is {info.field_name} twice: name it once")
            seen.add(line.line_id)
        both = seen & {line.line_id for line in info.data.get("rejected", ())}
        if both:
            raise ValueError(f"line {min(both)} is rejected and accepted: name it once")
        return lines


class AcknowledgedLine(Body):
    """What became of a line."""

    line_id: UUID
    number: int
    kind: LineKind
    educator_id: UUID
    component: str
    amount: Money
    state: Literal["open", "accepted", "rejected", "withdrawn"]
    reason: str | None = Field(description="Why the line was rejected, or its batch withdrawn.")
    paid_on: date | None
    payroll_reference: str | None


class RefusedStepView(Body):
    """A step that somebody tried and that was refused."""

    subject_id: UUID | None = Field(
        description="The batch, plan version or other thing; null where the step names none, or none came of it."
    )
    operation: str = Field(examples=["approve_payout_batch"])
    tried_by: str
    tried_at: AwareDatetime
    code: str = Field(examples=["preparer-cannot-approve"])
    detail: str

    @classmethod
    def of(cls, refused: RefusedStep) -> "RefusedStepView":
        return cls(
            subject_id=refused.subject_id,
            operation=refused.step,
            tried_by=refused.tried_by,
            tried_at=refused.tried_at,
            code=refused.code,
            detail=refused.detail,
        )


class LayoutView(Body):
    """A fixed-width layout that the lines of a batch can be pulled in."""

    code: str
    title: str
    record_length: int
    illustrative: bool
