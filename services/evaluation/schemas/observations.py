"""Bodies of the doors for observations."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from services.evaluation.domain.observation import (
    Observation,
    ObservationKind,
    ObservationState,
    Plan,
    Score,
)
from services.evaluation.schemas.dates import Day
from services.evaluation.schemas.rest import Body

_Evidence = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    Field(description="What was seen. It never leaves this service.", examples=["Every group presented its result."]),
]
_Reason = Annotated[
    str, Field(min_length=3, max_length=2000, examples=["A level was entered for the wrong dimension."])
]


class ScheduleBody(Body):
    """A visit to be planned."""

    educator_id: UUID
    campus_id: UUID
    kind: ObservationKind = ObservationKind.FORMAL
    is_announced: bool = True
    planned_on: Day
    rubric: Annotated[str, Field(max_length=64)] = "h-tess"
    rubric_version: Annotated[int | None, Field(ge=1, le=10_000, description="The newest without it.")] = None
    appraiser_id: UUID | None = Field(
        default=None,
        description="Whose visit it is; the caller's without it. Principals and administrators may name others.",
    )


class PlanBody(Body):
    """What to change of the plan; what is left out stays. `observed_on` is the day on which the visit took place."""

    planned_on: Day | None = None
    observed_on: Day | None = None
    kind: ObservationKind | None = None
    is_announced: bool | None = None

    def to_domain(self) -> Plan:
        return Plan(self.planned_on, self.observed_on, self.kind, self.is_announced)


class ScoreBody(Body):
    """The level of one dimension, with evidence."""

    level: Annotated[int, Field(ge=1, le=5)]
    evidence: _Evidence


class GivenScoreBody(ScoreBody):
    dimension: Annotated[str, Field(max_length=64, examples=["student_engagement"])]


class AmendmentBody(Body):
    """A correction: the scores given here replace those that stand, all others stay."""

    reason: _Reason
    scores: Annotated[tuple[GivenScoreBody, ...], Field(max_length=100)] = ()
    observed_on: Day | None = None


class CancellationBody(Body):
    """Why the visit is called off."""

    reason: _Reason


class ScoreView(Body):
    domain: str
    dimension: str
    level: int
    evidence: str

    @classmethod
    def of(cls, score: Score) -> "ScoreView":
        return cls.model_construct(
            domain=score.domain, dimension=score.dimension, level=score.level, evidence=score.evidence
        )


class ObservationView(Body):
    """An observation as it stands. `scores` is null for the educator until they are finalized."""

    observation_id: UUID
    educator_id: UUID
    campus_id: UUID
    appraiser_id: UUID
    rubric: str
    rubric_version: int
    kind: ObservationKind
    is_announced: bool
    planned_on: date | None
    observed_on: date | None
    state: ObservationState
    scores: list[ScoreView] | None
    version: int = Field(description="Of the published versions; 0 until finalized.")
    finalized_at: AwareDatetime | None
    changed_at: AwareDatetime | None
    changed_by: UUID | None
    reason: str | None = Field(description="Of the last amendment, or of calling it off.")
    external_id: str | None

    @classmethod
    def of(cls, observation: Observation, *, with_scores: bool) -> "ObservationView":
        return cls(
            observation_id=observation.observation_id,
            educator_id=observation.educator_id,
            campus_id=observation.campus_id,
            appraiser_id=observation.appraiser_id,
            rubric=observation.rubric,
            rubric_version=observation.rubric_version,
            kind=observation.kind,
            is_announced=observation.is_announced,
            planned_on=observation.planned_on,
            observed_on=observation.observed_on,
            state=observation.state,
            scores=[ScoreView.of(one) for one in observation.scores] if with_scores else None,
            version=observation.version,
            finalized_at=observation.finalized_at,
            changed_at=observation.changed_at,
            changed_by=observation.changed_by,
            reason=observation.reason,
            external_id=observation.external_id,
        )


class ObservationVersionView(Body):
    """One published version: the first is what was finalized, each later one an amendment with its reason."""

    version: int
    observed_on: date
    scores: list[ScoreView]
    changed_at: AwareDatetime
    changed_by: UUID | None
    reason: str | None
