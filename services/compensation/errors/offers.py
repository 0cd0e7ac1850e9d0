"""What is refused of offers."""

from services.compensation.errors.base import CompensationError


class OfferUnknown(CompensationError):
    """The educator's statement has no offer of this code."""

    code = "offer-unknown"
    status = 404
    title = "No such offer"


class OfferClosed(CompensationError):
    """The time to answer is over, or money of the plan year is approved already; the last answer stands."""

    code = "offer-closed"
    status = 409
    title = "The offer can be answered no longer"


class ReasonMissing(CompensationError):
    """Who acts for somebody else says why."""

    code = "reason-missing"
    status = 422
    title = "A reason is required"
