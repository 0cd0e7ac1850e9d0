"""The plan language: the models that a plan document is read into, one class for each thing that a plan can say.

What a single value must look like is said in `terms`; what the parts mean together is checked in `checks`.
"""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from services.compensation.policy.terms import (
    EVERYONE,
    AmountText,
    AppliesTo,
    Clause,
    Code,
    Count,
    Day,
    DecimalText,
    EarningCode,
    LocalTime,
    Named,
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
    """Local times from which on evidence of a kind no longer counts; a date counts if its day began before."""

    observations: LocalTime | None = None
    slos: LocalTime | None = None
    awards: LocalTime | None = None


class Eligibility(Sourced):
    roles: tuple[StaffRole, ...] = Field(min_length=1)


class Rounding(Sourced):
    """Points (and weighted points) are rounded half up to `points_places` before anything compares them."""

    mode: Literal["half_up"]
    points_places: Annotated[int, Field(ge=0, le=4, strict=True)]
    amounts: Literal["cent"]


class Points(Clause):
    """How a measure becomes 0 to 100 points: none at `none_at`, all at `all_at`, a straight line between."""

    none_at: DecimalText
    all_at: DecimalText


class _Measure(Named):
    points: Points | None = None


class CountMeasure(_Measure):
    """A number of things, or of days or years; never missing."""

    take: Literal[
        "observation_count",
        "slo_count",
        "slo_scored_count",
        "credential_count",
        "days_employed",
        "years_of_service",
    ]


class ObservationMean(_Measure):
    """The mean of all levels given in the named domains, over all observations that count."""

    take: Literal["observation_mean"]
    domains: tuple[Code, ...] = Field(min_length=1)


class GrowthPercent(_Measure):
    """The share of students at growth: the mean or the best of the year's measures, or of `measures` where named."""

    take: Literal["growth_percent"]
    combine: Literal["mean", "best"]
    measures: tuple[str, ...] | None = Field(default=None, min_length=1)


class SloMean(_Measure):
    """The mean over the year's scored SLOs."""

    take: Literal["slo_mean_score", "slo_mean_attainment"]


class RatingScore(_Measure):
    """The year's summative rating, as its score or as its level."""

    take: Literal["summative_score", "summative_level"]


class WeightRow(Clause):
    applies_to: AppliesTo = EVERYONE
    of: dict[Code, DecimalText] = Field(min_length=1)


class Weighted(_Measure):
    """Points of other measures, weighted by who the educator is. Its own points are its value."""

    take: Literal["weighted"]
    weights: tuple[WeightRow, ...] = Field(min_length=1)


Measure = Annotated[
    CountMeasure | ObservationMean | GrowthPercent | SloMean | RatingScore | Weighted, Field(discriminator="take")
]


class Gate(Named):
    """A condition on one measure, exact and before any rounding; several gates stand for a conjunction."""

    measure: Code
    at_least: DecimalText | None = None
    at_most: DecimalText | None = None
    applies_to: AppliesTo = EVERYONE


class Band(Clause):
    """From `at_least` on and below `below`; the highest band has no `below`."""

    code: Code
    title: Title
    at_least: DecimalText
    below: DecimalText | None = None


class BandSet(Named):
    measure: Code
    levels: tuple[Band, ...] = Field(min_length=1)


class _Component(Named):
    requires: tuple[Code, ...] = ()
    applies_to: AppliesTo = EVERYONE
    prorates: StrictBool
    earning_code: EarningCode | None = None


class Matrix(_Component):
    """An amount by role and band."""

    pay: Literal["matrix"]
    bands: Code
    amounts: dict[StaffRole, dict[Code, AmountText]] = Field(min_length=1)


class PerAward(_Component):
    """An amount for each micro-credential awarded in the plan year, `at_most` so many of them.

    `each: credential` pays a credential awarded twice in the year once; `each: award` pays every award.
    """

    pay: Literal["per_award"]
    amount: AmountText
    at_most: Count
    each: Literal["credential", "award"]
    credentials: tuple[Code, ...] | None = Field(default=None, min_length=1)


Component = Annotated[Matrix | PerAward, Field(discriminator="pay")]


class Proration(Sourced):
    """A component that prorates is paid by days in eligible assignments times FTE, over the days of the period.

    On no day does more than 1.0 FTE count, over however many assignments. Who leaves is prorated by days and
    otherwise treated like everyone.
    """

    by: Literal["days_times_fte"]
    fte_at_most: Literal["1.0"]
    leavers: Literal["by_days"]


class TotalCap(Sourced):
    """The most that an educator is paid in all; components are paid in the plan's order until it is reached."""

    at_most: AmountText


class RoleNeed(Clause):
    need: Literal["role"]
    any_of: tuple[StaffRole, ...] = Field(min_length=1)


class ServiceNeed(Clause):
    """Full years since the day of hire, on the reference day."""

    need: Literal["years_of_service"]
    at_least: Count


class CredentialNeed(Clause):
    """Micro-credentials held at the end of the plan year, each counted once; only those in `of` where it is named."""

    need: Literal["credentials"]
    at_least: Count
    of: tuple[Code, ...] | None = Field(default=None, min_length=1)


class PathwayNeed(Clause):
    """All credentials of one of these pathways held at the end of the plan year."""

    need: Literal["pathway"]
    any_of: tuple[Code, ...] = Field(min_length=1)


class RatingNeed(Clause):
    """A summative rating of `level` or higher in `years` of the last `within` school years, the plan year included."""

    need: Literal["rating"]
    level: Annotated[int, Field(ge=1, le=5, strict=True)]
    years: Count
    within: Count


Requirement = Annotated[RoleNeed | ServiceNeed | CredentialNeed | PathwayNeed | RatingNeed, Field(discriminator="need")]


class Rung(Named):
    requires: tuple[Requirement, ...] = ()


class Ladder(Sourced):
    """Rungs from the lowest up. An educator stands on the highest whose needs, and those of all below it, are met."""

    rungs: tuple[Rung, ...] = Field(min_length=1)


class Pathway(Named):
    """The micro-credentials that complete a pathway; several together, in any order."""

    credentials: tuple[Code, ...] = Field(min_length=1)


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
    components: tuple[Component, ...] = Field(min_length=1)
    total_cap: TotalCap | None = None
    pathways: tuple[Pathway, ...] = ()
    ladder: Ladder
