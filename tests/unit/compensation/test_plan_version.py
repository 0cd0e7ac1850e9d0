"""A plan version's days are those of its own time zone, whatever day it is in Greenwich."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.compensation.domain import BoardApproval, PlanState, PlanVersion
from services.compensation.errors import (
    AllPayNotDescribed,
    CommentsNotOpen,
    CommentsStillOpen,
    PlanDateDoesNotFit,
    PlanStepOutOfOrder,
)
from services.compensation.policy.plan import content_hash, document_of, parse_plan
from shared.kernel.ids import uuid7
from tests.support.policy_facts import HARMONY

PLAN = parse_plan(HARMONY)
MIDNIGHT_IN_TEXAS = datetime(2020, 8, 17, 5, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def version(state: PlanState, **further: object) -> PlanVersion:
    made = PlanVersion(
        id=uuid7(MIDNIGHT_IN_TEXAS),
        plan=PLAN.code,
        version=1,
        plan_year=PLAN.plan_year,
        content_hash=content_hash(PLAN),
        document=document_of(PLAN),
        state=state,
        written_by="writer",
        written_at=MIDNIGHT_IN_TEXAS,
    )
    return replace(made, **further)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", list(PlanState))
def test_a_published_version_is_effective_from_the_first_midnight_of_its_period(state: PlanState) -> None:
    assert version(state).is_effective(MIDNIGHT_IN_TEXAS) == (state is PlanState.PUBLISHED)
    assert not version(state).is_effective(MIDNIGHT_IN_TEXAS - SECOND)


@pytest.mark.parametrize(("day", "fits"), [(15, False), (16, True), (17, False)])
def test_the_board_approves_between_the_end_of_comment_and_today(day: int, fits: bool) -> None:
    """In Greenwich both is the 17th already."""
    closed = version(PlanState.PUBLIC_COMMENT, comments_close_at=MIDNIGHT_IN_TEXAS - 2 * SECOND)
    approval = BoardApproval("item 7", date(2020, 8, day), describes_all_pay=True)
    now = MIDNIGHT_IN_TEXAS - SECOND
    if fits:
        assert closed.approve("approver", now, approval).approval == approval
    else:
        with pytest.raises(PlanDateDoesNotFit, match=r"in the future: on 2020-08-16$"):
            closed.approve("approver", now, approval)


def test_comments_are_taken_until_the_moment_they_close_and_not_at_it() -> None:
    open_ = version(PlanState.IN_REVIEW).open_comments("approver", MIDNIGHT_IN_TEXAS, MIDNIGHT_IN_TEXAS + SECOND)
    assert open_.comment(open_.id, "ana", MIDNIGHT_IN_TEXAS, "What of us?").text == "What of us?"
    with pytest.raises(CommentsNotOpen):
        open_.comment(open_.id, "ana", MIDNIGHT_IN_TEXAS + SECOND, "What of us?")


def test_the_board_is_awaited_until_a_moment_of_the_plans_own_zone() -> None:
    open_ = version(PlanState.PUBLIC_COMMENT, comments_close_at=MIDNIGHT_IN_TEXAS)
    approval = BoardApproval("item 7", date(2020, 8, 16), describes_all_pay=True)
    with pytest.raises(CommentsStillOpen, match="until 2020-08-17 00:00:00 America/Chicago: record the approval then"):
        open_.approve("approver", MIDNIGHT_IN_TEXAS - SECOND, approval)


def test_what_was_approved_before_minutes_were_checked_is_not_published() -> None:
    document = document_of(PLAN)
    document["components"][0]["retirement"] = True
    approval = BoardApproval("item 7", date(2020, 8, 17), describes_all_pay=False)
    approved = version(PlanState.BOARD_APPROVED, approval=approval, document=document)
    with pytest.raises(AllPayNotDescribed, match=r"34 TAC 25\.24"):
        approved.publish("approver", MIDNIGHT_IN_TEXAS)


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        (PlanState.DRAFT, "is a draft: ask for its review next"),
        (PlanState.IN_REVIEW, "is in review: open it to public comment next, or waive that"),
        (PlanState.PUBLIC_COMMENT, "is in public comment: record the board's approval next"),
        (PlanState.BOARD_APPROVED, "is approved by the board: publish it next"),
        (PlanState.RETURNED, "is returned for good: write the mended plan as the next version"),
    ],
)
def test_a_step_out_of_order_is_refused_with_the_one_to_take(state: PlanState, remedy: str) -> None:
    begun = version(state)
    by, at = "approver", MIDNIGHT_IN_TEXAS
    with pytest.raises(PlanStepOutOfOrder, match=f"{remedy}; nothing was changed"):
        begun.publish(by, at) if state is PlanState.DRAFT else begun.ask_for_review()
