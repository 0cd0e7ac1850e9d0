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
from services.compensation.errors.placements import (
    NothingToPlace,
    OwnPlacement,
    PlacementAlreadyWithdrawn,
    PlacementInvalid,
    PlacementUnknown,
    RungNotReached,
    YearNotOver,
)
from services.compensation.errors.plans import (
    AllPayNotDescribed,
    CommentsNotOpen,
    CommentsStillOpen,
    PlanAlreadyPublished,
    PlanDateDoesNotFit,
    PlanInvalid,
    PlanStepOutOfOrder,
    PlanUnreadable,
    PlanVersionUnknown,
    WriterCannotApprove,
    WriterCannotOpenComments,
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
    "AllPayNotDescribed",
    "CampusesTooMany",
    "CommentsNotOpen",
    "CommentsStillOpen",
    "CommonFactsAbsent",
    "CompensationError",
    "DatabaseNotEmpty",
    "EducatorNotRostered",
    "LogDoesNotMatch",
    "NothingToPay",
    "NothingToPlace",
    "NothingToSettle",
    "OwnPlacement",
    "PayoutBatchUnknown",
    "PayoutLineUnknown",
    "PayoutStepOutOfOrder",
    "PlacementAlreadyWithdrawn",
    "PlacementInvalid",
    "PlacementUnknown",
    "PlanAlreadyPublished",
    "PlanDateDoesNotFit",
    "PlanInvalid",
    "PlanOfAnotherYear",
    "PlanStepOutOfOrder",
    "PlanUnreadable",
    "PlanVersionUnknown",
    "PreparerCannotApprove",
    "RungNotReached",
    "StatementAbsent",
    "WhatIfNotDone",
    "WhatIfUnknown",
    "WhatIfWithoutPlan",
    "WhatIfsOfSeveralYears",
    "WriterCannotApprove",
    "WriterCannotOpenComments",
    "WriterCannotPublish",
    "YearClosed",
    "YearNotOver",
    "YearNotSettled",
]
