"""The whole table of steps: each pair of state and action leads where it must, or is refused with its own error."""

import pytest

from services.slo.domain.states import TRANSITIONS, SloAction, SloState, next_state
from services.slo.errors import (
    SloAlreadyScored,
    SloAlreadySubmitted,
    SloError,
    SloLocked,
    SloNotApproved,
    SloNotSubmitted,
)

S, A = SloState, SloAction

# One row a state, one column an action: revise, submit, return, approve, amend, score.
TABLE: dict[SloState, tuple[SloState | type[SloError], ...]] = {
    S.DRAFT: (S.DRAFT, S.SUBMITTED, SloNotSubmitted, SloNotSubmitted, SloNotApproved, SloNotApproved),
    S.SUBMITTED: (SloLocked, SloAlreadySubmitted, S.RETURNED, S.APPROVED, SloNotApproved, SloNotApproved),
    S.RETURNED: (S.RETURNED, S.SUBMITTED, SloNotSubmitted, SloNotSubmitted, SloNotApproved, SloNotApproved),
    S.APPROVED: (SloLocked, SloAlreadySubmitted, SloNotSubmitted, SloNotSubmitted, S.APPROVED, S.SCORED),
    S.SCORED: (SloLocked, SloAlreadySubmitted, SloNotSubmitted, SloNotSubmitted, SloAlreadyScored, S.SCORED),
}
ACTIONS = (A.REVISE, A.SUBMIT, A.RETURN, A.APPROVE, A.AMEND, A.SCORE)
CELLS = [(state, action, row[at]) for state, row in TABLE.items() for at, action in enumerate(ACTIONS)]


@pytest.mark.parametrize(("state", "action", "outcome"), CELLS)
def test_each_step_leads_where_the_table_says_or_is_refused(
    state: SloState, action: SloAction, outcome: SloState | type[SloError]
) -> None:
    if isinstance(outcome, SloState):
        assert next_state(state, action) is outcome
    else:
        with pytest.raises(outcome, match=str(state) if outcome is not SloAlreadyScored else "reason") as refused:
            next_state(state, action)
        assert type(refused.value) is outcome


def test_the_table_speaks_of_every_state_and_every_action() -> None:
    assert set(TABLE) == set(SloState)
    assert set(ACTIONS) == set(SloAction)
    allowed = {(state, action): outcome for state, action, outcome in CELLS if isinstance(outcome, SloState)}
    assert allowed == TRANSITIONS
