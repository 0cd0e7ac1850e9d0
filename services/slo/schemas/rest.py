"""Bodies of the slo service's REST doors."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.slo.domain.states import SloState
from services.slo.domain.values import (
    Attainment,
    Interval,
    KeptVersion,
    Review,
    ReviewDecision,
    Slo,
    SloContent,
    StartingLevel,
    Target,
    VersionCause,
)
from shared.events.types import SchoolYearLabel


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("has the character U+0000, which cannot be stored: leave it out")
    return text


Storable = AfterValidator(_without_nul)
Percent = Annotated[str, Field(pattern=r"^(100(\.0)?|[0-9]{1,2}(\.[0-9])?)$", examples=["82.5"])]
Subject = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable]
Goal = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), Storable]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), Storable]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), Storable]
Lines = Annotated[list[Line], Field(max_length=50)]
Count = Annotated[int, Field(ge=0, le=1000)]
Population = Annotated[
    dict[StartingLevel, Count],
    Field(
        description="How many students start at each level. Counts only: never send a student's name or number.",
        examples=[{"well_below": 4, "below": 9, "typical": 11}],
    ),
]
Level = Annotated[int, Field(ge=0, le=100)]
Scores = Annotated[
    dict[Annotated[str, Field(max_length=64)], Level],
    Field(max_length=50, examples=[{"goal": 3, "evidence": 3, "targets": 2, "strategies": 4}]),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TargetBody(_Body):
    """What the students of one starting level are to reach."""

    text: Line
    percent: Percent | None = Field(default=None, description="Where the target is a figure, 0 to 100.")

    def to_domain(self) -> Target:
        return Target(self.text, None if self.percent is None else Decimal(self.percent))

    @classmethod
    def of(cls, target: Target) -> "TargetBody":
        return cls.model_construct(text=target.text, percent=None if target.percent is None else str(target.percent))


Targets = Annotated[
    dict[StartingLevel, TargetBody],
    Field(examples=[{"well_below": {"text": "gain two levels of the writing rubric", "percent": "80"}}]),
]


class DraftBody(_Body):
    """A new SLO of the caller. Subject and goal are enough to begin; submitting asks for the rest."""

    school_year: SchoolYearLabel
    interval: Interval
    subject: Subject = Field(examples=["Theatre Arts"])
    learning_goal: Goal = Field(
        description="The skill that students are to gain.", examples=["Students sustain a character through a scene."]
    )
    standards: Lines = Field(default=[], examples=[["TEKS 117.315(c)(2)"]])
    population: Population = Field(default={})
    targets: Targets = Field(default={})
    strategies: Lines = Field(default=[])
    assessments: Lines = Field(default=[])

    def to_content(self) -> SloContent:
        return SloContent(**_content(self))


class RevisionBody(_Body):
    """Fields to replace, each whole; what is not sent, or is null, stays as it is."""

    subject: Subject | None = None
    learning_goal: Goal | None = None
    standards: Lines | None = None
    population: Population | None = None
    targets: Targets | None = None
    strategies: Lines | None = None
    assessments: Lines | None = None

    def to_changes(self) -> dict[str, Any]:
        return {name: value for name, value in _content(self).items() if value is not None}


class ReviewBody(_Body):
    """A review. Approving needs every criterion of `GET /approval-rubric` scored; returning needs a comment."""

    decision: ReviewDecision
    scores: Scores = Field(default={})
    comment: Words | None = None

    @model_validator(mode="after")
    def _returned_with_a_comment(self) -> Self:
        if self.decision is ReviewDecision.RETURN and self.comment is None:
            raise ValueError("a returned SLO needs a comment: say what has to change")
        return self


class AmendmentBody(_Body):
    """Other targets for an approved SLO: for extreme circumstances alone, with the reason kept."""

    targets: Targets
    reason: Words = Field(examples=["A third of the class moved to another campus in November."])


class ScoreBody(_Body):
    """The result in numbers of students."""

    students: Annotated[int, Field(ge=1, le=10_000)]
    students_met: Annotated[int, Field(ge=0, le=10_000, description="How many of them met their target.")]
    reason: Words | None = Field(default=None, description="Why it is scored again; needed from the second score on.")

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> Self:
        if self.students_met > self.students:
            raise ValueError("students_met is more than students")
        return self


class ScoreView(_Body):
    """The result: share of the students that met their target, and its rating."""

    students: int | None = Field(description="Null where only the percentage was loaded.")
    students_met: int | None
    attainment_percent: Percent
    rating: int = Field(ge=1, le=5)
    scored_on: date

    @classmethod
    def of(cls, attainment: Attainment) -> Self:
        return cls(
            students=attainment.students,
            students_met=attainment.students_met,
            attainment_percent=str(attainment.percent),
            rating=attainment.rating,
            scored_on=attainment.scored_on,
        )


class SloView(_Body):
    """An SLO as it stands. Its ETag is of `revision`; `version` counts the published states."""

    slo_id: UUID
    educator_id: UUID
    school_year: SchoolYearLabel
    interval: Interval
    subject: str
    learning_goal: str
    standards: list[str]
    population: dict[StartingLevel, int]
    targets: dict[StartingLevel, TargetBody]
    strategies: list[str]
    assessments: list[str]
    state: SloState
    revision: int
    version: int
    submitted_on: date | None
    approved_on: date | None
    approved_at: datetime | None = Field(
        description="Null before approval, and where it was loaded with the day alone."
    )
    quality_score: str | None = Field(examples=["3.25"], description="Mean of the approval rubric, once approved.")
    score: ScoreView | None
    external_id: str | None

    @classmethod
    def of(cls, slo: Slo) -> "SloView":
        return SloView(**_view(slo))


class ReviewView(_Body):
    """A review as it was given."""

    decision: ReviewDecision
    rubric: str = Field(examples=["approval"])
    rubric_version: int
    scores: dict[str, int]
    quality_score: str | None
    comment: str | None
    reviewed_on: date | None
    reviewer_id: UUID | None

    @classmethod
    def of(cls, review: Review) -> Self:
        return cls(
            decision=review.decision,
            rubric=review.rubric,
            rubric_version=review.rubric_version,
            scores=dict(review.scores),
            quality_score=None if review.quality_score is None else str(review.quality_score),
            comment=review.comment,
            reviewed_on=review.reviewed_on,
            reviewer_id=review.reviewer_id,
        )


class VersionView(_Body):
    """A published version: what made it, why, and what it said."""

    version: int
    cause: VersionCause
    reason: str | None
    recorded_at: datetime
    targets: dict[StartingLevel, TargetBody]
    attainment_percent: Percent | None
    rating: int | None

    @classmethod
    def of(cls, kept: KeptVersion) -> Self:
        return cls(
            version=kept.version,
            cause=kept.cause,
            reason=kept.reason,
            recorded_at=kept.recorded_at,
            targets={level: TargetBody.of(target) for level, target in kept.targets.items()},
            attainment_percent=None if kept.attainment_percent is None else str(kept.attainment_percent),
            rating=kept.rating,
        )


class SloFileView(SloView):
    """An SLO with all that was said of it."""

    reviews: list[ReviewView]
    versions: list[VersionView]


class LoadReceipt(_Body):
    """What came of an upload."""

    lines: int
    created: int
    unchanged: int = Field(description="Lines that had been loaded before, with the same content.")


def file_view(slo: Slo, reviews: Sequence[Review], versions: Sequence[KeptVersion]) -> SloFileView:
    """An SLO with its reviews and versions, the first ones first."""
    return SloFileView(
        **_view(slo),
        reviews=[ReviewView.of(review) for review in reviews],
        versions=[VersionView.of(kept) for kept in versions],
    )


def _content(body: DraftBody | RevisionBody) -> Mapping[str, Any]:
    targets = body.targets
    return {
        "subject": body.subject,
        "learning_goal": body.learning_goal,
        "standards": None if body.standards is None else tuple(body.standards),
        "population": body.population,
        "targets": None if targets is None else {level: target.to_domain() for level, target in targets.items()},
        "strategies": None if body.strategies is None else tuple(body.strategies),
        "assessments": None if body.assessments is None else tuple(body.assessments),
    }


def _view(slo: Slo) -> dict[str, Any]:
    content = slo.content
    return {
        "slo_id": slo.slo_id,
        "educator_id": slo.educator_id,
        "school_year": str(slo.school_year),
        "interval": slo.interval,
        "subject": content.subject,
        "learning_goal": content.learning_goal,
        "standards": list(content.standards),
        "population": dict(content.population),
        "targets": {level: TargetBody.of(target) for level, target in content.targets.items()},
        "strategies": list(content.strategies),
        "assessments": list(content.assessments),
        "state": slo.state,
        "revision": slo.revision,
        "version": slo.version,
        "submitted_on": slo.submitted_on,
        "approved_on": slo.approved_on,
        "approved_at": slo.approved_at,
        "quality_score": None if slo.quality_score is None else str(slo.quality_score),
        "score": None if slo.attainment is None else ScoreView.of(slo.attainment),
        "external_id": slo.external_id,
    }
