"""What is refused of inquiries."""

from services.compensation.errors.base import CompensationError


class InquiryUnknown(CompensationError):
    """No inquiry has this id."""

    code = "inquiry-unknown"
    status = 404
    title = "No such inquiry"


class InquiryWindowClosed(CompensationError):
    """Statements of this plan year can be disputed no longer; the detail says since when, and what is left to do."""

    code = "inquiry-window-closed"
    status = 409
    title = "The time for inquiries is over"


class InquiryClosed(CompensationError):
    """The inquiry was answered or withdrawn, and stays so."""

    code = "inquiry-closed"
    status = 409
    title = "The inquiry is closed"


class ComponentUnknown(CompensationError):
    """The statement has no component of this code."""

    code = "component-unknown"
    status = 422
    title = "The statement has no such component"


class OpenerCannotAnswer(CompensationError):
    """Who opened an inquiry for an educator does not answer it."""

    code = "opener-cannot-answer"
    status = 403
    title = "Another person has to answer it"
