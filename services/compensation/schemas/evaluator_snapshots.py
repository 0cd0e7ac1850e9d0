"""Bodies of the doors for the outside evaluator's snapshots."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from services.compensation.domain import EvaluatorSnapshot, SnapshotState
from services.compensation.schemas.attributes import Name
from services.compensation.schemas.parts import Body
from shared.events.types import SchoolYearLabel


class SnapshotRequest(Body):
    """What to make a snapshot of, and how much of it is hidden."""

    plan_year: SchoolYearLabel
    suppress_below: int = Field(
        default=10,
        ge=5,
        le=30,
        description="Counts from 1 to below it are not shown, and rows are made coarser until so many share each.",
    )
    comparison_attribute: Annotated[Name, Field(examples=["high_need"])] | None = Field(
        default=None, description="Attribute of campuses that makes the comparison group: a number above 0, or yes."
    )


class SnapshotFileView(Body):
    name: str = Field(examples=["educators.csv"])
    sha256: str = Field(description="Of exactly the bytes that are served; the ETag as well.")
    size: int = Field(description="Bytes.")


class SnapshotView(Body):
    """A snapshot. Once it is made nothing of it changes; a later one has the next number."""

    id: UUID
    plan_year: SchoolYearLabel
    number: int
    state: SnapshotState
    suppress_below: int
    comparison_attribute: str | None
    asked_by: str
    asked_at: AwareDatetime
    as_of: AwareDatetime | None = Field(description="The moment that all of it shows.")
    educators: int | None = Field(description="How many have a statement.")
    failure: str | None = Field(description="Why it could not be made, and what to do.")
    files: list[SnapshotFileView]

    @classmethod
    def of(cls, snapshot: EvaluatorSnapshot) -> "SnapshotView":
        fields = {name: getattr(snapshot, name) for name in cls.model_fields if name != "files"}
        files = [SnapshotFileView(name=one.name, sha256=one.sha256, size=one.size) for one in snapshot.files]
        return cls(**fields, files=files)
