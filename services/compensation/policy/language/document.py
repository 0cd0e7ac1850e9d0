"""A whole plan document: its year and its calendar, and every part that it consists of."""

from typing import Literal

from pydantic import Field, StrictBool

from services.compensation.policy.language.conditions import BandSet, Gate
from services.compensation.policy.language.ladder import NO_LADDER, Ladder, Pathway
from services.compensation.policy.language.measures import Measure
from services.compensation.policy.language.pay import Component, Index, Offer, Proration, TotalCap
from services.compensation.policy.language.terms import (
    Clause,
    Code,
    Count,
    Day,
    LocalTime,
    Places,
    PlanYear,
    Source,
    Sourced,
    TimeZone,
    Title,
)
from shared.events.evaluation import StaffRole


class PerformancePeriod(Sourced):
    """The days that employment is counted on; `reference_on` decides which assignment gives role and subject group."""

    begins_on: Day
    ends_on: Day
    reference_on: Day


class CutOffs(Sourced):
    """Local times from which on evidence of a kind no longer counts; a date counts if its day began before.

    `observations` looks at the day of the visit and `slos` at the day of approval; `observations_finalized` and
    `slos_approved` look at the moment the scoring was closed, or the approval recorded. Where no moment is on file, the
    same day is looked at. Each cut-off that is given holds. An observation that is amended keeps the moment at which it
    was first finalized, and an SLO that of its first approval: an amendment after the cut-off still counts.
    """

    observations: LocalTime | None = None
    slos: LocalTime | None = None
    awards: LocalTime | None = None
    observations_finalized: LocalTime | None = None
    slos_approved: LocalTime | None = None


class Eligibility(Sourced):
    roles: tuple[StaffRole, ...] = Field(min_length=1)


class Rounding(Sourced):
    """Points (and weighted points) are rounded half up to `points_places` before anything compares them."""

    mode: Literal["half_up"]
    points_places: Places
    amounts: Literal["cent", "dollar"]


class Inquiries(Sourced):
    """Until when a statement can be disputed, and within how many calendar days of that an answer is due.

    Where `until` is left out, until the educator's money of the plan year is paid.
    """

    until: LocalTime | None = None
    answered_within_days: Count


class Plan(Clause):
    """A plan document as it was read, valid as a whole."""

    language: Literal[1]
    code: Code
    plan_year: PlanYear
    title: Title
    illustrative: StrictBool
    source: Source
    note: str | None = None
    currency: Literal["USD"]
    time_zone: TimeZone
    performance_period: PerformancePeriod
    cut_offs: CutOffs | None = None
    eligibility: Eligibility
    rounding: Rounding
    proration: Proration
    measures: tuple[Measure, ...] = ()
    gates: tuple[Gate, ...] = ()
    bands: tuple[BandSet, ...] = ()
    indexes: tuple[Index, ...] = ()
    offers: tuple[Offer, ...] = ()
    components: tuple[Component, ...] = Field(min_length=1)
    total_cap: TotalCap | None = None
    pathways: tuple[Pathway, ...] = ()
    ladder: Ladder = NO_LADDER
    inquiries: Inquiries | None = None

    @property
    def ladder_code(self) -> str:
        """What placements name this plan's ladder by."""
        return self.ladder.code or self.code
