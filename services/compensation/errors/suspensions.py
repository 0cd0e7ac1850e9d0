"""What is refused while payouts are suspended."""

from services.compensation.errors.base import CompensationError


class PayoutsSuspended(CompensationError):
    """This database may not know of all that was paid: it was rebuilt from the log, or came from a backup."""

    code = "payouts-suspended"
    status = 409
    title = "Payouts are suspended"
    is_on_record = True


class PayoutsNotWhole(CompensationError):
    """Payouts cannot be resumed: they are not what payroll was given, or the books do not tie out."""

    code = "payouts-not-whole"
    status = 409
    title = "The payouts are not whole"
