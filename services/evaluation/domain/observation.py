"""An observation from being planned to being finalized and amended. State in, state and event out; no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.evaluation.domain.rubric import Rubric
from services.evaluation.errors import (
    AmendmentChangesNothing,
    DimensionUnknown,
    EvaluationError,
    LevelOutsideRubric,
    ObservationAlreadyFinalized,
    ObservationIncomplete,
    ObservationIsCancelled,
    ObservationNotFinalized,
    ObservedInFuture,
)
from shared.events.evaluation import ObservationAmended, ObservationFinalized
from shared.kernel.errors import FieldError
from shared.kernel.period import SchoolYear


class ObservationKind(StrEnum):
    FORMAL = "formal"
    WALKTHROUGH = "walkthrough"


class ObservationState(StrEnum):
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    FINALIZED = "finalized"
    AMENDED = "amended"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What can be done with an observation."""

    PLAN = "plan"
    SCORE = "score"
    FINALIZE = "finalize"
    AMEND = "amend"
    CANCEL = "cancel"


_S = ObservationState

TRANSITIONS: Mapping[tuple[ObservationState, Step], ObservationState] = {
    (_S.SCHEDULED, Step.PLAN): _S.SCHEDULED,
    (_S.SCHEDULED, Step.SCORE): _S.IN_PROGRESS,
    (_S.SCHEDULED, Step.FINALIZE): _S.FINALIZED,
    (_S.SCHEDULED, Step.CANCEL): _S.CANCELLED,
    (_S.IN_PROGRESS, Step.PLAN): _S.IN_PROGRESS,
    (_S.IN_PROGRESS, Step.SCORE): _S.IN_PROGRESS,
    (_S.IN_PROGRESS, Step.FINALIZE): _S.FINALIZED,
    (_S.IN_PROGRESS, Step.CANCEL): _S.CANCELLED,
    (_S.FINALIZED, Step.AMEND): _S.AMENDED,
    (_S.AMENDED, Step.AMEND): _S.AMENDED,
}
"""The state that follows each allowed step; what is not here is refused by `next_state`."""

PUBLISHED = frozenset({_S.FINALIZED, _S.AMENDED})


@dataclass(frozen=True, slots=True)
class Score:
    """The level given to one dimension, with what was seen."""

    dimension: str
    domain: str
    level: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Observation:
    """A visit to an educator by an appraiser, who is an educator too.

    `revision` counts every change (for ETag), `version` the published states. `external_digest` is of the bulk line
    that brought it, so that the line can come again harmlessly even after an amendment.
    """

    observation_id: UUID
    educator_id: UUID
    campus_id: UUID
    appraiser_id: UUID
    rubric: str
    rubric_version: int
    kind: ObservationKind
    is_announced: bool
    planned_on: date | None
    observed_on: date | None = None
    state: ObservationState = ObservationState.SCHEDULED
    scores: tuple[Score, ...] = ()
    revision: int = 1
    version: int = 0
    finalized_at: datetime | None = None
    changed_at: datetime | None = None
    changed_by: UUID | None = None
    reason: str | None = None
    external_id: str | None = None
    external_digest: str | None = None

    @property
    def is_published(self) -> bool:
        return self.state in PUBLISHED


def next_state(state: ObservationState, step: Step) -> ObservationState:
    """Raises ObservationAlreadyFinalized, ObservationNotFinalized or ObservationIsCancelled."""
    following = TRANSITIONS.get((state, step))
    if following is not None:
        return following
    raise _refusal(state)


def _refusal(state: ObservationState) -> EvaluationError:
    if state is ObservationState.CANCELLED:
        return ObservationIsCancelled("the observation was cancelled: schedule another one")
    if state in PUBLISHED:
        return ObservationAlreadyFinalized("the observation is finalized: correct it by an amendment with a reason")
    return ObservationNotFinalized("the observation is not finalized yet: change its scores themselves")


@dataclass(frozen=True, slots=True)
class Plan:
    """What may be changed of an observation before it is finalized; None leaves a thing as it is."""

    planned_on: date | None = None
    observed_on: date | None = None
    kind: ObservationKind | None = None
    is_announced: bool | None = None


def plan(observation: Observation, change: Plan, *, today: date) -> Observation:
    """The observation with its plan, or the day it took place, changed. Raises ObservedInFuture and `next_state`'s."""
    state = next_state(observation.state, Step.PLAN)
    _require_past(change.observed_on, today)
    planned = replace(
        observation,
        state=state,
        planned_on=change.planned_on or observation.planned_on,
        observed_on=change.observed_on or observation.observed_on,
        kind=change.kind or observation.kind,
        is_announced=observation.is_announced if change.is_announced is None else change.is_announced,
    )
    return planned if planned == observation else replace(planned, revision=observation.revision + 1)


def score(observation: Observation, rubric: Rubric, *, dimension: str, level: int, evidence: str) -> Observation:
    """The observation with one dimension scored. Raises DimensionUnknown, LevelOutsideRubric and `next_state`'s."""
    state = next_state(observation.state, Step.SCORE)
    given = score_of(rubric, dimension=dimension, level=level, evidence=evidence)
    scored = replace(observation, state=state, scores=in_order((*observation.scores, given), rubric))
    return scored if scored == observation else replace(scored, revision=observation.revision + 1)


def score_of(rubric: Rubric, *, dimension: str, level: int, evidence: str) -> Score:
    """Raises DimensionUnknown, LevelOutsideRubric."""
    domain = rubric.domain_of(dimension)
    if domain is None:
        raise DimensionUnknown(
            f"rubric {rubric.code} version {rubric.version} has no dimension of this name: GET /evaluation/v1/rubrics "
            "lists them"
        )
    if rubric.level_of(level) is None:
        levels = ", ".join(str(one.level) for one in rubric.levels)
        raise LevelOutsideRubric(f"rubric {rubric.code} version {rubric.version} has the levels {levels}")
    return Score(dimension, domain, level, evidence)


def in_order(scores: Sequence[Score], rubric: Rubric) -> tuple[Score, ...]:
    """One score a dimension, the last one given, in the rubric's order."""
    last = {one.dimension: one for one in scores}
    return tuple(last[code] for code in rubric.dimensions() if code in last)


def missing_dimensions(scores: Sequence[Score], rubric: Rubric) -> list[str]:
    """The dimensions that must be scored before finalizing and are not."""
    given = {one.dimension for one in scores}
    return [code for code in rubric.required_dimensions() if code not in given]


def finalize(observation: Observation, rubric: Rubric, *, now: datetime) -> tuple[Observation, ObservationFinalized]:
    """Close the scoring. Raises ObservationIncomplete, ObservedInFuture and `next_state`'s."""
    state = next_state(observation.state, Step.FINALIZE)
    lacking = [
        FieldError(f"/scores/{code}", "not scored yet") for code in missing_dimensions(observation.scores, rubric)
    ]
    if observation.observed_on is None:
        lacking.append(FieldError("/observed_on", "the day of the visit is not set yet"))
    if lacking:
        names = ", ".join(one.pointer.rpartition("/")[2] for one in lacking)
        raise ObservationIncomplete(f"missing: {names}; add them and finalize again", errors=lacking)
    _require_past(observation.observed_on, now.date())
    final = replace(
        observation,
        state=state,
        revision=observation.revision + 1,
        version=observation.version + 1,
        finalized_at=now,
        changed_at=now,
        changed_by=observation.appraiser_id,
    )
    return final, ObservationFinalized.model_validate(published_facts(final))


@dataclass(frozen=True, slots=True)
class Amendment:
    """A correction: scores that replace those given, the reason, and who answers for it."""

    reason: str
    scores: tuple[Score, ...]
    by: UUID | None
    observed_on: date | None = None


def amend(
    observation: Observation, rubric: Rubric, amendment: Amendment, *, now: datetime
) -> tuple[Observation, ObservationAmended]:
    """A new version with the amendment in it. Raises AmendmentChangesNothing, ObservedInFuture and `next_state`'s."""
    state = next_state(observation.state, Step.AMEND)
    _require_past(amendment.observed_on, now.date())
    scores = in_order((*observation.scores, *amendment.scores), rubric)
    observed_on = amendment.observed_on or observation.observed_on
    if (scores, observed_on) == (observation.scores, observation.observed_on):
        raise AmendmentChangesNothing("the amendment gives what stands already: nothing was changed")
    amended = replace(
        observation,
        state=state,
        scores=scores,
        observed_on=observed_on,
        revision=observation.revision + 1,
        version=observation.version + 1,
        changed_at=now,
        changed_by=amendment.by,
        reason=amendment.reason,
    )
    return amended, ObservationAmended.model_validate(published_facts(amended))


def cancel(observation: Observation, *, reason: str, by: UUID | None, now: datetime) -> Observation:
    """Call it off. Raises `next_state`'s."""
    state = next_state(observation.state, Step.CANCEL)
    return replace(
        observation, state=state, revision=observation.revision + 1, reason=reason, changed_at=now, changed_by=by
    )


def published_facts(observation: Observation) -> dict[str, object]:
    """What both events say of a finalized observation: levels, never the evidence's words."""
    return {
        "educator_id": observation.educator_id,
        "observation_id": observation.observation_id,
        "version": observation.version,
        "school_year": str(SchoolYear.containing(observation.observed_on)) if observation.observed_on else "",
        "observed_on": observation.observed_on,
        "campus_id": observation.campus_id,
        "rubric": observation.rubric,
        "rubric_version": observation.rubric_version,
        "scores": [
            {"domain": one.domain, "dimension": one.dimension, "level": one.level} for one in observation.scores
        ],
        "finalized_at": observation.finalized_at,
    }


def _require_past(day: date | None, today: date) -> None:
    if day is not None and day > today:
        raise ObservedInFuture("the day of the visit lies in the future: set the day on which it took place")
