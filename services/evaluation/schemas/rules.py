"""The rule files of this service, rubrics and the tested grid, from YAML to values. A fault in one stops the start."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.evaluation.domain.rubric import (
    Band,
    Dimension,
    GrowthRule,
    Level,
    Rubric,
    RubricBook,
    RubricDomain,
)
from services.evaluation.policy.subject_groups import TestedGrid, tested_subject

_Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,63}$")]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Level(_Document):
    level: Annotated[int, Field(ge=1, le=5)]
    code: _Code
    name: str


class _Dimension(_Document):
    code: _Code
    name: str


class _Domain(_Document):
    code: _Code
    name: str
    weight: Decimal
    dimensions: Annotated[list[_Dimension], Field(min_length=1)]


class _Band(_Document):
    at_least: Decimal
    level: int


class _Growth(_Document):
    domain: _Code
    bands: Annotated[list[_Band], Field(min_length=1)]


class RubricDocument(_Document):
    """A rubric as its file has it."""

    code: _Code
    version: Annotated[int, Field(ge=1)]
    title: str
    illustrative: bool
    source: str
    levels: Annotated[list[_Level], Field(min_length=2)]
    domains: Annotated[list[_Domain], Field(min_length=1)]
    required_domain: _Code
    minimum_observations: Annotated[int, Field(ge=1)]
    rating_bands: Annotated[list[_Band], Field(min_length=1)]
    growth: _Growth

    @model_validator(mode="after")
    def _fits_together(self) -> "RubricDocument":
        if sum(domain.weight for domain in self.domains) != 1:
            raise ValueError("the weights of the domains do not sum to 1")
        domains = [domain.code for domain in self.domains]
        if not {self.required_domain, self.growth.domain} <= set(domains):
            raise ValueError("required_domain and growth.domain have to be among the domains")
        levels = [one.level for one in self.levels]
        bands = [*self.rating_bands, *self.growth.bands]
        if not {band.level for band in bands} <= set(levels):
            raise ValueError("a band has a level that the rubric does not have")
        dimensions = [one.code for domain in self.domains for one in domain.dimensions]
        for kind, names in (("domain", domains), ("level", levels), ("dimension", dimensions)):
            if len(set(names)) != len(names):
                raise ValueError(f"a {kind} stands there twice")
        return self

    def to_domain(self) -> Rubric:
        return Rubric(
            code=self.code,
            version=self.version,
            title=self.title,
            is_illustrative=self.illustrative,
            source=self.source.strip(),
            levels=tuple(Level(one.level, one.code, one.name) for one in self.levels),
            domains=tuple(
                RubricDomain(
                    one.code, one.name, one.weight, tuple(Dimension(each.code, each.name) for each in one.dimensions)
                )
                for one in self.domains
            ),
            required_domain=self.required_domain,
            minimum_observations=self.minimum_observations,
            rating_bands=_bands(self.rating_bands),
            growth=GrowthRule(self.growth.domain, _bands(self.growth.bands)),
        )


def _bands(bands: Iterable[_Band]) -> tuple[Band, ...]:
    return tuple(Band(one.at_least, one.level) for one in bands)


class _Tested(_Document):
    test: str
    names: Annotated[list[str], Field(min_length=1)]
    grades: list[str] = []


class GridDocument(_Document):
    """The tested grid as its file has it."""

    version: Annotated[int, Field(ge=1)]
    title: str
    source: str
    tested: Annotated[list[_Tested], Field(min_length=1)]

    def to_domain(self) -> TestedGrid:
        return TestedGrid(
            self.version, self.source.strip(), tuple(tested_subject(one.names, one.grades) for one in self.tested)
        )


def read_rubrics(folder: Path) -> RubricBook:
    """Every rubric version in `folder`. Raises ValueError where one is not a rubric."""
    return RubricBook(RubricDocument.model_validate(_yaml(path)).to_domain() for path in sorted(folder.glob("*.yaml")))


def read_grid(path: Path) -> TestedGrid:
    """Raises ValueError where it is not a tested grid."""
    return GridDocument.model_validate(_yaml(path)).to_domain()


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
