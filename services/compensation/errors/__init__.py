"""The errors of compensation, each a statement of fact with a stable code, a status and a remedy in its detail."""

from services.compensation.errors.base import CompensationError
from services.compensation.errors.educators import (
    EducatorNotRostered,
    StatementAbsent,
)
from services.compensation.errors.holds import PaymentHoldLifted, PaymentHoldUnknown
from services.compensation.errors.layouts import LayoutInvalid, LayoutUnknown, ValueDoesNotFit
from services.compensation.errors.payouts import (
    AcknowledgementDoesNotMatch,
    LinesOnHold,
    NothingToPay,
    PayoutBatchUnknown,
    PayoutLineUnknown,
    PayoutStepOutOfOrder,
    PreparerCannotApprove,
    ReleaserNotSeparate,
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
from services.compensation.errors.recoveries import (
    InstalmentsDoNotMatch,
    NothingOverpaid,
    OpenerCannotApprove,
    PaymentUnderWay,
    RecoveryStepOutOfOrder,
    RecoveryUnknown,
)
from services.compensation.errors.years import (
    CampusesTooMany,
    CommonFactsAbsent,
    NothingToSettle,
    YearClosed,
    YearNotSettled,
)

__all__ = [
    "AcknowledgementDoesNotMatch",
    "CampusesTooMany",
    "CommonFactsAbsent",
    "CompensationError",
    "DatabaseNotEmpty",
    "EducatorNotRostered",
    "InstalmentsDoNotMatch",
    "LayoutInvalid",
    "LayoutUnknown",
    "LinesOnHold",
    "LogDoesNotMatch",
    "NothingOverpaid",
    "NothingToPay",
    "NothingToSettle",
    "OpenerCannotApprove",
    "PaymentHoldLifted",
    "PaymentHoldUnknown",
    "PaymentUnderWay",
    "PayoutBatchUnknown",
    "PayoutLineUnknown",
    "PayoutStepOutOfOrder",
    "PlanAlreadyPublished",
    "PlanInvalid",
    "PlanUnreadable",
    "PlanVersionUnknown",
    "PreparerCannotApprove",
    "RecoveryStepOutOfOrder",
    "RecoveryUnknown",
    "ReleaserNotSeparate",
    "StatementAbsent",
    "ValueDoesNotFit",
    "WriterCannotPublish",
    "YearClosed",
    "YearNotSettled",
]
