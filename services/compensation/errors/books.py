"""What is refused of accounting periods and budgets."""

from services.compensation.errors.base import CompensationError


class AccountingPeriodClosed(CompensationError):
    """The month was closed already; its totals are frozen."""

    code = "accounting-period-closed"
    status = 409
    title = "The month is closed"


class AccountingPeriodNotClosed(CompensationError):
    """Only a closed month can be reopened."""

    code = "accounting-period-not-closed"
    status = 409
    title = "The month is not closed"


class AccountingPeriodNotOver(CompensationError):
    """The month is not over in every time zone: entries may still land in it."""

    code = "accounting-period-not-over"
    status = 409
    title = "The month is not over"


class CloserCannotReopen(CompensationError):
    """Who closed a month or a plan year cannot reopen it."""

    code = "closer-cannot-reopen"
    status = 403
    title = "Another person has to reopen it"


class BudgetAbsent(CompensationError):
    """No budget is kept for the plan year."""

    code = "budget-absent"
    status = 404
    title = "No budget"


class BudgetChanged(CompensationError):
    """The budget that was to be replaced is not the one that stands."""

    code = "budget-changed"
    status = 409
    title = "Another budget stands"
