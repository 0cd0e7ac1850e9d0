"""The year's rating: levels to domain scores, domain scores to one score, the score to a name. Exact decimals.

Rounding: half up at two places, once for each domain score and once for the overall score, which is worked out from
the rounded domain scores, so that anyone can do it again from what is printed.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor

from services.evaluation.domain.rating import Rating, RatingFacts
from services.evaluation.domain.rubric import Band, Rubric, RubricBook, RubricDomain


def rounded(value: Fraction) -> Decimal:
    """Half up at two places, with whole numbers only, so that no digit is lost on the way."""
    return Decimal(floor(value * 100 + Fraction(1, 2))).scaleb(-2)


def rubric_of(facts: RatingFacts, book: RubricBook) -> Rubric:
    """The rubric that a year is rated by: that of its latest observation; without any, the newest there is."""
    if not facts.observations:
        return list(book)[-1]
    latest = max(facts.observations, key=lambda one: (one.observed_on, one.observation_id))
    return book.get(latest.rubric, latest.rubric_version)


def lacking(facts: RatingFacts, rubric: Rubric) -> list[str]:
    """What is missing for a rating, in words; empty where there is enough."""
    missing = []
    count = len(facts.observations)
    if count < rubric.minimum_observations:
        missing.append(f"finalized observations: {count} of {rubric.minimum_observations}")
    missing += [
        f"scores in the domain {domain.code}"
        for domain in rubric.domains
        if _domain_score(facts, rubric, domain) is None
    ]
    return missing


def rate(facts: RatingFacts, rubric: Rubric) -> Rating | None:
    """The rating of a year, or None where `lacking` names something."""
    if lacking(facts, rubric):
        return None
    scores = {
        domain.code: score for domain in rubric.domains if (score := _domain_score(facts, rubric, domain)) is not None
    }
    weighted = sum((Fraction(domain.weight) * Fraction(scores[domain.code]) for domain in rubric.domains), Fraction())
    overall = rounded(weighted)
    level = band_level(rubric.rating_bands, overall)
    named = rubric.level_of(level)
    return Rating(
        rubric=rubric.code,
        rubric_version=rubric.version,
        domains=scores,
        score=overall,
        name=named.code if named is not None else "",
        level=level,
    )


def band_level(bands: Sequence[Band], value: Decimal) -> int:
    """The level of the highest band that begins at or below `value`; the lowest band's level where none does."""
    reached = [band for band in bands if band.at_least <= value]
    return max(reached, key=lambda band: band.at_least).level if reached else min(band.level for band in bands)


def _domain_score(facts: RatingFacts, rubric: Rubric, domain: RubricDomain) -> Decimal | None:
    """Growth stands for its domain where it was measured; else the mean of all levels given in the domain."""
    if domain.code == rubric.growth.domain and facts.growth_scores:
        return _mean([band_level(rubric.growth.bands, one.percent_met) for one in facts.growth_scores])
    return _mean([level for seen in facts.observations for code, level in seen.levels if code == domain.code])


def _mean(levels: Sequence[int]) -> Decimal | None:
    return rounded(Fraction(sum(levels), len(levels))) if levels else None
