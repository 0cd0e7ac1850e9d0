"""Plan versions: one document each, for one school year, never changed once written."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class PlanState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


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
    published_by: str | None = None
    published_at: datetime | None = None
