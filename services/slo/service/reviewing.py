"""The reviewer's part: approve or return a submission, amend locked targets, score the result. Never one's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.slo.domain.steps import amend_targets, take_review, take_score
from services.slo.domain.values import Attainment, Review, ReviewDecision, Slo, StartingLevel, Target, VersionCause
from services.slo.policy import ApprovalRubric, attainment_percent, judge, rate
from services.slo.repository import history, slos
from services.slo.repository.history import GivenReview, PublishedVersion
from services.slo.service.access import slo_to_review
from shared.events.slo import SloApproved, SloScored
from shared.kernel.clock import Clock
from shared.messaging import outbox
from shared.web.auth import Principal
from shared.web.conditional import Precondition, version_tag


@dataclass(frozen=True, slots=True)
class ReviewWord:
    """What a reviewer says of a submission; `precondition` names the revision they have read, where they say so."""

    decision: ReviewDecision
    scores: Mapping[str, int]
    comment: str | None
    precondition: Precondition | None


@dataclass(frozen=True, slots=True)
class ScoreWord:
    """How many of the students met their target; a second score needs the reason for it."""

    students: int
    students_met: int
    reason: str | None


async def review_slo(
    connection: AsyncConnection,
    clock: Clock,
    *,
    principal: Principal,
    slo_id: UUID,
    rubric: ApprovalRubric,
    word: ReviewWord,
) -> Slo:
    """Approve, which locks the targets and is published, or return.

    Raises SloUnknown, NotYours, ReviewerIsTheEducator, StaleVersion, SloNotSubmitted, RubricScoreUnknown, RubricNotMet.
    """
    now = clock.now()
    current = await slo_to_review(connection, principal, slo_id)
    if word.precondition is not None:
        word.precondition.require(version_tag(current.revision))
    review = Review(
        decision=word.decision,
        rubric=rubric.code,
        rubric_version=rubric.version,
        scores=word.scores,
        quality_score=judge(rubric, word.scores, word.decision),
        comment=word.comment,
        reviewed_on=now.date(),
        reviewer_id=principal.educator_id,
    )
    reviewed, event = take_review(current, review, now=now)
    number = await history.next_review_number(connection, slo_id)
    await slos.save_slo(connection, reviewed)
    await history.add_reviews(connection, [GivenReview(reviewed, review, principal.subject, now)], number=number)
    if event is not None:
        await _publish(
            connection, event, PublishedVersion(reviewed, VersionCause.APPROVE, None, principal.subject, now)
        )
    return reviewed


async def amend_slo_targets(
    connection: AsyncConnection,
    clock: Clock,
    *,
    principal: Principal,
    slo_id: UUID,
    targets: Mapping[StartingLevel, Target],
    reason: str,
) -> Slo:
    """Change locked targets, for extreme circumstances and with the reason kept: a new version.

    Raises SloUnknown, NotYours, ReviewerIsTheEducator, SloNotApproved, SloAlreadyScored, SloIncomplete.
    """
    current = await slo_to_review(connection, principal, slo_id)
    amended, event = amend_targets(current, targets)
    await slos.save_slo(connection, amended)
    published = PublishedVersion(amended, VersionCause.AMEND, reason, principal.subject, clock.now())
    await _publish(connection, event, published)
    return amended


async def score_slo(
    connection: AsyncConnection, clock: Clock, *, principal: Principal, slo_id: UUID, word: ScoreWord
) -> Slo:
    """Give the result, rated by its percentage: a new version.

    Raises SloUnknown, NotYours, ReviewerIsTheEducator, SloNotApproved, SloAlreadyScored.
    """
    now = clock.now()
    current = await slo_to_review(connection, principal, slo_id)
    percent = attainment_percent(word.students_met, word.students)
    attainment = Attainment(percent, rate(percent), now.date(), word.students, word.students_met)
    scored, event = take_score(current, attainment, reason=word.reason)
    await slos.save_slo(connection, scored)
    await _publish(connection, event, PublishedVersion(scored, VersionCause.SCORE, word.reason, principal.subject, now))
    return scored


async def _publish(connection: AsyncConnection, event: SloApproved | SloScored, published: PublishedVersion) -> None:
    await history.add_versions(connection, [published])
    await outbox.record(connection, [event], now=published.recorded_at)
