"""Inquiries: an educator disputes a statement, somebody answers for it by a day, and each step is on record."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from services.compensation.errors import InquiryClosed


class InquiryCategory(StrEnum):
    """What is disputed."""

    OBSERVATION = "observation"
    GROWTH = "growth"
    SLO = "slo"
    CREDENTIAL = "credential"
    EMPLOYMENT = "employment"
    CALCULATION = "calculation"
    OTHER = "other"


class InquiryState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class InquiryOutcome(StrEnum):
    UPHELD = "upheld"
    DENIED = "denied"


class InquiryStepKind(StrEnum):
    OPENED = "opened"
    ASSIGNED = "assigned"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class InquiryFilter(NamedTuple):
    """Which inquiries; what is None is not asked for. `overdue_at`: open, and to be answered before that moment."""

    plan_year: str | None = None
    educator_id: UUID | None = None
    state: InquiryState | None = None
    category: InquiryCategory | None = None
    overdue_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InquiryStep:
    """Something that was done with an inquiry; `detail` is the text, the owner or the reason that came with it."""

    number: int
    kind: InquiryStepKind
    by: str
    at: datetime
    detail: str | None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A dispute of the statement `sequence` of an educator's plan year, as a whole or of one component.

    An answer is due by the end of `answer_due_on` where the plan's clocks are, which is before `overdue_from`.
    `steps_taken` counts the steps on record; `hold_id` is the payment hold that is lifted when it closes.
    """

    id: UUID
    educator_id: UUID
    plan_year: str
    sequence: int
    component: str | None
    category: InquiryCategory
    text: str
    opened_by: str
    opened_at: datetime
    answer_due_on: date
    overdue_from: datetime
    hold_id: UUID
    state: InquiryState = InquiryState.OPEN
    owner: str | None = None
    outcome: InquiryOutcome | None = None
    reason: str | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    steps_taken: int = 1

    def assigned(self, owner: str) -> "Inquiry":
        """`owner` answers for it from now on. Raises InquiryClosed."""
        self._require_open()
        return replace(self, owner=owner, steps_taken=self.steps_taken + 1)

    def answered(self, outcome: InquiryOutcome, reason: str, *, by: str, at: datetime) -> "Inquiry":
        """Decided, with the reason. Raises InquiryClosed."""
        self._require_open()
        return replace(self, outcome=outcome, **self._closing(InquiryState.ANSWERED, reason, by, at))

    def withdrawn(self, reason: str | None, *, by: str, at: datetime) -> "Inquiry":
        """Taken back. Raises InquiryClosed."""
        self._require_open()
        return replace(self, **self._closing(InquiryState.WITHDRAWN, reason, by, at))

    def _closing(self, state: InquiryState, reason: str | None, by: str, at: datetime) -> dict[str, Any]:
        return {
            "state": state,
            "reason": reason,
            "closed_by": by,
            "closed_at": at,
            "steps_taken": self.steps_taken + 1,
        }

    def _require_open(self) -> None:
        if self.state is not InquiryState.OPEN:
            raise InquiryClosed(
                f"inquiry {self.id} was {self.state} on {self.closed_at:%Y-%m-%d} and stays so; open a new one for "
                "what is disputed still"
            )
