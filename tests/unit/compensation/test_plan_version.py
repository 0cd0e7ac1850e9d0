"""A plan version's days are those of its own time zone, whatever day it is in Greenwich."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.compensation.domain import BoardApproval, PlanState, PlanVersion
from services.compensation.errors import CommentsNotOpen, PlanDateDoesNotFit
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
        with pytest.raises(PlanDateDoesNotFit):
            closed.approve("approver", now, approval)


def test_comments_are_taken_until_the_moment_they_close_and_not_at_it() -> None:
    open_ = version(PlanState.IN_REVIEW).open_comments("approver", MIDNIGHT_IN_TEXAS, MIDNIGHT_IN_TEXAS + SECOND)
    assert open_.comment(open_.id, "ana", MIDNIGHT_IN_TEXAS, "What of us?").text == "What of us?"
    with pytest.raises(CommentsNotOpen):
        open_.comment(open_.id, "ana", MIDNIGHT_IN_TEXAS + SECOND, "What of us?")
