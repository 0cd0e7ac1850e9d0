"""Bodies of the doors that explain a statement: its status, the tree of reasons, what could still be earned."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from services.compensation.domain import StatementStatus
from services.compensation.schemas.parts import Body, Money
from services.compensation.schemas.statement import Reason, StatementPlan, UsedFact
from shared.events.types import SchoolYearLabel


class StatementStatusView(Body):
    """How far the standing statement is on its way to being paid."""

    status: StatementStatus
    why: str
    sequence: int
    earned: Money = Field(description="The total of the standing statement.")
    approved: Money = Field(description="In batches that are approved or sealed, and not acknowledged yet.")
    paid: Money = Field(description="Acknowledged by payroll.")
    waiting: Money = Field(description="Earned, and neither approved nor paid; negative where too much was.")
    held: Money = Field(description="Of what waits, what is on hold.")
    offers_open: int | None = Field(description="Offers that wait for an answer.")
    inquiries_open: int | None


class ClauseView(Body):
    """A place in the plan document."""

    pointer: str = Field(examples=["/components/0/amounts/teacher/proficient"], description="JSON pointer (RFC 6901).")
    source: str = Field(description="Where the rule is published, or `illustrative`.")


class ExplanationNode(Body):
    """Something that a statement says, and because of what."""

    what: Literal[
        "total",
        "component",
        "part",
        "eligibility",
        "gate",
        "offer",
        "full_amount",
        "band",
        "measure",
        "index",
        "limit",
        "ladder",
        "rung",
        "need",
        "way",
        "pathway",
        "confirmation",
        "placement",
        "fact",
        "common_facts",
    ]
    title: str
    amount: Money | None = Field(description="Of money; what a limit takes off is negative.")
    value: str | None = Field(description="Of a measure, a band, a ladder or a placement.")
    met: bool | None = Field(description="Of a condition.")
    reason: Reason
    clause: ClauseView | None
    fact: UsedFact | None
    because: list["ExplanationNode"]


class Missing(Body):
    """A condition that is not met, and by how much."""

    gate: str
    title: str
    reason: Reason
    gap: str | None = Field(description="By how much the measure has to rise; null where it is no border to reach.")


class OpenUntil(Body):
    evidence: Literal["observations", "slos", "awards"]
    before: str = Field(examples=["2021-05-31 17:00 (America/Chicago)"])


class StillEarnable(Body):
    """What a component could still pay in the plan year."""

    component: str
    title: str
    earned: Money
    at_most: Money = Field(description="The most that it pays this educator; a share of a pot, as things stand.")
    still_open: Money = Field(description="Within the caps of the component and of the plan.")
    is_for_a_full_year: bool = Field(description="Whether days and FTE, or the day of hire, make less of it.")
    reason: Reason
    steps: list[str]
    missing: list[Missing]
    until: list[OpenUntil]


class ExplanationView(Body):
    """Why a statement says what it says."""

    educator_id: UUID
    plan_year: SchoolYearLabel
    sequence: int
    statement_hash: str
    plan: StatementPlan
    why: ExplanationNode = Field(description="Of the total.")
    ladder: ExplanationNode | None = Field(
        description="Of the rung: each rung of the plan, its needs and what was found for each; null without a ladder."
    )
    still_earnable: list[StillEarnable]
