"""Plan versions: one document each, for one school year, never changed once written; and the steps of their life."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.compensation.errors import (
    AllPayNotDescribed,
    CommentsNotOpen,
    CommentsStillOpen,
    PlanAlreadyPublished,
    PlanDateDoesNotFit,
    PlanStepOutOfOrder,
    WriterCannotApprove,
    WriterCannotOpenComments,
    WriterCannotPublish,
)

COMMENTS_OPEN_AT_MOST = timedelta(days=366)
"""A mistyped year would keep the board from approving the version for ever."""


class PlanState(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLIC_COMMENT = "public_comment"
    BOARD_APPROVED = "board_approved"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    RETURNED = "returned"


_FOLLOWS: Mapping[PlanState, frozenset[PlanState]] = {
    PlanState.DRAFT: frozenset({PlanState.IN_REVIEW, PlanState.RETURNED}),
    PlanState.IN_REVIEW: frozenset({PlanState.PUBLIC_COMMENT, PlanState.RETURNED}),
    PlanState.PUBLIC_COMMENT: frozenset({PlanState.BOARD_APPROVED, PlanState.RETURNED}),
    PlanState.BOARD_APPROVED: frozenset({PlanState.PUBLISHED, PlanState.RETURNED}),
    PlanState.PUBLISHED: frozenset({PlanState.SUPERSEDED}),
    PlanState.SUPERSEDED: frozenset(),
    PlanState.RETURNED: frozenset(),
}
_STANDS: Mapping[PlanState, str] = {
    PlanState.DRAFT: "a draft: ask for its review next",
    PlanState.IN_REVIEW: "in review: open it to public comment next, or waive that",
    PlanState.PUBLIC_COMMENT: "in public comment: record the board's approval next",
    PlanState.BOARD_APPROVED: "approved by the board: publish it next",
    PlanState.RETURNED: "returned for good: write the mended plan as the next version",
}
"""What a version is that is not published yet, and what to do with it."""


@dataclass(frozen=True, slots=True)
class BoardApproval:
    """Where the board's minutes say that it approved the plan; `describes_all_pay` is of the minutes (34 TAC 25.24)."""

    minute_reference: str
    approved_on: date
    describes_all_pay: bool


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A step that was taken: the state it led to, who took it and when, and why where that is asked."""

    state: PlanState
    by: str
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PlanComment:
    """What somebody said of a version while it was open to comment."""

    id: UUID
    plan_version_id: UUID
    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """One version of a plan document for one school year; what stands in `document` never changes."""

    id: UUID
    plan: str
    version: int
    plan_year: str
    content_hash: str
    document: dict[str, Any]
    state: PlanState
    written_by: str
    written_at: datetime
    comments_close_at: datetime | None = None
    comments_waived_because: str | None = None
    approval: BoardApproval | None = None
    published_by: str | None = None
    published_at: datetime | None = None
    comments: int = 0

    def __str__(self) -> str:
        return f"version {self.version} of {self.plan}"

    @property
    def effective_on(self) -> date:
        """The day from which work is paid by it, once it is published; it begins in the plan's own time zone."""
        return date.fromisoformat(self.document["performance_period"]["begins_on"])

    @property
    def counts_for_retirement(self) -> bool:
        """Whether something of it is to count as creditable compensation of the retirement system (TRS)."""
        return any(component.get("retirement") for component in self.document["components"])

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it: from the step on that opens it to comment, or says why that is waived."""
        is_opened = self.comments_close_at is not None or self.comments_waived_because is not None
        return is_opened or self.published_at is not None

    def is_effective(self, now: datetime) -> bool:
        """Whether work is paid by it now."""
        return self.state is PlanState.PUBLISHED and self.local_date(now) >= self.effective_on

    def is_open_for_comment(self, now: datetime) -> bool:
        is_open = self.comments_close_at is not None and now < self.comments_close_at
        return self.state is PlanState.PUBLIC_COMMENT and is_open

    def ask_for_review(self) -> "PlanVersion":
        """Raises PlanAlreadyPublished, PlanStepOutOfOrder, as all steps do."""
        return self._enter(PlanState.IN_REVIEW)

    def open_comments(self, by: str, at: datetime, closes_at: datetime) -> "PlanVersion":
        """Open it to public comment from now until `closes_at`. Raises WriterCannotOpenComments, PlanDateDoesNotFit."""
        opened = self._opened_by(by)
        if not at < closes_at <= at + COMMENTS_OPEN_AT_MOST:
            raise PlanDateDoesNotFit(
                "comments close after now and within a year: choose a moment in between, or waive public comment"
            )
        return replace(opened, comments_close_at=closes_at)

    def waive_comments(self, by: str, because: str) -> "PlanVersion":
        """Go on without public comment, for a reason that everybody is shown. Raises WriterCannotOpenComments."""
        return replace(self._opened_by(by), comments_waived_because=because)

    def _opened_by(self, by: str) -> "PlanVersion":
        entered = self._enter(PlanState.PUBLIC_COMMENT)
        if by == self.written_by:
            raise WriterCannotOpenComments(
                f"{by} wrote {self}: another person has to open it to public comment, or to waive that"
            )
        return entered

    def comment(self, comment_id: UUID, by: str, at: datetime, text: str) -> PlanComment:
        """Raises CommentsNotOpen."""
        if not self.is_open_for_comment(at):
            raise CommentsNotOpen(f"{self} is {self.state} and takes no comments now: tell its owner instead")
        return PlanComment(comment_id, self.id, by, at, text)

    def approve(self, by: str, at: datetime, approval: BoardApproval) -> "PlanVersion":
        """Record that the board approved it.

        Raises WriterCannotApprove, AllPayNotDescribed, CommentsStillOpen, PlanDateDoesNotFit.
        """
        entered = self._enter(PlanState.BOARD_APPROVED)
        if by == self.written_by:
            raise WriterCannotApprove(f"{by} wrote {self}: another person has to record the board's approval")
        self._check_minutes(approval)
        if self.comments_close_at and self.is_open_for_comment(at):
            until = f"{self._local(self.comments_close_at):%Y-%m-%d %H:%M:%S} {self.document['time_zone']}"
            raise CommentsStillOpen(f"{self} is open to comment until {until}: record the approval then")
        # What the board voted on before this version was written was another text.
        first = self.local_date(self.comments_close_at or self.written_at)
        last = self.local_date(at)
        if not first <= approval.approved_on <= last:
            raise PlanDateDoesNotFit(
                "the board approves a version once it is written and public comment is over, and not in the future: "
                + (f"on {first}" if first == last else f"on a day from {first} to {last}")
            )
        return replace(entered, approval=approval)

    def publish(self, by: str, at: datetime) -> "PlanVersion":
        """Raises WriterCannotPublish, AllPayNotDescribed."""
        entered = self._enter(PlanState.PUBLISHED)
        if by == self.written_by:
            raise WriterCannotPublish(f"{by} wrote {self}: another person has to publish it")
        # An approval may be older than the check that is made of it.
        self._check_minutes(self.approval)
        return replace(entered, published_by=by, published_at=at)

    def _check_minutes(self, approval: BoardApproval | None) -> None:
        if self.counts_for_retirement and not (approval and approval.describes_all_pay):
            raise AllPayNotDescribed(
                f"{self} pays what is to count for retirement, and 34 TAC 25.24 asks for minutes of the board that "
                "describe all pay elements: have the board vote on all of them; if the version is approved already, or "
                "is not what they are to vote on, return it and write the next one"
            )

    def give_back(self) -> "PlanVersion":
        """Return it for good: a mended plan is the next version."""
        return self._enter(PlanState.RETURNED)

    def _enter(self, state: PlanState) -> "PlanVersion":
        if self.state in (PlanState.PUBLISHED, PlanState.SUPERSEDED):
            raise PlanAlreadyPublished(f"{self} is {self.state}: write a new version")
        if state not in _FOLLOWS[self.state]:
            raise PlanStepOutOfOrder(f"{self} is {_STANDS[self.state]}; nothing was changed")
        return replace(self, state=state)

    def local_date(self, moment: datetime) -> date:
        """The day of `moment` in the plan's time zone."""
        return self._local(moment).date()

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.document["time_zone"]))
