"""What is refused of payment holds."""

from services.compensation.errors.base import CompensationError


class PaymentHoldUnknown(CompensationError):
    """No payment hold has this id."""

    code = "payment-hold-unknown"
    status = 404
    title = "No such payment hold"


class PaymentHoldLifted(CompensationError):
    """The hold was lifted before."""

    code = "payment-hold-lifted"
    status = 409
    title = "The hold was lifted already"


class HeldByInquiry(CompensationError):
    """The hold is an open inquiry's, and ends with it."""

    code = "held-by-inquiry"
    status = 409
    title = "An open inquiry holds the payment"
