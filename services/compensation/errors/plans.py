"""What is refused of plans."""

from services.compensation.errors.base import CompensationError


class PlanUnreadable(CompensationError):
    """The text is not YAML that a plan can be written in; nothing of it was understood."""

    code = "plan-unreadable"
    status = 400
    title = "The plan document cannot be read"


class PlanInvalid(CompensationError):
    """The document can be read but is not a plan; `errors` names each place with its remedy."""

    code = "plan-invalid"
    status = 422
    title = "The plan document is not valid"


class PlanVersionUnknown(CompensationError):
    """No plan version has this id."""

    code = "plan-version-unknown"
    status = 404
    title = "No such plan version"


class PlanAlreadyPublished(CompensationError):
    """The version is published or superseded; what was published never changes."""

    code = "plan-already-published"
    status = 409
    title = "The plan version is published already"


class WriterCannotPublish(CompensationError):
    """Who wrote a plan version cannot publish it."""

    code = "writer-cannot-publish"
    status = 403
    title = "Another person has to publish it"
    is_on_record = True


class PlanStepOutOfOrder(CompensationError):
    """The version is not in the state that this step begins from."""

    code = "plan-step-out-of-order"
    status = 409
    title = "The plan version is not ready for this step"


class WriterCannotOpenComments(CompensationError):
    """Who wrote a plan version can neither open it to public comment nor waive that."""

    code = "writer-cannot-open-comments"
    status = 403
    title = "Another person has to open it to comment"
    is_on_record = True


class WriterCannotApprove(CompensationError):
    """Who wrote a plan version cannot record that the board approved it."""

    code = "writer-cannot-approve"
    status = 403
    title = "Another person has to record the approval"
    is_on_record = True


class CommentsNotOpen(CompensationError):
    """The version is not open to public comment: not yet, not any more, or not at all."""

    code = "comments-not-open"
    status = 409
    title = "Not open to comment"


class CommentsStillOpen(CompensationError):
    """The board approves a plan when public comment is over."""

    code = "comments-still-open"
    status = 409
    title = "Public comment is not over"


class PlanDateDoesNotFit(CompensationError):
    """A date of a step cannot be: comments that close in the past, a board that approves in the future."""

    code = "plan-date-does-not-fit"
    status = 422
    title = "The date does not fit"


class AllPayNotDescribed(CompensationError):
    """Pay that is to count for retirement stands in minutes that describe all pay elements (34 TAC 25.24)."""

    code = "all-pay-not-described"
    status = 409
    title = "The minutes do not describe all pay"
