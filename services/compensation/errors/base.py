"""The base of all that compensation refuses."""

from shared.kernel.errors import RungError


class CompensationError(RungError):
    """Base of all that compensation refuses."""

    code = "compensation-error"
    status = 400
    title = "Compensation cannot do this"
