"""Steps that were refused, on the record: somebody tried to take one that was not theirs to take, or not in order."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RefusedStep:
    """Who tried which step on which batch, recovery or plan version, when, and what it was refused with."""

    id: UUID
    subject_id: UUID
    step: str
    tried_by: str
    tried_at: datetime
    code: str
    detail: str
