"""What every decision of a plan year rests on besides the educator's own facts: campuses, and all educators at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CommonFacts:
    """The common facts of one plan year under their number; 0 where there are none yet.

    `campuses` holds attributes by campus id; `settlement` what depends on all educators, for the plan version
    `settled_for`, an estimate unless it `is_final`.
    """

    plan_year: str
    number: int = 0
    campuses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    settlement: Mapping[str, Any] = field(default_factory=dict)
    settled_for: UUID | None = None
    is_final: bool = False
