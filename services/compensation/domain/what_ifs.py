"""What-ifs: a plan and changed facts that were run on everybody beside what stands, kept as they came out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID


class WhatIfState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class WhatIfOutcome(StrEnum):
    """What a what-if does to an educator's total."""

    WINNERS = "winners"
    LOSERS = "losers"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What was asked, how far it has come, and what it came to once it is done.

    The plan is a kept version, or a `document` that was kept nowhere else; with neither it is the one that stands.
    """

    id: UUID
    title: str
    plan_year: str
    plan_version_id: UUID | None
    document: Mapping[str, Any] | None
    changes: Sequence[Mapping[str, Any]]
    asked_by: str
    asked_at: datetime
    attempts: int = 0
    educators_done: int = 0
    educators: int | None = None
    baseline_id: UUID | None = None
    facts_as_of: datetime | None = None
    done_at: datetime | None = None
    failed_at: datetime | None = None
    failed_reason: str | None = None
    summary: Mapping[str, Any] | None = None

    @property
    def state(self) -> WhatIfState:
        if self.done_at is not None:
            return WhatIfState.DONE
        if self.failed_at is not None:
            return WhatIfState.FAILED
        return WhatIfState.RUNNING if self.attempts else WhatIfState.WAITING


class WhatIfRow(NamedTuple):
    """What a what-if comes to for one educator, in cents. What was before is None where no plan stood."""

    educator_id: str
    role: str
    subject_group: str
    district_id: str | None
    campus_id: str | None
    rung_before: str | None
    rung_after: str
    total_before_cents: int | None
    total_after_cents: int
    difference_cents: int
    gates_crossed_up: Sequence[str]
    gates_crossed_down: Sequence[str]
    components_before: str | None
    components_after: str
    """Cents by component, as a JSON object."""
