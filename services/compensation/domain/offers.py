"""The answer to what a plan offers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class OfferAnswer(StrEnum):
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class AnsweredOffer:
    """An answer as it was given: by whom, on which statement, and why where it was not the educator in person."""

    id: UUID
    educator_id: UUID
    plan_year: str
    offer: str
    answer: OfferAnswer
    sequence: int
    answered_by: str
    answered_at: datetime
    reason: str | None
