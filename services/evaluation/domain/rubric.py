"""A rubric: domains, dimensions, levels, and how a year's levels become a rating. A version never changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.evaluation.errors import RubricUnknown


@dataclass(frozen=True, slots=True)
class Level:
    """One step of the scale; 1 is the lowest."""

    level: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Dimension:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class RubricDomain:
    """A group of dimensions; `weight` is its share of the overall score, all weights summing to 1."""

    code: str
    name: str
    weight: Decimal
    dimensions: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """From this value on, up to the next band, the level is this one."""

    at_least: Decimal
    level: int


@dataclass(frozen=True, slots=True)
class GrowthRule:
    """The percent of students who met their growth -> a level that stands for a whole domain."""

    domain: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Rubric:
    """One version of a rubric.

    `required_domain` is the one whose dimensions must all be scored before an observation is finalized;
    `minimum_observations` is how many of them a year's rating needs.
    """

    code: str
    version: int
    title: str
    is_illustrative: bool
    source: str
    levels: tuple[Level, ...]
    domains: tuple[RubricDomain, ...]
    required_domain: str
    minimum_observations: int
    rating_bands: tuple[Band, ...]
    growth: GrowthRule

    def domain_of(self, dimension: str) -> str | None:
        """The code of the domain that has this dimension, or None."""
        for domain in self.domains:
            if any(one.code == dimension for one in domain.dimensions):
                return domain.code
        return None

    def required_dimensions(self) -> tuple[str, ...]:
        return tuple(
            one.code for domain in self.domains if domain.code == self.required_domain for one in domain.dimensions
        )

    def level_of(self, level: int) -> Level | None:
        return next((one for one in self.levels if one.level == level), None)


class RubricBook:
    """All rubric versions there are."""

    def __init__(self, rubrics: Iterable[Rubric]) -> None:
        self._rubrics: Mapping[tuple[str, int], Rubric] = {
            (one.code, one.version): one for one in sorted(rubrics, key=lambda one: (one.code, one.version))
        }

    def __iter__(self) -> Iterator[Rubric]:
        return iter(self._rubrics.values())

    def find(self, code: str, version: int) -> Rubric | None:
        return self._rubrics.get((code, version))

    def get(self, code: str, version: int) -> Rubric:
        """Raises RubricUnknown."""
        found = self.find(code, version)
        if found is None:
            raise RubricUnknown(
                f"there is no version {version} of a rubric {code}: GET /evaluation/v1/rubrics lists all"
            )
        return found

    def newest(self, code: str) -> Rubric:
        """Raises RubricUnknown."""
        versions: Sequence[Rubric] = [one for one in self if one.code == code]
        if not versions:
            raise RubricUnknown(f"there is no rubric {code}: GET /evaluation/v1/rubrics lists all")
        return versions[-1]
