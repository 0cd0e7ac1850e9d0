"""Bodies of the doors for plans."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from services.compensation.domain import BoardApproval, PlanComment, PlanState, PlanStep, PlanVersion
from services.compensation.policy.differences import Difference
from services.compensation.schemas.parts import Body, Reason
from shared.events.types import SchoolYearLabel

_COPIED = (
    "id",
    "plan",
    "version",
    "plan_year",
    "state",
    "content_hash",
    "written_by",
    "written_at",
    "effective_on",
    "comments",
    "comments_close_at",
    "comments_waived_because",
    "published_by",
    "published_at",
)


class PlanVersionView(Body):
    """One version of a plan document. What was published never changes."""

    id: UUID
    plan: str
    version: int
    plan_year: SchoolYearLabel
    state: PlanState
    content_hash: str
    written_by: str
    written_at: AwareDatetime
    effective_on: date = Field(description="From this day on work is paid by it, once it is published.")
    is_effective: bool = Field(description="Whether work is paid by it now.")
    comments: int = Field(description="How many comments there are.")
    comments_close_at: AwareDatetime | None = Field(description="Null where it is not opened to comment.")
    comments_waived_because: str | None = Field(description="Why nobody was asked to comment.")
    minute_reference: str | None = Field(description="Where the board's minutes say that it approved the plan.")
    board_approved_on: date | None
    describes_all_pay: bool | None = Field(description="Whether the minutes describe all pay elements (34 TAC 25.24).")
    published_by: str | None
    published_at: AwareDatetime | None
    document: dict[str, Any] | None = Field(description="The document; left out of lists.")

    @classmethod
    def of(cls, version: PlanVersion, *, now: datetime, document: dict[str, Any] | None = None) -> "PlanVersionView":
        approval = version.approval
        return cls(
            **{name: getattr(version, name) for name in _COPIED},
            is_effective=version.is_effective(now),
            minute_reference=approval and approval.minute_reference,
            board_approved_on=approval and approval.approved_on,
            describes_all_pay=approval and approval.describes_all_pay,
            document=document,
        )


class PublicCommentRequest(Body):
    """Until when anybody may comment, from now on; or why nobody is asked to. Exactly one of the two."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"closes_at": "2021-06-01T22:00:00Z"},
                {"waived_because": "Corrects the spelling of a title; nobody is paid otherwise."},
            ]
        }
    )

    closes_at: AwareDatetime | None = Field(default=None, description="After now and within a year.")
    waived_because: Reason | None = None

    @model_validator(mode="after")
    def _is_one_of_the_two(self) -> "PublicCommentRequest":
        if (self.closes_at is None) == (self.waived_because is None):
            raise ValueError("give `closes_at` to open it to comment, or `waived_because`: one of the two")
        return self


class BoardApprovalRequest(Body):
    """What the board's minutes say of the plan."""

    minute_reference: Annotated[str, Field(min_length=3, max_length=200, examples=["2021-06-14, item 7"])]
    approved_on: date = Field(
        examples=["2021-06-14"],
        description="The day of the vote, in the plan's time zone; not before the version was written.",
    )
    describes_all_pay: bool = Field(
        description="Whether the minutes describe all pay elements: without that, 34 TAC 25.24 lets no performance pay "
        "count for retirement."
    )

    def to_approval(self) -> BoardApproval:
        return BoardApproval(self.minute_reference, self.approved_on, self.describes_all_pay)


class ReturnRequest(Body):
    reason: Reason


class CommentRequest(Body):
    text: Annotated[
        str, Field(min_length=3, max_length=5000, examples=["Counselors have no students of their own: what of us?"])
    ]


class CommentView(Body):
    """What somebody said of a plan version. Who said it, only HR and who said it are shown."""

    id: UUID
    text: str
    written_at: AwareDatetime
    written_by: str | None

    @classmethod
    def of(cls, comment: PlanComment, *, with_author: bool) -> "CommentView":
        return cls(
            id=comment.id,
            text=comment.text,
            written_at=comment.at,
            written_by=comment.by if with_author else None,
        )


class PlanStepView(Body):
    """A step that was taken: the state it led to, who took it and when, and why where that is asked."""

    state: PlanState
    by: str
    at: AwareDatetime
    reason: str | None

    @classmethod
    def of(cls, step: PlanStep) -> "PlanStepView":
        return cls(state=step.state, by=step.by, at=step.at, reason=step.reason)


class DifferenceView(Body):
    """A place where two versions differ. What one of them does not have is null."""

    pointer: str = Field(
        examples=["/components/1/amount"],
        description="JSON pointer into the later document; into the earlier one where the place is gone.",
    )
    part: str | None = Field(description="Code of the part around it.", examples=["micro-credential-stipend"])
    before: Any
    after: Any

    @classmethod
    def of(cls, difference: Difference) -> "DifferenceView":
        return cls(**difference._asdict())


class RecalculationView(Body):
    """How far everybody's recalculation after a publication has come."""

    plan_version_id: UUID
    educators: int = Field(description="How many are done.")
    educators_total: int = Field(description="How many there are to do.")
    requested_at: AwareDatetime
    finished_at: AwareDatetime | None
