"""The steps of an SLO from draft to score. Pure: each gives the new SLO, and what to publish of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.slo.domain.states import SloAction, SloState, next_state
from services.slo.domain.values import (
    Attainment,
    PastSlo,
    Review,
    ReviewDecision,
    Slo,
    SloContent,
    StartingLevel,
    Target,
)
from services.slo.errors import SloAlreadyScored, SloIncomplete
from shared.events.slo import SloApproved, SloScored
from shared.kernel.assertions import invariant
from shared.kernel.errors import FieldError


def revise(slo: Slo, content: SloContent) -> Slo:
    """The educator rewrites it. Raises SloLocked."""
    return _moved(slo, SloAction.REVISE, content=content)


def submit(slo: Slo, *, on: date, by: str) -> Slo:
    """The educator hands it in for review; `by` is the caller's subject. Raises SloAlreadySubmitted, SloIncomplete."""
    submitted = _moved(slo, SloAction.SUBMIT, submitted_on=on, submitted_by=by)
    _require_complete(slo.content)
    return submitted


def take_review(slo: Slo, review: Review, *, now: datetime) -> tuple[Slo, SloApproved | None]:
    """A reviewer approves it, which locks the targets and is published, or returns it. Raises SloNotSubmitted."""
    if review.decision is ReviewDecision.RETURN:
        return _moved(slo, SloAction.RETURN), None
    approved = _moved(
        slo,
        SloAction.APPROVE,
        version=slo.version + 1,
        approved_on=review.reviewed_on,
        approved_at=now,
        quality_score=review.quality_score,
    )
    return approved, _approved(approved)


def amend_targets(slo: Slo, targets: Mapping[StartingLevel, Target]) -> tuple[Slo, SloApproved]:
    """Change locked targets: a new version. Raises SloNotApproved, SloAlreadyScored, SloIncomplete.

    TEA allows it for extreme extenuating circumstances alone, documented and approved (SLO guide for administrators).
    """
    content = replace(slo.content, targets=targets)
    amended = _moved(slo, SloAction.AMEND, version=slo.version + 1, content=content)
    _refuse(_missing_targets(content))
    return amended, _approved(amended)


def take_score(slo: Slo, attainment: Attainment, *, reason: str | None) -> tuple[Slo, SloScored]:
    """Give the result: a new version. Raises SloNotApproved; SloAlreadyScored where a second score has no reason."""
    if slo.state is SloState.SCORED and reason is None:
        raise SloAlreadyScored("it has a score: send the reason why it is scored again")
    scored = _moved(slo, SloAction.SCORE, version=slo.version + 1, attainment=attainment)
    return scored, _scored(scored)


def load(past: PastSlo, *, slo_id: UUID, educator_id: UUID, quality_score: Decimal | None, rating: int | None) -> Slo:
    """The SLO that a past year left: scored, approved, or returned where it never was approved."""
    state, attainment = SloState.RETURNED, None
    if past.approved_on is not None:
        state = SloState.APPROVED
    if past.attainment_percent is not None and past.scored_on is not None and rating is not None:
        state, attainment = SloState.SCORED, Attainment(past.attainment_percent, rating, past.scored_on)
    return Slo(
        slo_id=slo_id,
        educator_id=educator_id,
        school_year=past.school_year,
        interval=past.interval,
        content=SloContent(past.subject, past.learning_goal),
        state=state,
        version=0 if past.approved_on is None else 1,
        submitted_on=past.submitted_on,
        approved_on=past.approved_on,
        quality_score=None if past.approved_on is None else quality_score,
        attainment=attainment,
        external_id=past.external_id,
    )


def event_of(slo: Slo) -> SloApproved | SloScored | None:
    """The SLO as it is published in its state; None while nothing is published of it."""
    if slo.state is SloState.SCORED:
        return _scored(slo)
    return _approved(slo) if slo.state is SloState.APPROVED else None


def _moved(slo: Slo, action: SloAction, **changes: Any) -> Slo:
    return replace(slo, state=next_state(slo.state, action), revision=slo.revision + 1, **changes)


def _require_complete(content: SloContent) -> None:
    faults = [
        FieldError(f"/{name}", f"{what} is missing")
        for name, what in (
            ("standards", "at least one standard"),
            ("strategies", "at least one strategy"),
            ("assessments", "at least one assessment"),
        )
        if not getattr(content, name)
    ]
    if not any(content.population.values()):
        faults.append(FieldError("/population", "the number of students at each starting level is missing"))
    _refuse(faults + _missing_targets(content))


def _missing_targets(content: SloContent) -> list[FieldError]:
    return [
        FieldError(f"/targets/{level}", f"{count} students start {level}, and there is no target for them")
        for level, count in content.population.items()
        if count and level not in content.targets
    ]


def _refuse(faults: list[FieldError]) -> None:
    if faults:
        places = ", ".join(fault.pointer for fault in faults)
        raise SloIncomplete(f"fill in {places}, and send it again", errors=faults)


def _said(slo: Slo) -> dict[str, object]:
    invariant(slo.quality_score is not None, "what is approved has its rubric scores")
    return {
        "educator_id": slo.educator_id,
        "slo_id": slo.slo_id,
        "version": slo.version,
        "school_year": str(slo.school_year),
        "approved_on": slo.approved_on,
        "quality_score": str(slo.quality_score),
        "attainment_percent": str(slo.attainment.percent) if slo.attainment else None,
        "score": slo.attainment.rating if slo.attainment else None,
        "approved_at": slo.approved_at,
    }


def _approved(slo: Slo) -> SloApproved:
    return SloApproved.model_validate(_said(slo))


def _scored(slo: Slo) -> SloScored:
    invariant(slo.attainment is not None, "what is scored has its result")
    return SloScored.model_validate(_said(slo))
