"""Bodies of the compensation service's doors. Money is a decimal string with its currency beside it."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from services.compensation.domain import PayoutBatch, PayoutState, PlanState, PlanVersion
from shared.events.types import SchoolYearLabel
from shared.kernel.money import format_cents
from shared.kernel.period import SchoolYear

Amount = Annotated[str, Field(pattern=r"^-?\d{1,13}\.\d{2}$", examples=["200.00"])]
Reason = Annotated[str, Field(min_length=3, max_length=2000, examples=["wrong pay date"])]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Money(_Body):
    """An amount of money."""

    amount: Amount
    currency: Literal["USD"] = "USD"

    @classmethod
    def of(cls, cents: int) -> "Money":
        return cls(amount=format_cents(cents))


class PlanVersionView(_Body):
    """One version of a plan document. What was published never changes."""

    id: UUID
    plan: str
    version: int
    plan_year: SchoolYearLabel
    state: PlanState
    content_hash: str
    written_by: str
    written_at: AwareDatetime
    published_by: str | None
    published_at: AwareDatetime | None
    document: dict[str, Any] | None = Field(description="The document; left out of lists.")

    @classmethod
    def of(cls, version: PlanVersion, *, document: dict[str, Any] | None = None) -> "PlanVersionView":
        return cls(
            id=version.id,
            plan=version.plan,
            version=version.version,
            plan_year=version.plan_year,
            state=version.state,
            content_hash=version.content_hash,
            written_by=version.written_by,
            written_at=version.written_at,
            published_by=version.published_by,
            published_at=version.published_at,
            document=document,
        )


class RecalculationView(_Body):
    """How far everybody's recalculation after a publication has come."""

    plan_version_id: UUID
    educators: int
    requested_at: AwareDatetime
    finished_at: AwareDatetime | None


class LedgerEntryView(_Body):
    """A difference that a recalculation posted, with the event that caused it."""

    id: UUID
    plan_year: SchoolYearLabel
    sequence: int = Field(description="The statement that posted it.")
    component: str
    amount: Money
    plan_version_id: UUID
    cause_event_id: UUID
    posted_at: AwareDatetime


class StatementVersionView(_Body):
    """One statement in an educator's history of a plan year."""

    sequence: int
    total: Money
    rung: str
    hash: str
    plan_version_id: UUID
    cause_event_id: UUID
    decided_at: AwareDatetime


class BonusTotal(_Body):
    """Where an educator stands in a plan year."""

    educator_id: UUID
    employee_number: str | None
    plan_year: SchoolYearLabel
    district_id: UUID | None
    campus_id: UUID | None
    rung: str
    components: dict[str, Amount] = Field(description="Amount by component of the plan.")
    total: Money
    sequence: int
    statement_hash: str
    plan_version_id: UUID


class PayoutBatchRequest(_Body):
    """What to freeze: all that the ledger holds of a plan year and no batch pays yet."""

    plan_year: SchoolYearLabel
    pay_date: date = Field(examples=["2021-11-15"], description="Not before the plan year begins.")

    @field_validator("pay_date")
    @classmethod
    def _is_not_before_the_year(cls, day: date, info: ValidationInfo) -> date:
        if "plan_year" in info.data and day < (begins_on := SchoolYear.parse(info.data["plan_year"]).begins_on):
            raise ValueError(f"{day} is before the plan year begins: choose a day from {begins_on} on")
        return day


class WithdrawalRequest(_Body):
    reason: Reason


class PayoutBatchView(_Body):
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


class RejectedLine(_Body):
    line_id: UUID
    reason: Reason


class AcknowledgementRequest(_Body):
    """Payroll's answer to a batch: what it counted, and which lines it did not take."""

    line_count: Annotated[int, Field(ge=0, examples=[3752])]
    control_total: Money
    content_hash: Annotated[
        str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 over the NDJSON lines.", examples=["0" * 64])
    ]
    rejected: Annotated[
        list[RejectedLine], Field(max_length=100_000, description="Each line once. In all at most 32 MiB.")
    ] = []

    @field_validator("rejected")
    @classmethod
    def _names_each_line_once(cls, rejected: list[RejectedLine]) -> list[RejectedLine]:
        seen: set[UUID] = set()
        for line in rejected:
            if line.line_id in seen:
                raise ValueError(f"line {line.line_id} is rejected twice: name it once, with one reason")
            seen.add(line.line_id)
        return rejected


class AcknowledgedLine(_Body):
    """What became of a line."""

    line_id: UUID
    number: int
    educator_id: UUID
    component: str
    amount: Money
    state: Literal["open", "accepted", "rejected", "withdrawn"]
    reason: str | None = Field(description="Why the line was rejected, or its batch withdrawn.")
