"""Placements of educators on rungs of a ladder: what later years hold a rung by, and what confirms it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class PlacementKind(StrEnum):
    """The kinds in the order of the alphabet, which is the order that they come in within a year."""

    BROUGHT_ALONG = "brought_along"
    """From before this system, or from another district."""
    CONFIRMED = "confirmed"
    PLACED = "placed"
    """What the end of the year came to."""


class Confirmer(StrEnum):
    PERSON = "person"
    BOARD = "board"


@dataclass(frozen=True, slots=True)
class PlacementKey:
    """Of whom, on which ladder, for which school year; a decision and the year's end stand beside one another."""

    educator_id: UUID
    ladder: str
    school_year: str
    kind: PlacementKind


@dataclass(frozen=True, slots=True)
class PlacementTerms:
    """What is placed. `reached` is the rung that the year reached where it is below the one that is kept;
    `valid_through_year` the last school year it is valid in, None for ever.

    It counts no more once a person withdrew it, for a `reason`, or once it lapsed, since its year does not come to it
    any more.
    """

    rung: str
    reached: str | None = None
    confirmed_by: Confirmer | None = None
    minute_reference: str | None = None
    valid_through_year: str | None = None
    withdrawn: bool = False
    lapsed: bool = False
    reason: str | None = None

    def says_the_same_as(self, other: "PlacementTerms") -> bool:
        """Whether nothing but the words of the reason differs."""
        return replace(self, reason=None) == replace(other, reason=None)


@dataclass(frozen=True, slots=True)
class NewPlacement:
    """What a placement is to be."""

    key: PlacementKey
    terms: PlacementTerms


@dataclass(frozen=True, slots=True)
class Placement:
    """One version of a placement; the highest stands."""

    id: UUID
    key: PlacementKey
    version: int
    terms: PlacementTerms
    recorded_by: str
    recorded_at: datetime
