"""The errors of compensation, each a statement of fact with a stable code, a status and a remedy in its detail."""

from services.compensation.errors.base import CompensationError
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
from services.compensation.errors.what_ifs import (
    PlanOfAnotherYear,
    WhatIfNotDone,
    WhatIfsOfSeveralYears,
    WhatIfUnknown,
    WhatIfWithoutPlan,
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
    "PayoutBatchUnknown",
    "PayoutLineUnknown",
    "PayoutStepOutOfOrder",
    "PlanAlreadyPublished",
    "PlanInvalid",
    "PlanOfAnotherYear",
    "PlanUnreadable",
    "PlanVersionUnknown",
    "PreparerCannotApprove",
    "StatementAbsent",
    "WhatIfNotDone",
    "WhatIfUnknown",
    "WhatIfWithoutPlan",
    "WhatIfsOfSeveralYears",
    "WriterCannotPublish",
    "YearClosed",
    "YearNotSettled",
]
