"""The errors of compensation, each a statement of fact with a stable code, a status and a remedy in its detail."""

from services.compensation.errors.base import CompensationError
from services.compensation.errors.books import (
    AccountingPeriodClosed,
    AccountingPeriodNotClosed,
    AccountingPeriodNotOver,
    BudgetAbsent,
    BudgetChanged,
    CloserCannotReopen,
)
from services.compensation.errors.educators import (
    EducatorNotRostered,
    StatementAbsent,
)
from services.compensation.errors.payouts import (
    AcknowledgementDoesNotMatch,
    NothingToPay,
    PayoutBatchUnknown,
    PayoutLineUnknown,
    PayoutStepOutOfOrder,
    PreparerCannotApprove,
)
from services.compensation.errors.plans import (
    PlanAlreadyPublished,
    PlanInvalid,
    PlanUnreadable,
    PlanVersionUnknown,
    WriterCannotPublish,
)
from services.compensation.errors.rebuilding import (
    DatabaseNotEmpty,
    LogDoesNotMatch,
)
from services.compensation.errors.years import (
    CampusesTooMany,
    CommonFactsAbsent,
    NothingToSettle,
    YearBeingPaid,
    YearClosed,
    YearNotClosed,
    YearNotSettled,
)

__all__ = [
    "AccountingPeriodClosed",
    "AccountingPeriodNotClosed",
    "AccountingPeriodNotOver",
    "AcknowledgementDoesNotMatch",
    "BudgetAbsent",
    "BudgetChanged",
    "CampusesTooMany",
    "CloserCannotReopen",
    "CommonFactsAbsent",
    "CompensationError",
    "DatabaseNotEmpty",
    "EducatorNotRostered",
    "LogDoesNotMatch",
    "NothingToPay",
    "NothingToSettle",
    "PayoutBatchUnknown",
    "PayoutLineUnknown",
    "PayoutStepOutOfOrder",
    "PlanAlreadyPublished",
    "PlanInvalid",
    "PlanUnreadable",
    "PlanVersionUnknown",
    "PreparerCannotApprove",
    "StatementAbsent",
    "WriterCannotPublish",
    "YearBeingPaid",
    "YearClosed",
    "YearNotClosed",
    "YearNotSettled",
]
