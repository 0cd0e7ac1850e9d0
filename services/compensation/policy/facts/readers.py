"""From what was gathered of one educator to the integers that the evaluator works on, as the plan's words ask for them.

A reader of a measure gives (numerator in millionths, denominator); the denominator is 0 where there is nothing to
measure. A reader of a ladder need gives how much is missing: 0 where the need is met.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction

from services.compensation.policy.exact import SCALE, is_decimal, millionths
from services.compensation.policy.facts.gather import Gathered, YearAward
from services.compensation.policy.language.ladder import (
    CredentialNeed,
    Need,
    Pathway,
    PathwayNeed,
    RatingNeed,
    RoleNeed,
    ServiceNeed,
)
from services.compensation.policy.language.measures import (
    AttributeIs,
    AttributeNumber,
    CampusAttribute,
    CountMeasure,
    CredentialCount,
    EvidenceMeasure,
    GrowthPercent,
    Measure,
    ObservationLowest,
    ObservationMean,
    RatingScore,
    SloAttainmentCount,
    SloMean,
    SloScoreCount,
    Years,
)
from services.compensation.policy.language.pay import PerAward
from shared.kernel.assertions import InvariantBroken

Reading = tuple[int, int]
MeasureReader = Callable[[Gathered], Reading]
NeedReader = Callable[[Gathered], int]

NOTHING: Reading = (0, 0)

_COUNTS: dict[str, Callable[[Gathered], int]] = {
    "observation_count": lambda found: found.observations * SCALE,
    "slo_count": lambda found: found.slos * SCALE,
    "slo_scored_count": lambda found: len(found.slo_scores) * SCALE,
    "days_employed": lambda found: found.employment.days * SCALE,
    "full_time_days": lambda found: found.employment.fte_days,
    "years_of_service": lambda found: found.employment.years_of_service * SCALE,
    "years_on_campus": lambda found: found.employment.years_on_campus * SCALE,
}


def measure_reader(measure: Measure, starts_in: int) -> MeasureReader:  # noqa: PLR0911 - one for each kind
    """The reader of a measure that is read from facts, in the plan year that starts in `starts_in`."""
    match measure:
        case CountMeasure():
            count = _COUNTS[measure.take]
            return lambda found: (count(found), 1)
        case CredentialCount():
            return _credentials_earned(measure.of)
        case SloScoreCount():
            return _slo_scores(measure.score)
        case SloAttainmentCount():
            percent = millionths(measure.percent)
            return lambda found: (sum(attained >= percent for attained in found.slo_attainments) * SCALE, 1)
        case ObservationMean() | ObservationLowest():
            reader = _observation_mean if isinstance(measure, ObservationMean) else _observation_lowest
            return _of_years(reader(tuple(dict.fromkeys(measure.domains))), measure, starts_in)
        case GrowthPercent():
            return _of_years(_growth_percent(measure), measure, starts_in)
        case SloMean():
            return _of_years(_slo_mean(measure), measure, starts_in)
        case RatingScore():
            return _rating(measure, starts_in)
        case AttributeNumber():
            return _attribute(measure, starts_in)
        case AttributeIs():
            return _attribute_is(measure)
        case CampusAttribute():
            return _campus_attribute(measure)
        case _:
            raise InvariantBroken(f"{measure.take} is made of other measures, not read from facts")


def years_reader(measure: EvidenceMeasure, over: Years, starts_in: int) -> Callable[[Gathered], int]:
    """How many of the years that a measure is over have anything on file: as many as a mean of them would be of."""
    mean = over.model_copy(update={"combine": "mean", "at_least": 1})
    read = measure_reader(measure.model_copy(update={"over": mean}), starts_in)
    return lambda found: read(found)[1]


def _credentials_earned(of: tuple[str, ...] | None) -> MeasureReader:
    def read(found: Gathered) -> Reading:
        earned = {award.credential for award in found.year_awards}
        return len(earned if of is None else earned.intersection(of)) * SCALE, 1

    return read


def _slo_scores(score: int) -> MeasureReader:
    return lambda found: (sum(given >= score for given in found.slo_scores) * SCALE, 1)


def _observation_mean(domains: tuple[str, ...]) -> MeasureReader:
    def read(found: Gathered) -> Reading:
        levels = scores = 0
        for domain in domains:
            of_domain = found.domains.get(domain)
            if of_domain is not None:
                levels += of_domain[0]
                scores += of_domain[1]
        return levels * SCALE, scores

    return read


def _observation_lowest(domains: tuple[str, ...]) -> MeasureReader:
    def read(found: Gathered) -> Reading:
        given: dict[tuple[str, str], list[int]] = {}
        for levels in found.levels:
            for domain in domains:
                for dimension, level in levels.get(domain, {}).items():
                    given.setdefault((domain, dimension), []).append(level)
        if not given:
            return NOTHING
        lowest = min(given.values(), key=lambda levels: Fraction(sum(levels), len(levels)))
        return sum(lowest) * SCALE, len(lowest)

    return read


def _growth_percent(measure: GrowthPercent) -> MeasureReader:
    wanted, combine = measure.measures, measure.combine

    def read(found: Gathered) -> Reading:
        return _combined([percent for name, percent in found.growth if wanted is None or name in wanted], combine)

    return read


def _slo_mean(measure: SloMean) -> MeasureReader:
    if measure.take == "slo_mean_score":
        return lambda found: (sum(found.slo_scores) * SCALE, len(found.slo_scores))
    if measure.take == "slo_mean_quality":
        return lambda found: (sum(map(millionths, found.slo_qualities)), len(found.slo_qualities))
    return lambda found: (sum(found.slo_attainments), len(found.slo_attainments))


def _rating(measure: RatingScore, starts_in: int) -> MeasureReader:
    is_level = measure.take == "summative_level"
    over = measure.over or _ONE_YEAR

    def read(found: Gathered) -> Reading:
        of_years = [
            rating[0] * SCALE if is_level else rating[1]
            for year in _years(over, starts_in)
            if (rating := found.ratings.get(year)) is not None
        ]
        return _over(over, of_years)

    return read


def _attribute(measure: AttributeNumber, starts_in: int) -> MeasureReader:
    over = measure.over or _ONE_YEAR
    otherwise = NOTHING if measure.otherwise is None else (millionths(measure.otherwise), 1)

    def read(found: Gathered) -> Reading:
        by_year = found.attributes.get(measure.attribute, {})
        of_years = [
            number
            for year in _years(over, starts_in)
            if (number := _number(measure, by_year.get(year, {}))) is not None
        ]
        reading = _over(over, of_years)
        return reading if reading[1] else otherwise

    return read


def _number(measure: AttributeNumber, by_item: dict[str, str]) -> int | None:
    """The year's number, its items combined; of several a mean is rounded half up to a millionth."""
    if measure.needs == "all" and any(not is_decimal(by_item.get(item, "")) for item in measure.items or ()):
        return None
    numbers = [
        millionths(value)
        for item, value in by_item.items()
        if is_decimal(value)
        and (measure.items is None or item in measure.items)
        and (measure.except_items is None or item not in measure.except_items)
    ]
    return _rounded(_combined(numbers, measure.combine))


def _attribute_is(measure: AttributeIs) -> MeasureReader:
    words = frozenset(measure.any_of)
    return lambda found: (int(found.words.get(measure.attribute) in words) * SCALE, 1)


def _campus_attribute(measure: CampusAttribute) -> MeasureReader:
    otherwise = NOTHING if measure.otherwise is None else (millionths(measure.otherwise), 1)

    def read(found: Gathered) -> Reading:
        value = found.campus.get(measure.attribute)
        return otherwise if value is None or not is_decimal(value) else (millionths(value), 1)

    return read


def _of_years(read: MeasureReader, measure: EvidenceMeasure, starts_in: int) -> MeasureReader:
    """`read` of the plan year alone, or of each year that the measure is over."""
    over = measure.over
    if over is None:
        return read

    def read_years(found: Gathered) -> Reading:
        years = [found if year == starts_in else found.earlier.get(year) for year in _years(over, starts_in)]
        of_years = [_rounded(read(of_year)) for of_year in years if of_year is not None]
        return _over(over, [number for number in of_years if number is not None])

    return read_years


def _rounded(reading: Reading) -> int | None:
    """Half up to a millionth; None where nothing is measured."""
    top, under = reading
    return None if under == 0 else (2 * top + under) // (2 * under)


_ONE_YEAR = Years(years=1, combine="latest")


def _years(over: Years, starts_in: int) -> range:
    """The years asked for, the latest first."""
    latest = starts_in if over.through == "plan_year" else starts_in - 1
    return range(latest, latest - over.years, -1)


def _over(over: Years, of_years: Sequence[int]) -> Reading:
    return NOTHING if len(of_years) < over.at_least else _combined(of_years, over.combine)


def _combined(numbers: Sequence[int], combine: str) -> Reading:
    """`numbers` begin with the latest, and that is what is left where `combine` says nothing else."""
    if not numbers:
        return NOTHING
    if combine == "mean":
        return sum(numbers), len(numbers)
    match combine:
        case "best":
            return max(numbers), 1
        case "lowest":
            return min(numbers), 1
        case "sum":
            return sum(numbers), 1
        case _:
            return numbers[0], 1


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


def need_reader(need: Need, pathways: tuple[Pathway, ...], starts_in: int) -> NeedReader:
    """The reader of one need of a rung; of a measure or gates it reads nothing, for the evaluator has them."""
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
    if isinstance(need, RatingNeed):
        return _ratings(need, starts_in)
    return lambda _found: 0


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
