"""What each step makes of an SLO, and what is published of it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import pytest

from services.slo.domain.states import SloState
from services.slo.domain.steps import amend_targets, event_of, load, revise, submit, take_review, take_score
from services.slo.domain.values import Attainment, Review, ReviewDecision, Slo, SloContent, StartingLevel, Target
from services.slo.errors import SloAlreadyScored, SloIncomplete
from shared.events.slo import SloApproved, SloScored
from tests.support.slo import CONTENT, GOOD_SCORES, TEACHER, past, slo_in

MONDAY = date(2020, 9, 21)
AT = datetime(2020, 9, 21, 22, 59, 59, 999_999, tzinfo=UTC)
RESULT = Attainment(Decimal("82.5"), 4, date(2021, 5, 14), 40, 33)


def review(decision: ReviewDecision) -> Review:
    return Review(decision, "approval", 1, GOOD_SCORES, Decimal("3.00"), "good", MONDAY, None)


class TestRevise:
    def test_a_revision_replaces_the_content_and_is_not_published(self) -> None:
        draft = slo_in(SloState.DRAFT)
        content = replace(CONTENT, subject="Dance")
        revised = revise(draft, content)
        assert (revised.content.subject, revised.revision, revised.version) == ("Dance", draft.revision + 1, 0)


class TestSubmit:
    def test_a_complete_draft_is_submitted_with_day_and_person(self) -> None:
        submitted = submit(slo_in(SloState.DRAFT), on=MONDAY, by="ana")
        assert (submitted.state, submitted.submitted_on, submitted.submitted_by) == (SloState.SUBMITTED, MONDAY, "ana")

    @pytest.mark.parametrize(
        ("content", "pointer"),
        [
            (replace(CONTENT, standards=()), "/standards"),
            (replace(CONTENT, strategies=()), "/strategies"),
            (replace(CONTENT, assessments=()), "/assessments"),
            (replace(CONTENT, population={}, targets={}), "/population"),
            (replace(CONTENT, population={StartingLevel.BELOW: 0}), "/population"),
            (replace(CONTENT, targets={StartingLevel.BELOW: Target("gain")}), "/targets/typical"),
        ],
    )
    def test_each_missing_part_is_named(self, content: SloContent, pointer: str) -> None:
        with pytest.raises(SloIncomplete) as refused:
            submit(slo_in(SloState.DRAFT, content=content), on=MONDAY, by="ana")
        assert [error.pointer for error in refused.value.errors] == [pointer]

    def test_a_level_without_students_needs_no_target(self) -> None:
        assert StartingLevel.ABOVE not in CONTENT.targets
        assert submit(slo_in(SloState.RETURNED), on=MONDAY, by="ana").state is SloState.SUBMITTED


class TestReview:
    def test_an_approval_is_published_as_the_first_version(self) -> None:
        approved, event = take_review(slo_in(SloState.SUBMITTED), review(ReviewDecision.APPROVE), now=AT)
        assert approved.state is SloState.APPROVED
        assert isinstance(event, SloApproved)
        assert (event.educator_id, event.version, event.approved_on, event.approved_at) == (TEACHER, 1, MONDAY, AT)
        assert (event.quality_score, event.attainment_percent, event.score) == ("3.00", None, None)

    def test_a_return_is_published_to_nobody_and_leaves_no_quality_score(self) -> None:
        returned, event = take_review(slo_in(SloState.SUBMITTED), review(ReviewDecision.RETURN), now=AT)
        assert (returned.state, returned.quality_score) == (SloState.RETURNED, None)
        assert (returned.approved_on, returned.approved_at) == (None, None)
        assert event is None


class TestAmendment:
    TARGETS: ClassVar = {StartingLevel.BELOW: Target("gain one"), StartingLevel.TYPICAL: Target("keep")}

    def test_amended_targets_are_a_new_version_with_day_and_moment_of_approval_kept(self) -> None:
        amended, event = amend_targets(slo_in(SloState.APPROVED, approved_at=AT), self.TARGETS)
        assert (amended.state, amended.version, amended.content.targets) == (SloState.APPROVED, 2, self.TARGETS)
        assert (event.version, event.approved_on, event.approved_at) == (2, date(2020, 9, 21), AT)

    def test_targets_must_still_cover_all_students(self) -> None:
        with pytest.raises(SloIncomplete):
            amend_targets(slo_in(SloState.APPROVED), {StartingLevel.BELOW: Target("gain one")})


class TestScore:
    def test_a_score_is_published_whole_as_the_next_version(self) -> None:
        scored, event = take_score(slo_in(SloState.APPROVED), RESULT, reason=None)
        assert scored.state is SloState.SCORED
        assert isinstance(event, SloScored)
        assert (event.version, event.attainment_percent, event.score) == (2, "82.5", 4)
        assert (event.quality_score, event.approved_on) == ("3.00", date(2020, 9, 21))

    def test_a_second_score_needs_a_reason_and_is_a_new_version(self) -> None:
        with pytest.raises(SloAlreadyScored, match="reason"):
            take_score(slo_in(SloState.SCORED), RESULT, reason=None)
        _, event = take_score(slo_in(SloState.SCORED), RESULT, reason="two students were counted twice")
        assert event.version == 3


def loaded(**changes: Any) -> Slo:
    line = past(**changes)
    rating = None if line.attainment_percent is None else 4
    return load(line, slo_id=UUID(int=5), educator_id=TEACHER, quality_score=Decimal("3.00"), rating=rating)


class TestLoad:
    def test_a_scored_line_is_published_once_in_its_last_state(self) -> None:
        event = event_of(loaded())
        assert isinstance(event, SloScored)
        assert (event.version, event.attainment_percent, event.score) == (1, "82.5", 4)

    def test_an_approved_line_without_a_result_is_published_as_approved(self) -> None:
        slo = loaded(attainment_percent=None, scored_on=None)
        assert slo.state is SloState.APPROVED
        assert isinstance(event_of(slo), SloApproved)

    def test_a_line_that_was_never_approved_is_returned_and_published_to_nobody(self) -> None:
        slo = loaded(approved_on=None, attainment_percent=None, scored_on=None)
        assert (slo.state, slo.version, slo.quality_score) == (SloState.RETURNED, 0, None)
        assert event_of(slo) is None
