"""What is refused of payouts."""

from services.compensation.errors.base import CompensationError


class NothingToPay(CompensationError):
    """The ledger holds nothing for the year that is not in a batch already."""

    code = "nothing-to-pay"
    status = 409
    title = "Nothing to pay"


class PayoutBatchUnknown(CompensationError):
    """No payout batch has this id."""

    code = "payout-batch-unknown"
    status = 404
    title = "No such payout batch"


class PayoutLineUnknown(CompensationError):
    """The answer names a line that the batch does not have."""

    code = "payout-line-unknown"
    status = 422
    title = "The batch has no such line"


class PayoutStepOutOfOrder(CompensationError):
    """The batch is not in the state that this step begins from."""

    code = "payout-step-out-of-order"
    status = 409
    title = "The batch is not ready for this step"


class PreparerCannotApprove(CompensationError):
    """Who prepared a batch cannot approve it."""

    code = "preparer-cannot-approve"
    status = 403
    title = "Another person has to approve it"
    is_on_record = True


class EstimatesNotAccepted(CompensationError):
    """The year of a batch was open when it was prepared, and who approves it did not say that they know."""

    code = "estimates-not-accepted"
    status = 409
    title = "The batch pays estimates"


class ReleaserNotSeparate(CompensationError):
    """Who prepared or approved a batch cannot seal it, since sealing releases it to payroll."""

    code = "releaser-not-separate"
    status = 403
    title = "A third person has to seal it"


class LinesOnHold(CompensationError):
    """The batch has lines of somebody whose payment was put on hold since it was prepared."""

    code = "lines-on-hold"
    status = 409
    title = "Lines of the batch are on hold"


class AcknowledgementDoesNotMatch(CompensationError):
    """Count, total or hash of the acknowledgement are not those of the batch."""

    code = "acknowledgement-does-not-match"
    status = 409
    title = "Payroll counted something else"


class LinesNotOwed(CompensationError):
    """Since the batch was prepared somebody in it came to be owed less: paid as it stands, it would pay too much."""

    code = "lines-not-owed"
    status = 409
    title = "The batch would pay too much"
