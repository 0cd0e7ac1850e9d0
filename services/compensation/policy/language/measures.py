"""What a plan measures: counts, means and scores read from facts, and measures made of other measures."""

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from services.compensation.policy.language.people import EVERYONE, AppliesTo, Within
from services.compensation.policy.language.terms import Clause, Code, Count, DecimalText, Named, Places, Word


class Points(Clause):
    """How a measure becomes 0 to 100 points: none at `none_at`, all at `all_at`, a straight line between."""

    none_at: DecimalText
    all_at: DecimalText


class PointStep(Clause):
    at_least: DecimalText
    points: DecimalText


class Years(Clause):
    """The plan year, or the year before it, and those before, `years` in all; combined if something is on file for
    `at_least` of them.

    Each year's own value is what the measure comes to in that year, rounded half up to a millionth. A year without
    anything on file is not counted. The plan's `cut_offs` hold for the plan year alone.
    """

    through: Literal["plan_year", "year_before"] = "plan_year"
    years: Count
    combine: Literal["mean", "best", "lowest", "sum", "latest"]
    at_least: Count = 1


class _Measure(Named):
    """`points_by_step` gives points by the highest step that is reached, and none below the lowest."""

    points: Points | None = None
    points_by_step: tuple[PointStep, ...] | None = Field(default=None, min_length=1)


class CountMeasure(_Measure):
    """A number of things, or of days or years; never missing."""

    take: Literal[
        "observation_count",
        "slo_count",
        "slo_scored_count",
        "days_employed",
        "full_time_days",
        "years_of_service",
        "years_on_campus",
    ]


class CredentialCount(_Measure):
    """The number of micro-credentials earned in the plan year, each counted once; only those in `of` where it is named.
    Never missing.
    """

    take: Literal["credential_count"]
    of: tuple[Code, ...] | None = Field(default=None, min_length=1)


class SloScoreCount(_Measure):
    """The number of the year's SLOs that were scored `score` or higher; never missing."""

    take: Literal["slo_count_scored_at_least"]
    score: Annotated[int, Field(ge=1, le=5, strict=True)]


class SloAttainmentCount(_Measure):
    """The number of the year's SLOs of whose students `percent` or more met their target; never missing."""

    take: Literal["slo_count_attained_at_least"]
    percent: DecimalText


class _OfEvidence(_Measure):
    over: Years | None = None


class ObservationMean(_OfEvidence):
    """The mean of all levels given in the named domains, over all observations of the year that count.

    With `over` the means of several years are combined, each a value of its own however many its observations.
    """

    take: Literal["observation_mean"]
    domains: tuple[Code, ...] = Field(min_length=1)


class ObservationLowest(_OfEvidence):
    """The lowest of the dimensions of the named domains, each as the mean of its levels over the year's observations.

    With `over` the lowest dimensions of several years are combined; they may be different ones.
    """

    take: Literal["observation_lowest"]
    domains: tuple[Code, ...] = Field(min_length=1)


class GrowthPercent(_OfEvidence):
    """The share of students at growth: mean, best or lowest of the year's measures, or of `measures` where named.

    With `over` what several years come to by `combine` is combined once more, as `over` says.
    """

    take: Literal["growth_percent"]
    combine: Literal["mean", "best", "lowest"]
    measures: tuple[str, ...] | None = Field(default=None, min_length=1)


class SloMean(_OfEvidence):
    """The mean over the year's scored SLOs, or those of several years."""

    take: Literal["slo_mean_score", "slo_mean_attainment", "slo_mean_quality"]


class RatingScore(_Measure):
    """The year's summative rating, as its score or as its level, or those of several years."""

    take: Literal["summative_score", "summative_level"]
    over: Years | None = None


class AttributeNumber(_Measure):
    """A number that HR keeps of the educator for the year: days absent, salary, a value-added level.

    Where it is kept item by item (days absent by type of leave), `items` or all but `except_items` are combined;
    with `needs: all` only where every one of `items` is on file.
    `otherwise` is what stands where nothing is on file; without it nothing was measured then.
    """

    take: Literal["attribute"]
    attribute: Code
    items: tuple[Word, ...] | None = Field(default=None, min_length=1)
    except_items: tuple[Word, ...] | None = Field(default=None, min_length=1)
    needs: Literal["all", "any"] = "any"
    combine: Literal["sum", "mean", "best", "lowest"] = "sum"
    over: Years | None = None
    otherwise: DecimalText | None = None


class AttributeIs(_Measure):
    """1 where the attribute has one of these values, else 0; never missing."""

    take: Literal["attribute_is"]
    attribute: Code
    any_of: tuple[Word, ...] = Field(min_length=1)


class CampusAttribute(_Measure):
    """A number that is kept of the campus of the deciding assignment: its rating, its need, its growth."""

    take: Literal["campus_attribute"]
    attribute: Code
    otherwise: DecimalText | None = None


class PlacementPosition(_Measure):
    """The rung that placements of this year and before hold in the plan year, as its position among `rungs`, of which
    the lowest is 1; 0 where none of them is held. Never missing.

    Placements of a year's end count from the next year on, so that no rung depends on the pay of its own year. Of
    several that are valid the best counts, or the latest. `ladder` is the plan's own where it is left out.
    """

    take: Literal["placement"]
    ladder: Code | None = None
    rungs: tuple[Code, ...] = Field(min_length=1)
    combine: Literal["best", "latest"]


class WeightRow(Clause):
    applies_to: AppliesTo = EVERYONE
    of: dict[Code, DecimalText] = Field(min_length=1)


class Weighted(_Measure):
    """Points of other measures, weighted by who the educator is. Its own points are its value."""

    take: Literal["weighted"]
    weights: tuple[WeightRow, ...] = Field(min_length=1)


class Chosen(_Measure):
    """The greatest (`best_of`) or the least (`lowest_of`) among several measures, by their values or their points.

    `needs: all` measures nothing unless all of them were measured (both subjects); `any` takes those that were.
    """

    take: Literal["best_of", "lowest_of"]
    of: tuple[Code, ...] = Field(min_length=2)
    by: Literal["value", "points"]
    needs: Literal["all", "any"]


class Combined(_Measure):
    """The mean, the sum or the difference (the first less the others) of several measures, by their values or their
    points, each rounded half up to `places`.
    """

    take: Literal["mean_of", "sum_of", "difference_of"]
    of: tuple[Code, ...] = Field(min_length=2, max_length=12)
    by: Literal["value", "points"]
    needs: Literal["all", "any"]
    places: Places


class GroupMean(_Measure):
    """A group's own result: the mean of the measure `of`, by its value, over those of the network, or of one's own
    district, campus or group, whom the plan is for and whose measure was measured. It is the same for all who are
    there, counted or not; nothing was measured where nobody is counted, nor for who is in no group. A weighted measure
    is measured for everybody whom it has weights for: who has no evidence counts with 0 points.

    Each value is rounded half up to the plan's places first, and counts up to a million. A mean between two millionths
    is taken as the middle between them: no border of a plan tells the two apart. Settled when the period is closed and
    estimated before.
    """

    take: Literal["group_mean"]
    of: Code
    within: Within


Measure = Annotated[
    CountMeasure
    | CredentialCount
    | SloScoreCount
    | SloAttainmentCount
    | ObservationMean
    | ObservationLowest
    | GrowthPercent
    | SloMean
    | RatingScore
    | AttributeNumber
    | AttributeIs
    | CampusAttribute
    | PlacementPosition
    | Weighted
    | Chosen
    | Combined
    | GroupMean,
    Field(discriminator="take"),
]


EvidenceMeasure: TypeAlias = ObservationMean | ObservationLowest | GrowthPercent | SloMean
"""A value of observations, growth or SLOs, of the year or over several years."""


def is_percentage(measure: Measure, measures: Mapping[str, Measure]) -> bool:
    """Whether its value is a percentage, from 0 to 100; what is summed over years is none any more.

    `measures` are all those of the plan by code: the mean of percentages is one.
    """
    if isinstance(measure, GroupMean):
        return is_percentage(measures[measure.of], measures)
    is_of_students = isinstance(measure, GrowthPercent) or measure.take == "slo_mean_attainment"
    is_sum = isinstance(measure, EvidenceMeasure) and measure.over is not None and measure.over.combine == "sum"
    return is_of_students and not is_sum


def is_of_years_before(measure: Measure) -> bool:
    """Whether it is read from what is on file of earlier years alone: nothing of the plan year bears on it."""
    over: Years | None = getattr(measure, "over", None)
    return over is not None and over.through == "year_before"


def made_of(measure: Measure) -> list[str]:
    """Codes of the measures that this one is made of, each once."""
    match measure:
        case Weighted():
            return sorted({code for row in measure.weights for code in row.of})
        case Chosen() | Combined():
            return sorted(set(measure.of))
        case GroupMean():
            return [measure.of]
        case _:
            return []


def is_made_of_points(measure: Measure) -> bool:
    """Whether its value is in points already, so that none can be given for it."""
    return isinstance(measure, Weighted) or (isinstance(measure, (Chosen, Combined)) and measure.by == "points")


def is_in_points(measure: Measure) -> bool:
    """Whether a weighted measure can weigh it."""
    return is_made_of_points(measure) or bool(measure.points or measure.points_by_step)


def measure_order(measures: Iterable[Measure]) -> list[str]:
    """Codes of the measures, each after those that it is made of. Raises graphlib.CycleError where there is none."""
    return list(TopologicalSorter({measure.code: made_of(measure) for measure in measures}).static_order())
