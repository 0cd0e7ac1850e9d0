"""Steps that were refused, on the record: somebody tried to take one that was not theirs to take, or not in order."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RefusedStep:
    """Who tried which step, when, and what it was refused with.

    `subject_id` is the batch, recovery, plan version or whatever else it was on; None where the step names nothing, or
    nothing came of it, as of a document that is no plan.
    """

    id: UUID
    subject_id: UUID | None
    step: str
    tried_by: str
    tried_at: datetime
    code: str
    detail: str
