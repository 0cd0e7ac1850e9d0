"""Payment holds: who is not paid for a plan year until somebody lifts it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.compensation.errors import PaymentHoldLifted


class HoldSource(StrEnum):
    """What a hold came from: HR's own decision, or an inquiry that is open."""

    HR = "hr"
    INQUIRY = "inquiry"


@dataclass(frozen=True, slots=True)
class PaymentHold:
    """Keeps all of an educator's entries and instalments of a plan year out of new batches while it is open."""

    id: UUID
    educator_id: UUID
    plan_year: str
    source: HoldSource
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None
    lift_reason: str | None = None

    def lift(self, by: str, at: datetime, reason: str) -> "PaymentHold":
        """Raises PaymentHoldLifted."""
        if self.lifted_at is not None:
            raise PaymentHoldLifted(f"hold {self.id} was lifted by {self.lifted_by}: place a new one if it is needed")
        return replace(self, lifted_by=by, lifted_at=at, lift_reason=reason)
