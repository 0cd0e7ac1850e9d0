"""Bodies of the doors for plans."""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from services.compensation.domain import PlanState, PlanVersion
from services.compensation.schemas.parts import Body
from shared.events.types import SchoolYearLabel


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
    published_by: str | None
    published_at: AwareDatetime | None
    document: dict[str, Any] | None = Field(description="The document; left out of lists.")

    @classmethod
    def of(cls, version: PlanVersion, *, document: dict[str, Any] | None = None) -> "PlanVersionView":
        return cls(
            id=version.id,
            plan=version.plan,
            version=version.version,
            plan_year=version.plan_year,
            state=version.state,
            content_hash=version.content_hash,
            written_by=version.written_by,
            written_at=version.written_at,
            published_by=version.published_by,
            published_at=version.published_at,
            document=document,
        )


class RecalculationView(Body):
    """How far everybody's recalculation after a publication has come."""

    plan_version_id: UUID
    educators: int
    requested_at: AwareDatetime
    finished_at: AwareDatetime | None
