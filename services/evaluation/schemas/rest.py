"""Bodies of the evaluation service's REST doors. Names and addresses of people stand here and nowhere else."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.evaluation.domain.educator import Educator
from services.evaluation.domain.growth import GrowthScore, plain
from services.evaluation.domain.rating import SummativeRating
from services.evaluation.domain.roster import Mode
from services.evaluation.domain.rubric import Rubric
from services.evaluation.schemas.dates import SchoolYearName
from shared.events.evaluation import Assignment, DomainRating, EducatorStatus
from shared.events.types import DecimalString, SchoolYearLabel


class Body(BaseModel):
    """What all bodies have alike: nothing but what is documented is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DistrictView(Body):
    """A district. Pay and state reports are made for each."""

    district_id: UUID
    identifier: str | None = Field(examples=["101858"])
    name: str
    is_open: bool


class CampusView(Body):
    """A campus; `identifier` is what bulk files name it by."""

    campus_id: UUID
    district_id: UUID
    identifier: str | None = Field(examples=["101858001"])
    name: str
    kind: str = Field(examples=["school"], description="school, department, or office (of the district itself)")
    is_open: bool


class EducatorView(Body):
    """An educator on the roster, for those who may know who it is."""

    educator_id: UUID
    employee_number: str | None
    given_name: str
    family_name: str
    preferred_name: str | None
    email: str | None
    status: EducatorStatus
    hired_on: date | None
    ended_on: date | None
    assignments: list[Assignment]
    version: int = Field(description="Of the snapshot that the other services were told.")

    @classmethod
    def of(cls, educator: Educator) -> "EducatorView":
        return cls.model_construct(
            educator_id=educator.educator_id,
            employee_number=educator.employee_number,
            given_name=educator.given_name,
            family_name=educator.family_name,
            preferred_name=educator.preferred_name,
            email=educator.email,
            status=educator.status,
            hired_on=educator.hired_on,
            ended_on=educator.ended_on,
            assignments=list(educator.assignments),
            version=educator.version,
        )


class FileReportView(Body):
    """What became of one file's rows. `skipped`: of no concern here, such as students'. `stale`: older than known."""

    mode: Mode
    rows: int
    skipped: int
    added: int
    changed: int
    ended: int
    unchanged: int
    stale: int


class RosterImportView(Body):
    """What an import came to."""

    import_id: UUID
    imported_at: AwareDatetime
    imported_by: str = Field(description="Subject of the token.")
    effective_on: date = Field(description="The day on which what has gone is over.")
    files: dict[str, FileReportView] = Field(description="By the file's name, without .csv.")
    educators_published: int = Field(description="Educators whose snapshot changed and went out as an event.")


class LevelView(Body):
    level: int
    code: str
    name: str


class DimensionView(Body):
    code: str
    name: str


class RubricDomainView(Body):
    """A domain; `weight` is its share of the overall score."""

    code: str
    name: str
    weight: DecimalString
    dimensions: list[DimensionView]


class BandView(Body):
    """From this value on the level is this one."""

    at_least: DecimalString
    level: int


class RubricView(Body):
    """One version of a rubric, whole."""

    code: str = Field(examples=["h-tess"])
    version: int
    title: str
    is_illustrative: bool = Field(description="Made up, because the true one is not public.")
    source: str
    levels: list[LevelView]
    domains: list[RubricDomainView]
    required_domain: str = Field(description="All its dimensions are scored before an observation is finalized.")
    minimum_observations: int = Field(description="Finalized observations that a year's rating needs.")
    rating_bands: list[BandView]
    growth_domain: str = Field(description="The domain that measured student growth stands for.")
    growth_bands: list[BandView] = Field(description="Percent of students who met their growth -> level.")

    @classmethod
    def of(cls, rubric: Rubric) -> "RubricView":
        return cls(
            code=rubric.code,
            version=rubric.version,
            title=rubric.title,
            is_illustrative=rubric.is_illustrative,
            source=rubric.source,
            levels=[LevelView(level=one.level, code=one.code, name=one.name) for one in rubric.levels],
            domains=[
                RubricDomainView(
                    code=domain.code,
                    name=domain.name,
                    weight=str(domain.weight),
                    dimensions=[DimensionView(code=one.code, name=one.name) for one in domain.dimensions],
                )
                for domain in rubric.domains
            ],
            required_domain=rubric.required_domain,
            minimum_observations=rubric.minimum_observations,
            rating_bands=[BandView(at_least=str(one.at_least), level=one.level) for one in rubric.rating_bands],
            growth_domain=rubric.growth.domain,
            growth_bands=[BandView(at_least=str(one.at_least), level=one.level) for one in rubric.growth.bands],
        )


class LoadView(Body):
    """What a bulk load came to: all lines were right, else nothing was loaded."""

    received: int
    added: int
    changed: int
    unchanged: int


class GrowthScoreView(Body):
    """The growth of an educator's students on one measure in one year."""

    growth_id: UUID
    school_year: SchoolYearLabel
    measure: str = Field(examples=["nwea-map"])
    percent_met: DecimalString
    students: int
    version: int

    @classmethod
    def of(cls, score: GrowthScore) -> "GrowthScoreView":
        return cls(
            growth_id=score.growth_id,
            school_year=score.school_year,
            measure=score.measure,
            percent_met=plain(score.percent_met),
            students=score.students,
            version=score.version,
        )


class UsedFacts(Body):
    """The facts that a rating was made from: id -> version."""

    observations: dict[UUID, int]
    growth_scores: dict[UUID, int]


class SummativeRatingView(Body):
    """A year's rating as it stands."""

    summative_id: UUID
    educator_id: UUID
    school_year: SchoolYearLabel
    version: int
    rubric: str
    rubric_version: int
    domains: list[DomainRating]
    score: DecimalString = Field(description="Domain scores times their weights, half up at two places.")
    rating: str = Field(examples=["proficient"])
    rating_level: int
    facts: UsedFacts
    rated_at: AwareDatetime
    rated_by: UUID | None = Field(description="The educator who finalized it; null for a system.")

    @classmethod
    def of(cls, summative: SummativeRating) -> "SummativeRatingView":
        rating = summative.rating
        return cls(
            summative_id=summative.summative_id,
            educator_id=summative.educator_id,
            school_year=summative.school_year,
            version=summative.version,
            rubric=rating.rubric,
            rubric_version=rating.rubric_version,
            domains=[DomainRating(domain=code, score=f"{score:.2f}") for code, score in rating.domains.items()],
            score=f"{rating.score:.2f}",
            rating=rating.name,
            rating_level=rating.level,
            facts=UsedFacts.model_validate(summative.facts),
            rated_at=summative.rated_at,
            rated_by=summative.rated_by,
        )


class RateYearBody(Body):
    """Which year to rate everybody in."""

    school_year: SchoolYearName


class LackingView(Body):
    """Whom the bulk rating left out, and what is missing."""

    educator_id: UUID
    lacks: list[str] = Field(examples=[["finalized observations: 1 of 2"]])


class RatingReportView(Body):
    """What rating everybody came to."""

    rated: int = Field(description="Rated for the first time in this year.")
    changed: int = Field(description="Given a new version, because facts changed.")
    unchanged: int
    lacking: list[LackingView]


def lacking_views(left_out: Iterable[tuple[UUID, Iterable[str]]]) -> list[LackingView]:
    return [LackingView(educator_id=educator_id, lacks=list(lacks)) for educator_id, lacks in left_out]
