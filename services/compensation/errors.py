"""The errors of compensation, each a statement of fact with a stable code, a status and a remedy in its detail."""

from shared.kernel.errors import RungError


class CompensationError(RungError):
    """Base of all that compensation refuses."""

    code = "compensation-error"
    status = 400
    title = "Compensation cannot do this"


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


class EducatorNotRostered(CompensationError):
    """Something was to be kept of somebody whom no roster has brought."""

    code = "educator-not-rostered"
    status = 422
    title = "No roster has brought this educator"


class CommonFactsAbsent(CompensationError):
    """Nothing is kept yet that would be common to all educators of the year."""

    code = "common-facts-absent"
    status = 404
    title = "Nothing is kept for this year"


class YearClosed(CompensationError):
    """The plan year was settled for good; what everybody's pay rests on does not change any more."""

    code = "year-closed"
    status = 409
    title = "The plan year is closed"


class CampusesTooMany(CompensationError):
    """What is to be kept of campuses is more than an event can tell."""

    code = "campuses-too-many"
    status = 422
    title = "Too much for one plan year"


class YearNotSettled(CompensationError):
    """What depends on all educators at once is an estimate still, and estimates are not paid."""

    code = "year-not-settled"
    status = 409
    title = "The plan year is not settled"


class NothingToSettle(CompensationError):
    """No plan is published for the year, or the one that is looks at nobody else's work."""

    code = "nothing-to-settle"
    status = 409
    title = "Nothing to settle"


class StatementAbsent(CompensationError):
    """There is no statement of this educator for this plan year; the detail says why."""

    code = "statement-absent"
    status = 404
    title = "No statement"


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


class AcknowledgementDoesNotMatch(CompensationError):
    """Count, total or hash of the acknowledgement are not those of the batch."""

    code = "acknowledgement-does-not-match"
    status = 409
    title = "Payroll counted something else"


class LogDoesNotMatch(CompensationError):
    """A replay of the log does not come to what was published."""

    code = "log-does-not-match"
    status = 409
    title = "The log does not come to what was published"


class DatabaseNotEmpty(CompensationError):
    """A rebuild was asked for in a database that has accounts or plans already."""

    code = "database-not-empty"
    status = 409
    title = "The database is not empty"
