"""What is refused of payout layouts and of exports by them."""

from services.compensation.errors.base import CompensationError


class LayoutInvalid(CompensationError):
    """The document is not a payout layout; the errors name place and remedy."""

    code = "payout-layout-invalid"
    status = 422
    title = "The layout is not valid"


class LayoutUnknown(CompensationError):
    """No payout layout has this code."""

    code = "payout-layout-unknown"
    status = 404
    title = "No such payout layout"


class ValueDoesNotFit(CompensationError):
    """A value is longer than its field, or cannot be written in the layout's characters. Nothing is ever cut off."""

    code = "value-does-not-fit"
    status = 409
    title = "A value does not fit its field"
