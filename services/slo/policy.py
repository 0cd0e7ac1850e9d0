"""The rules of approval and of rating: pure functions of what was scored and of rules held as data."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.slo.domain.values import PastSlo, ReviewDecision
from services.slo.errors import RubricNotMet, RubricScoreUnknown
from shared.kernel.assertions import invariant
from shared.kernel.errors import FieldError
from shared.kernel.period import SchoolYear

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Text = Annotated[str, Field(min_length=1, max_length=500)]

RATING_BANDS: tuple[tuple[int, int], ...] = ((90, 5), (80, 4), (70, 3), (60, 2), (0, 1))
"""(percent from which, rating), highest first. Source: BRIDGES, Final Scoring of SLOs: 90-100 = 5, 80-89 = 4,
70-79 = 3, 60-69 = 2, 59 and less = 1."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Criterion(_Data):
    """One line of the approval rubric; `levels` describes each level, in words a reviewer can hold against an SLO."""

    code: Code
    title: Text
    levels: Mapping[int, Text]


class ApprovalRubric(_Data):
    """What an SLO is reviewed against; a document of its own under `rubrics/`, in numbered versions."""

    code: Code
    version: Annotated[int, Field(ge=1)]
    title: Text
    illustrative: bool = Field(description="True where it is an example and not a district's own rubric.")
    source: Text
    lowest_level: int
    highest_level: int
    minimum_level_to_approve: int = Field(description="No criterion may be below it; every criterion must be scored.")
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.lowest_level <= self.minimum_level_to_approve <= self.highest_level:
            raise ValueError("minimum_level_to_approve is not one of the levels")
        if len({criterion.code for criterion in self.criteria}) != len(self.criteria):
            raise ValueError("two criteria have the same code")
        for criterion in self.criteria:
            if sorted(criterion.levels) != list(range(self.lowest_level, self.highest_level + 1)):
                raise ValueError(f"criterion {criterion.code} does not describe each level once")
        return self


def unfit_scores(rubric: ApprovalRubric, scores: Mapping[str, int]) -> list[FieldError]:
    """The scores that are not of the rubric, each at `/<criterion>`."""
    known = {criterion.code for criterion in rubric.criteria}
    faults = [
        FieldError(f"/{code}", f"{code} is not a criterion of the rubric: they are {', '.join(sorted(known))}")
        for code in scores
        if code not in known
    ]
    return faults + [
        FieldError(f"/{code}", f"{level} is not a level: give {rubric.lowest_level} to {rubric.highest_level}")
        for code, level in scores.items()
        if code in known and not rubric.lowest_level <= level <= rubric.highest_level
    ]


def unmet_criteria(rubric: ApprovalRubric, scores: Mapping[str, int]) -> list[FieldError]:
    """The criteria that stand against an approval, each at `/<criterion>`."""
    faults = []
    for criterion in rubric.criteria:
        level = scores.get(criterion.code)
        if level is None:
            faults.append(FieldError(f"/{criterion.code}", "not scored: approval needs a score for every criterion"))
        elif level < rubric.minimum_level_to_approve:
            minimum = rubric.minimum_level_to_approve
            faults.append(FieldError(f"/{criterion.code}", f"scored {level}: approval needs at least {minimum}"))
    return faults


def judge(rubric: ApprovalRubric, scores: Mapping[str, int], decision: ReviewDecision) -> Decimal | None:
    """Check a review against the rubric; returns the quality score, None where not every criterion was scored.

    Raises RubricScoreUnknown, RubricNotMet.
    """
    if faults := _under("scores", unfit_scores(rubric, scores)):
        raise RubricScoreUnknown(faults[0].detail, errors=faults)
    if decision is ReviewDecision.APPROVE and (faults := _under("scores", unmet_criteria(rubric, scores))):
        places = ", ".join(fault.pointer for fault in faults)
        raise RubricNotMet(f"see {places}: correct the scores, or return the SLO with a comment", errors=faults)
    return quality_score(rubric, scores)


def quality_score(rubric: ApprovalRubric, scores: Mapping[str, int]) -> Decimal | None:
    """The mean over all criteria, exact to two places, halves up; None where one is not scored."""
    levels = [scores[criterion.code] for criterion in rubric.criteria if criterion.code in scores]
    if len(levels) < len(rubric.criteria):
        return None
    return (Decimal(sum(levels)) / len(levels)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def faults_of_past(rubric: ApprovalRubric, past: PastSlo, *, today: date) -> list[FieldError]:
    """What of a loaded line cannot be true, each at the line's field."""
    scores = past.scores
    found = _under("quality_scores", unfit_scores(rubric, scores))
    missing = [criterion.code for criterion in rubric.criteria if criterion.code not in scores]
    found += [FieldError(f"/quality_scores/{code}", "missing: every criterion has its level") for code in missing]
    if past.approved_on is not None and not found:
        found += _under("quality_scores", unmet_criteria(rubric, scores))
    days = {"submitted_on": past.submitted_on, "approved_on": past.approved_on, "scored_on": past.scored_on}
    found += [FieldError(f"/{name}", "in the future") for name, day in days.items() if day is not None and day > today]
    if past.approved_on is not None and past.approved_on < past.submitted_on:
        found.append(FieldError("/approved_on", f"before submitted_on, {past.submitted_on}"))
    if (past.scored_on is None) != (past.attainment_percent is None):
        lacking = "scored_on" if past.scored_on is None else "attainment_percent"
        found.append(FieldError(f"/{lacking}", "missing: percentage and date of the score belong together"))
    if past.scored_on is not None and past.approved_on is None:
        found.append(FieldError("/approved_on", "missing: only what was approved can have been scored"))
    if past.scored_on is not None and past.approved_on is not None and past.scored_on < past.approved_on:
        found.append(FieldError("/scored_on", f"before approved_on, {past.approved_on}"))
    return found


def answers_for(last_years: Iterable[SchoolYear | None], school_year: SchoolYear) -> bool:
    """Whether a campus answers for an educator's SLO of `school_year`: the educator works there in it, or since.

    `last_years` names, for each campus of whoever asks, the educator's last school year there, None while it lasts. A
    campus that the educator has left sees nothing of later years; the campus they came to sees what they bring.
    """
    return any(last is None or last >= school_year for last in last_years)


def attainment_percent(students_met: int, students: int) -> Decimal:
    """The share of the students that met their target, 0 to 100, to one place, halves up; integers all the way."""
    invariant(0 <= students_met <= students > 0, "there are students, and no more met their target than there are")
    tenths = (2000 * students_met + students) // (2 * students)
    return Decimal(tenths).scaleb(-1)


def rate(percent: Decimal) -> int:
    """The rating of a result by RATING_BANDS, 1 to 5; of the percentage as it is shown, so that anyone can check."""
    return next(rating for from_percent, rating in RATING_BANDS if percent >= from_percent)


def _under(name: str, faults: list[FieldError]) -> list[FieldError]:
    return [FieldError(f"/{name}{fault.pointer}", fault.detail) for fault in faults]
