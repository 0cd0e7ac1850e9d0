"""Bodies of the doors that explain a statement: its status, the tree of reasons, what could still be earned."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.compensation.domain import HoldSource, InstalmentState, RecoveryState, StatementStatus
from services.compensation.schemas.parts import Body, Money
from services.compensation.schemas.statement import Reason, StatementPlan, UsedFact
from shared.events.types import SchoolYearLabel


class HoldTold(Body):
    """An open hold, as the educator reads it."""

    source: HoldSource
    since: date
    reason: Reason


class CauseTold(Body):
    """What a part of an overpayment came of."""

    sequence: int | None = Field(description="The statement that posted it; null for what an earlier recovery left.")
    component: str = Field(description="Its title.")
    amount: Money = Field(description="Negative where it made less of what was paid.")
    reason: Reason


class InstalmentTold(Body):
    """What of an instalment falls on one component."""

    number: int
    component: str = Field(description="Its title.")
    due_on: date
    amount: Money = Field(description="To take back; negative where something owed is set off.")
    state: InstalmentState
    batch_id: UUID | None
    line_number: int | None = Field(description="Of the batch.")
    pay_date: date | None = Field(description="Of the batch.")
    reason: Reason


class RecoveryTold(Body):
    """A recovery of what was overpaid, as the educator reads it."""

    recovery_id: UUID
    state: RecoveryState
    overpaid: Money
    taken: Money
    under_way: Money = Field(description="In a payout batch that payroll has not answered.")
    left: Money = Field(description="Of a stopped recovery, what no earnings since make up for.")
    reason: Reason
    why: list[CauseTold] = Field(description="In the order of time. Together they come to what was overpaid.")
    agreed: Reason
    instalments: list[InstalmentTold]
    so_far: Reason
    dispute: Reason


class StatementStatusView(Body):
    """How far the standing statement is on its way to being paid."""

    status: StatementStatus
    why: str
    sequence: int
    earned: Money = Field(description="The total of the standing statement.")
    approved: Money = Field(description="In batches that are approved or sealed, and not acknowledged yet.")
    paid: Money = Field(description="Acknowledged by payroll.")
    waiting: Money = Field(
        description="Earned, and neither approved nor paid; negative where too much was and no recovery has it."
    )
    held: Money = Field(description="Of what waits, what is on hold.")
    to_recover: Money | None = Field(description="What recoveries still take back, and no approved batch does.")
    offers_open: int | None = Field(description="Offers that wait for an answer.")
    inquiries_open: int | None
    holds: list[HoldTold] | None = Field(description="Those that are open.")
    recoveries: list[RecoveryTold] | None = Field(description="Of what was overpaid; the oldest first.")


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
    evidence: Literal["observations", "observations_finalized", "slos", "slos_approved", "awards"]
    before: str = Field(examples=["2021-05-31 17:00 (America/Chicago)"])
    ends_at: datetime = Field(description="That moment: what was observed, approved or awarded before it counts.")


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
