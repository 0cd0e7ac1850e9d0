"""The errors of compensation, each a statement of fact with a stable code, a status and a remedy in its detail."""

from services.compensation.errors.base import CompensationError
from services.compensation.errors.educators import (
    EducatorNotRostered,
    StatementAbsent,
)
from services.compensation.errors.evaluator_snapshots import (
    NothingToSnapshot,
    PseudonymKeyMissing,
    PseudonymsCollide,
    SnapshotFileUnknown,
    SnapshotUnknown,
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
    "LogDoesNotMatch",
    "NothingToPay",
    "NothingToSettle",
    "NothingToSnapshot",
    "PayoutBatchUnknown",
    "PayoutLineUnknown",
    "PayoutStepOutOfOrder",
    "PlanAlreadyPublished",
    "PlanInvalid",
    "PlanUnreadable",
    "PlanVersionUnknown",
    "PreparerCannotApprove",
    "PseudonymKeyMissing",
    "PseudonymsCollide",
    "SnapshotFileUnknown",
    "SnapshotUnknown",
    "StatementAbsent",
    "WriterCannotPublish",
    "YearClosed",
    "YearNotSettled",
]
