"""Bodies of the doors for placements on the ladder."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from services.compensation.domain import (
    Confirmer,
    NewPlacement,
    Placement,
    PlacementKey,
    PlacementKind,
    PlacementTerms,
)
from services.compensation.policy.ladder_history import YearOnLadder
from services.compensation.schemas.parts import Body, Reason
from shared.events.types import SchoolYearLabel

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$", examples=["exemplary"])]
Minutes = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./:_-]{0,99}$",
        examples=["2021-06-14/7"],
        description="Of the board's minutes.",
    ),
]


class PlacementRequest(Body):
    """A rung that is confirmed for a school year, or was brought along from before or from another district."""

    educator_id: UUID
    school_year: SchoolYearLabel
    ladder: Name = Field(description="The ladder's code; a plan's own code where its ladder has none.")
    rung: Name
    kind: Literal[PlacementKind.CONFIRMED, PlacementKind.BROUGHT_ALONG]
    confirmed_by: Confirmer | None = None
    minute_reference: Minutes | None = None
    valid_through_year: SchoolYearLabel | None = Field(
        default=None, description="The last school year it is valid in; left out, as the plan says, or for ever."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        is_confirmed = self.kind is PlacementKind.CONFIRMED
        if is_confirmed != (self.confirmed_by is not None):
            raise ValueError("confirmed_by belongs to what is confirmed, and to nothing else: write person or board")
        if self.confirmed_by is Confirmer.BOARD and self.minute_reference is None:
            raise ValueError("minute_reference is missing: the board confirms in its minutes")
        if self.valid_through_year is not None and self.valid_through_year < self.school_year:
            raise ValueError("valid_through_year is before the school year: correct one of them")
        return self

    def to_placement(self) -> NewPlacement:
        return NewPlacement(
            PlacementKey(self.educator_id, self.ladder, self.school_year, PlacementKind(self.kind)),
            PlacementTerms(
                rung=self.rung,
                confirmed_by=self.confirmed_by,
                minute_reference=self.minute_reference,
                valid_through_year=self.valid_through_year,
            ),
        )


class WithdrawalOfPlacement(Body):
    reason: Reason


class PlacementView(Body):
    """One version of a placement; the highest stands."""

    placement_id: UUID
    version: int
    school_year: SchoolYearLabel
    ladder: str
    kind: PlacementKind
    rung: str
    reached: str | None = Field(description="The rung that the year reached, where it is below the one that is kept.")
    confirmed_by: Confirmer | None
    minute_reference: str | None
    valid_through_year: SchoolYearLabel | None = Field(description="Null for ever.")
    withdrawn: bool = Field(description="By a person, for a reason.")
    lapsed: bool = Field(description="Its year does not come to it any more.")
    reason: str | None
    recorded_by: str
    recorded_at: AwareDatetime

    @classmethod
    def of(cls, one: Placement) -> "PlacementView":
        return cls(
            placement_id=one.id,
            version=one.version,
            school_year=one.key.school_year,
            ladder=one.key.ladder,
            kind=one.key.kind,
            recorded_by=one.recorded_by,
            recorded_at=one.recorded_at,
            **{name: getattr(one.terms, name) for name in PlacementTerms.__slots__},
        )


class PlaceEverybodyRequest(Body):
    """The next educators to place: those after this one, or the first where it is left out."""

    after: UUID | None = None


class PlacedView(Body):
    """How many of these were placed or changed, how many stood already, and whom the next call begins after."""

    changed: int
    unchanged: int
    next: UUID | None = Field(description="Null where everybody is placed: the year is done.")


class YearOnLadderView(Body):
    """Where an educator stood in a year."""

    plan_year: SchoolYearLabel
    ladder: str
    rung: str
    title: str | None = Field(description="Null where no statement says it: the year was before this system.")
    since: SchoolYearLabel = Field(description="The first year in a row on this rung.")
    through: SchoolYearLabel | None = Field(
        description="The last year that a placement on this rung is valid in; null for ever, or where none holds it."
    )
    placements: list[PlacementView] = Field(description="Those of the year that count.")

    @classmethod
    def of(cls, year: YearOnLadder) -> "YearOnLadderView":
        return cls(**year._asdict() | {"placements": [PlacementView.of(one) for one in year.placements]})
