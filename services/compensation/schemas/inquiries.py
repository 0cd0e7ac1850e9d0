"""Bodies of the doors for inquiries and offers."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, Field

from services.compensation.domain import (
    Inquiry,
    InquiryCategory,
    InquiryOutcome,
    InquiryState,
    InquiryStep,
    InquiryStepKind,
    OfferAnswer,
)
from services.compensation.schemas.parts import Body, Reason
from services.compensation.schemas.statement import OfferPart
from shared.events.types import SchoolYearLabel
from shared.web.pagination import Page

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$", examples=["performance-bonus"])]
Text = Annotated[str, Field(min_length=3, max_length=4000, examples=["My observation of 5 March is missing."])]


class InquiryRequest(Body):
    """What is disputed, and why."""

    plan_year: SchoolYearLabel
    sequence: Annotated[
        int, Field(ge=1, le=2**31 - 1, description="`Rung-Statement-Sequence` of the statement.", examples=[3])
    ]
    component: Code | None = Field(default=None, description="Of the statement; null for the statement as a whole.")
    category: InquiryCategory
    text: Text


class AssignmentRequest(Body):
    """Who answers for it."""

    owner: Annotated[str, Field(min_length=1, max_length=200, examples=["hr:compensation-desk"])]


class InquiryAnswer(Body):
    """The decision."""

    outcome: InquiryOutcome
    reason: Reason


class InquiryWithdrawal(Body):
    reason: Reason | None = None


class InquiryView(Body):
    """An inquiry as it stands."""

    id: UUID
    educator_id: UUID
    plan_year: SchoolYearLabel
    sequence: int
    component: str | None
    category: InquiryCategory
    text: str
    state: InquiryState
    opened_by: str
    opened_at: AwareDatetime
    answer_due_on: date = Field(description="The last day, where the plan's clocks are, on which it is in time.")
    is_overdue: bool
    owner: str | None
    outcome: InquiryOutcome | None
    reason: str | None
    closed_by: str | None
    closed_at: AwareDatetime | None

    @classmethod
    def of(cls, inquiry: Inquiry, now: datetime, **more: Any) -> Self:
        is_overdue = inquiry.state is InquiryState.OPEN and inquiry.overdue_from <= now
        names = [name for name in InquiryView.model_fields if name != "is_overdue"]
        return cls(**{name: getattr(inquiry, name) for name in names}, is_overdue=is_overdue, **more)


class InquiryStepView(Body):
    """Something that was done with an inquiry."""

    number: int
    kind: InquiryStepKind
    by: str
    at: AwareDatetime
    detail: str | None = Field(description="The text, the owner or the reason that came with it.")


class InquiryWithSteps(InquiryView):
    """An inquiry with all that was done with it, the first step first."""

    steps: list[InquiryStepView]

    @classmethod
    def with_steps(cls, found: tuple[Inquiry, list[InquiryStep]], now: datetime) -> Self:
        inquiry, steps = found
        views = [
            InquiryStepView(**{name: getattr(step, name) for name in InquiryStepView.model_fields}) for step in steps
        ]
        return cls.of(inquiry, now, steps=views)


class InquiryCounts(Body):
    """How many inquiries were found, by what became of them; overdue ones are open ones."""

    open: int
    overdue: int
    upheld: int
    denied: int
    withdrawn: int


class InquiryPage(Page[InquiryView]):
    """A page of inquiries, and how many there are in all."""

    counts: InquiryCounts


class OfferRequest(Body):
    """The answer to an offer."""

    plan_year: SchoolYearLabel
    answer: OfferAnswer
    reason: Reason | None = Field(default=None, description="Required of who answers for the educator.")


class OfferView(OfferPart):
    """An offer as it stands for an educator."""

    is_open: bool = Field(description="Whether it can be answered, or the answer changed, at this moment.")
