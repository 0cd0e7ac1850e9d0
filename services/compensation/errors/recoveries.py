"""What is refused of recoveries of overpayments."""

from services.compensation.errors.base import CompensationError


class NothingOverpaid(CompensationError):
    """The educator was not paid more than the statements of the year come to."""

    code = "nothing-overpaid"
    status = 409
    title = "Nothing was overpaid"


class PaymentUnderWay(CompensationError):
    """A batch with lines of the educator is not answered by payroll yet, so that what was overpaid is not certain."""

    code = "payment-under-way"
    status = 409
    title = "A payment is under way"


class InstalmentsDoNotMatch(CompensationError):
    """The instalments do not sum to exactly what was overpaid."""

    code = "instalments-do-not-match"
    status = 409
    title = "The instalments are not what was overpaid"


class RecoveryUnknown(CompensationError):
    """No recovery has this id."""

    code = "recovery-unknown"
    status = 404
    title = "No such recovery"


class RecoveryStepOutOfOrder(CompensationError):
    """The recovery is not in the state that this step begins from."""

    code = "recovery-step-out-of-order"
    status = 409
    title = "The recovery is not ready for this step"


class OpenerCannotApprove(CompensationError):
    """Who opened a recovery cannot approve it."""

    code = "opener-cannot-approve"
    status = 403
    title = "Another person has to approve it"
