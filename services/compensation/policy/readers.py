"""From what was gathered of one educator to the integers that the evaluator works on, as the plan's words ask for them.

A reader of a measure gives (numerator in millionths, denominator); the denominator is 0 where there is nothing to
measure. A reader of a ladder need gives how much is missing: 0 where the need is met.
"""

from collections.abc import Callable, Sequence

from services.compensation.policy.exact import SCALE
from services.compensation.policy.gather import Gathered, YearAward
from services.compensation.policy.language import (
    CountMeasure,
    CredentialNeed,
    GrowthPercent,
    Measure,
    ObservationMean,
    Pathway,
    PathwayNeed,
    PerAward,
    RatingNeed,
    RatingScore,
    Requirement,
    RoleNeed,
    ServiceNeed,
    SloMean,
    Weighted,
)
from shared.kernel.assertions import invariant

MeasureReader = Callable[[Gathered], tuple[int, int]]
NeedReader = Callable[[Gathered], int]

NOTHING = (0, 0)

_COUNTS: dict[str, Callable[[Gathered], int]] = {
    "observation_count": lambda found: found.observations,
    "slo_count": lambda found: found.slos,
    "slo_scored_count": lambda found: len(found.slo_scores),
    "credential_count": lambda found: len({award.credential for award in found.year_awards}),
    "days_employed": lambda found: found.employment.days,
    "years_of_service": lambda found: found.employment.years_of_service,
}


def measure_reader(measure: Measure, starts_in: int) -> MeasureReader:
    """The reader of any measure that is not weighted."""
    invariant(not isinstance(measure, Weighted), "a weighted measure is computed from points, not read from facts")
    if isinstance(measure, CountMeasure):
        count = _COUNTS[measure.take]
        return lambda found: (count(found) * SCALE, 1)
    if isinstance(measure, ObservationMean):
        return _observation_mean(tuple(dict.fromkeys(measure.domains)))
    if isinstance(measure, GrowthPercent):
        return _growth_percent(measure)
    if isinstance(measure, SloMean):
        return _slo_mean(measure)
    invariant(isinstance(measure, RatingScore), f"no reader for {measure.take}")
    return _rating(measure.take == "summative_level", starts_in)


def _observation_mean(domains: tuple[str, ...]) -> MeasureReader:
    def read(found: Gathered) -> tuple[int, int]:
        levels = scores = 0
        for domain in domains:
            of_domain = found.domains.get(domain)
            if of_domain is not None:
                levels += of_domain[0]
                scores += of_domain[1]
        return levels * SCALE, scores

    return read


def _growth_percent(measure: GrowthPercent) -> MeasureReader:
    wanted, is_best = measure.measures, measure.combine == "best"

    def read(found: Gathered) -> tuple[int, int]:
        percents = [percent for name, percent in found.growth if wanted is None or name in wanted]
        if not percents:
            return NOTHING
        return (max(percents), 1) if is_best else (sum(percents), len(percents))

    return read


def _slo_mean(measure: SloMean) -> MeasureReader:
    if measure.take == "slo_mean_score":
        return lambda found: (sum(found.slo_scores) * SCALE, len(found.slo_scores))
    return lambda found: (sum(found.slo_attainments), len(found.slo_attainments))


def _rating(is_level: bool, starts_in: int) -> MeasureReader:  # noqa: FBT001 - one closure for two readings
    def read(found: Gathered) -> tuple[int, int]:
        rating = found.ratings.get(starts_in)
        if rating is None:
            return NOTHING
        return (rating[0] * SCALE, 1) if is_level else (rating[1], 1)

    return read


def paid_awards(component: PerAward, found: Gathered) -> Sequence[YearAward]:
    """The awards that the component counts, the earliest first, before its yearly limit."""
    awards = found.year_awards
    if component.credentials is not None:
        awards = [award for award in awards if award.credential in component.credentials]
    if component.each == "credential" and len(awards) > 1:
        first: dict[str, YearAward] = {}
        for award in awards:
            first.setdefault(award.credential, award)
        awards = list(first.values())
    return awards


def need_reader(need: Requirement, pathways: tuple[Pathway, ...], starts_in: int) -> NeedReader:
    """The reader of one need of a rung."""
    if isinstance(need, RoleNeed):
        roles = frozenset(role.value for role in need.any_of)
        return lambda found: int(found.employment.role not in roles)
    if isinstance(need, ServiceNeed):
        return _service(need.at_least)
    if isinstance(need, CredentialNeed):
        return _credentials(need)
    if isinstance(need, PathwayNeed):
        wanted = [frozenset(pathway.credentials) for pathway in pathways if pathway.code in need.any_of]
        return lambda found: min([len(credentials.difference(found.held)) for credentials in wanted])
    return _ratings(need, starts_in)


def _service(years: int) -> NeedReader:
    def read(found: Gathered) -> int:
        served = found.employment.years_of_service
        return years - served if served < years else 0

    return read


def _credentials(need: CredentialNeed) -> NeedReader:
    count, wanted = need.at_least, frozenset(need.of or ())

    def read(found: Gathered) -> int:
        held = len(wanted.intersection(found.held)) if wanted else len(found.held)
        return count - held if held < count else 0

    return read


def _ratings(need: RatingNeed, starts_in: int) -> NeedReader:
    wanted, level, since = need.years, need.level, starts_in - need.within

    def read(found: Gathered) -> int:
        rated = 0
        for year, rating in found.ratings.items():
            if year > since and rating[0] >= level:
                rated += 1
        return wanted - rated if rated < wanted else 0

    return read
