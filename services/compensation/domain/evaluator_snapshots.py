"""Snapshots for the outside evaluator: asked for, made once by the worker, and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class SnapshotState(StrEnum):
    REQUESTED = "requested"
    MADE = "made"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """A file of a snapshot; `sha256` is taken of exactly the bytes that are served."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class EvaluatorSnapshot:
    """The de-identified snapshot `number` of a plan year. `as_of` is the moment that all of it shows.

    `comparison_attribute` is the attribute of campuses that makes the comparison group. Numbers follow one another
    within a year, and no snapshot takes the place of another.
    """

    id: UUID
    plan_year: str
    number: int
    state: SnapshotState
    suppress_below: int
    comparison_attribute: str | None
    asked_by: str
    asked_at: datetime
    as_of: datetime | None = None
    educators: int | None = None
    failure: str | None = None
    files: Sequence[SnapshotFile] = ()
