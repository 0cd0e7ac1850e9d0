"""The states of an SLO and the one table of steps between them."""

from collections.abc import Mapping
from enum import StrEnum

from services.slo.errors import (
    SloAlreadyScored,
    SloAlreadySubmitted,
    SloError,
    SloLocked,
    SloNotApproved,
    SloNotSubmitted,
)


class SloState(StrEnum):
    """Up to `returned` the educator writes; from `approved` on the targets are locked."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    SCORED = "scored"


class SloAction(StrEnum):
    REVISE = "revise"
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    AMEND = "amend"
    SCORE = "score"


TRANSITIONS: Mapping[tuple[SloState, SloAction], SloState] = {
    (SloState.DRAFT, SloAction.REVISE): SloState.DRAFT,
    (SloState.DRAFT, SloAction.SUBMIT): SloState.SUBMITTED,
    (SloState.RETURNED, SloAction.REVISE): SloState.RETURNED,
    (SloState.RETURNED, SloAction.SUBMIT): SloState.SUBMITTED,
    (SloState.SUBMITTED, SloAction.RETURN): SloState.RETURNED,
    (SloState.SUBMITTED, SloAction.APPROVE): SloState.APPROVED,
    (SloState.APPROVED, SloAction.AMEND): SloState.APPROVED,
    (SloState.APPROVED, SloAction.SCORE): SloState.SCORED,
    (SloState.SCORED, SloAction.SCORE): SloState.SCORED,
}
"""Every step there is; what is not here is refused."""

_REFUSALS: Mapping[SloAction, tuple[type[SloError], str]] = {
    SloAction.REVISE: (
        SloLocked,
        "only a draft or a returned SLO can be revised: ask a reviewer to return it, or to amend its targets",
    ),
    SloAction.SUBMIT: (SloAlreadySubmitted, "it can be submitted again once a reviewer has returned it"),
    SloAction.RETURN: (SloNotSubmitted, "only a submitted SLO can be returned: read it again"),
    SloAction.APPROVE: (SloNotSubmitted, "only a submitted SLO can be approved: read it again"),
    SloAction.AMEND: (SloNotApproved, "only an approved SLO has locked targets that can be amended"),
    SloAction.SCORE: (SloNotApproved, "only an approved SLO can be scored: let it be reviewed first"),
}


def next_state(state: SloState, action: SloAction) -> SloState:
    """Where `action` leads from `state`. Raises the error of the action where the table does not have the step."""
    found = TRANSITIONS.get((state, action))
    if found is None:
        if state is SloState.SCORED and action is SloAction.AMEND:
            raise SloAlreadyScored("its targets no longer change: score it again, with a reason, to correct the result")
        error, remedy = _REFUSALS[action]
        raise error(f"the SLO is {state}; {remedy}")
    return found
