"""The year's rating of an educator, and the facts that it was made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.evaluation.domain.growth import GrowthScore
from shared.events.evaluation import DomainRating, SummativeRated


@dataclass(frozen=True, slots=True)
class SeenObservation:
    """What a rating needs of a finalized observation: the levels given, each with its domain."""

    observation_id: UUID
    version: int
    observed_on: date
    rubric: str
    rubric_version: int
    levels: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class RatingFacts:
    """All that a year's rating may use: finalized observations and growth scores of one educator and year."""

    observations: tuple[SeenObservation, ...] = ()
    growth_scores: tuple[GrowthScore, ...] = ()

    def used(self) -> Mapping[str, object]:
        """Which facts these are, in which version: kept with the rating, and equal if and only if they are."""
        return {
            "observations": {str(one.observation_id): one.version for one in self.observations},
            "growth_scores": {str(one.growth_id): one.version for one in self.growth_scores},
        }


@dataclass(frozen=True, slots=True)
class Rating:
    """What the rules make of the facts; scores have two decimals."""

    rubric: str
    rubric_version: int
    domains: Mapping[str, Decimal]
    score: Decimal
    name: str
    level: int


@dataclass(frozen=True, slots=True)
class SummativeRating:
    """A rating as it stands: whose, for which year, in which version, from which facts."""

    summative_id: UUID
    educator_id: UUID
    school_year: str
    version: int
    rating: Rating
    facts: Mapping[str, object]
    rated_at: datetime
    rated_by: UUID | None


def summative_event(summative: SummativeRating) -> SummativeRated:
    rating = summative.rating
    return SummativeRated(
        educator_id=summative.educator_id,
        summative_id=summative.summative_id,
        version=summative.version,
        school_year=summative.school_year,
        domains=[DomainRating(domain=code, score=f"{score:.2f}") for code, score in rating.domains.items()],
        score=f"{rating.score:.2f}",
        rating=rating.name,
        rating_level=rating.level,
    )
