"""A rubric: domains, dimensions, levels, and how a year's levels become a rating. A version never changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    _domain_of: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _level_of: Mapping[int, Level] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Looked up for every score of a bulk load, a quarter of a million in a season.
        domains = {one.code: domain.code for domain in self.domains for one in domain.dimensions}
        object.__setattr__(self, "_domain_of", domains)
        object.__setattr__(self, "_level_of", {one.level: one for one in self.levels})

    def domain_of(self, dimension: str) -> str | None:
        """The code of the domain that has this dimension, or None."""
        return self._domain_of.get(dimension)

    def dimensions(self) -> tuple[str, ...]:
        """All dimensions in the rubric's order."""
        return tuple(self._domain_of)

    def required_dimensions(self) -> tuple[str, ...]:
        return tuple(code for code, domain in self._domain_of.items() if domain == self.required_domain)

    def level_of(self, level: int) -> Level | None:
        return self._level_of.get(level)


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
