"""The errors of compensation, each a statement of fact with a stable code, a status and a remedy in its detail."""

from services.compensation.errors.base import CompensationError
from services.compensation.errors.educators import (
    EducatorNotRostered,
    StatementAbsent,
)
from services.compensation.errors.inquiries import (
    ComponentUnknown,
    InquiryClosed,
    InquiryOfOwnPay,
    InquiryUnknown,
    InquiryWindowClosed,
)
from services.compensation.errors.offers import OfferClosed, OfferUnknown, ReasonMissing
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
    YearClosed,
    YearNotSettled,
)

__all__ = [
    "AcknowledgementDoesNotMatch",
    "CampusesTooMany",
    "CommonFactsAbsent",
    "CompensationError",
    "ComponentUnknown",
    "DatabaseNotEmpty",
    "EducatorNotRostered",
    "InquiryClosed",
    "InquiryOfOwnPay",
    "InquiryUnknown",
    "InquiryWindowClosed",
    "LogDoesNotMatch",
    "NothingToPay",
    "NothingToSettle",
    "OfferClosed",
    "OfferUnknown",
    "PayoutBatchUnknown",
    "PayoutLineUnknown",
    "PayoutStepOutOfOrder",
    "PlanAlreadyPublished",
    "PlanInvalid",
    "PlanUnreadable",
    "PlanVersionUnknown",
    "PreparerCannotApprove",
    "ReasonMissing",
    "StatementAbsent",
    "WriterCannotPublish",
    "YearClosed",
    "YearNotSettled",
]
