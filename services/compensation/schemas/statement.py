"""The statement as documents and clients see it; the bytes themselves come from `policy/statement.py`.

A test reads every kind of statement back through these models, so the two cannot drift apart.
"""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.compensation.schemas.parts import Money
from shared.events.evaluation import StaffRole, SubjectGroup
from shared.events.types import SchoolYearLabel

Reason = Annotated[str, Field(description="A sentence with the numbers in it.")]
Source = Annotated[str, Field(description="Where the rule is published, or `illustrative`.")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StatementPlan(_Part):
    """The plan version that decided."""

    code: str
    title: str
    version: int
    content_hash: str
    illustrative: bool


class UsedFact(_Part):
    """A fact that the statement rests on, and the event that brought it."""

    kind: Literal["roster", "observation", "growth", "slo", "award", "summative", "attribute", "placement"]
    key: str
    version: int
    event_id: UUID


class Eligibility(_Part):
    eligible: bool
    reason: Reason
    role: StaffRole | None
    subject_group: SubjectGroup | None
    years_of_service: int | None


class GateResult(_Part):
    """A condition that a component asks for."""

    code: str
    title: str
    met: bool
    reason: Reason
    source: Source


class MeasureResult(_Part):
    """A number taken of the facts; null where nothing was measured."""

    code: str
    title: str
    value: str | None
    points: str | None = Field(description="Of 100, where the plan turns the measure into points.")
    reason: Reason


class CountedAward(_Part):
    award_id: UUID
    credential: str
    awarded_at: AwareDatetime


class AwardNotCounted(CountedAward):
    reason: Reason


class AppliedLimit(_Part):
    """What was taken off, and why."""

    limit: Literal[
        "yearly_limit",
        "gates",
        "offer",
        "proration",
        "component_cap",
        "hold_harmless",
        "paid_through",
        "total_cap",
    ]
    reason: Reason
    reduced_by: Money


class ComponentResult(_Part):
    """One part of the bonus."""

    code: str
    title: str
    amount: Money
    reason: Reason
    counted: list[CountedAward]
    not_counted: list[AwardNotCounted]
    limits: list[AppliedLimit]
    source: Source


class ProratedAssignment(_Part):
    assignment_id: UUID
    begins_on: date
    ends_on: date
    full_time_equivalent: str
    role: StaffRole


class Proration(_Part):
    assignments: list[ProratedAssignment]
    days: int
    full_time_days: str
    period_days: int
    share: str
    reason: Reason


class Cap(_Part):
    code: str
    at_most: Money
    applied: bool
    reason: Reason
    source: Source


class RungWay(_Part):
    """One of several ways to a rung, and how far it is."""

    title: str
    met: bool
    missing: int = Field(description="How many things are missing in all.")
    gap: list[str]


class RungRequirement(_Part):
    rung: str
    need: str
    met: bool
    reason: Reason
    ways: list[RungWay] | None = Field(default=None, description="The nearest first. Only where several lead there.")


class NextRung(_Part):
    rung: str
    title: str
    gap: list[str]
    in_words: str | None = Field(default=None, description="The whole gap in a sentence.")


class HeldRung(_Part):
    """The rung that an earlier placement holds, and what this year makes of it."""

    rung: str
    title: str
    since: SchoolYearLabel
    through: SchoolYearLabel | None = Field(description="The last school year that it is valid in; null for ever.")
    reason: Reason


class AwaitedRung(_Part):
    """A rung whose needs are met and whose confirmation is missing."""

    rung: str
    title: str
    confirmed_by: Literal["person", "board"]
    reason: Reason


class LadderPlacement(_Part):
    """The rung, what it and those up to the next one ask for, and what is missing.

    `reached`, `held` and `awaiting` are left out where the plan asks for no confirmation and lets nobody keep a rung.
    """

    rung: str
    title: str
    requirements: list[RungRequirement]
    next: NextRung | None
    reached: str | None = Field(default=None, description="The rung by this year's needs and confirmations alone.")
    held: HeldRung | None = None
    awaiting: AwaitedRung | None = None


class NextStep(_Part):
    """What could still be earned."""

    code: str
    component: str | None
    text: str
    worth: Money | None


class OfferPart(_Part):
    """What is paid only to who takes it."""

    code: str
    title: str
    terms: str = Field(description="What is agreed to with it.")
    answer_by: AwareDatetime | None = Field(description="Null: until money of the plan year is approved.")
    answer: Literal["accepted", "declined"] | None
    worth: Money = Field(description="As things stand, before the cap on the total.")
    reason: Reason
    source: Source


class RestsOn(_Part):
    """The common facts that the statement rests on, under their number."""

    number: int
    is_final: bool
    reason: Reason


class StatementView(_Part):
    """An educator's bonus statement and ladder placement for a plan year, with a reason for every cent."""

    educator_id: UUID
    plan_year: SchoolYearLabel
    plan: StatementPlan
    facts: list[UsedFact]
    eligibility: Eligibility
    gates: list[GateResult]
    measures: list[MeasureResult]
    components: list[ComponentResult]
    proration: Proration
    caps: list[Cap]
    total: Money
    ladder: LadderPlacement
    next_steps: list[NextStep]
    offers: list[OfferPart] | None = Field(
        default=None, description="Those that are for the educator. Left out where the plan offers nothing."
    )
    common_facts: RestsOn | None = Field(
        default=None, description="Left out where the plan looks at nothing but the educator's own facts."
    )


class LadderView(_Part):
    """The ladder placement alone."""

    educator_id: UUID
    plan_year: SchoolYearLabel
    plan: StatementPlan
    ladder: LadderPlacement
