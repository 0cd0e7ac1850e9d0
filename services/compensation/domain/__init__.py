"""What compensation reasons about: facts and decisions, accounts, plan versions, payouts. Values only, no I/O."""

from services.compensation.domain.account_codes import AccountCodes, AccountPlace
from services.compensation.domain.accounts import (
    Account,
    Arrival,
    LedgerEntry,
    NewStatement,
    NewTotal,
    RecordedFact,
    StandingTotal,
)
from services.compensation.domain.attributes import OFFER_ATTRIBUTE, Attribute, AttributeKey
from services.compensation.domain.budgets import Budget, BudgetPlace, BudgetPosition, CostToDate, Forecast
from services.compensation.domain.common_facts import CommonFacts
from services.compensation.domain.evaluator_snapshots import EvaluatorSnapshot, SnapshotFile, SnapshotState
from services.compensation.domain.facts import Decision, EducatorFacts, Fact, FactKind, Place, moment_text
from services.compensation.domain.general_ledger import (
    TRANSFERS,
    AccountingPeriod,
    LedgerAccount,
    PaymentKind,
    PeriodInFull,
    PeriodStep,
    month_after,
    month_of,
)
from services.compensation.domain.holds import HoldSource, PaymentHold
from services.compensation.domain.inquiries import (
    Inquiry,
    InquiryCategory,
    InquiryFilter,
    InquiryOutcome,
    InquiryState,
    InquiryStep,
    InquiryStepKind,
)
from services.compensation.domain.offers import AnsweredOffer, OfferAnswer
from services.compensation.domain.payables import Division, Overpayment, Payable
from services.compensation.domain.payouts import (
    AcceptedLine,
    DistrictTotal,
    LineKind,
    PayoutBatch,
    PayoutLine,
    PayoutState,
)
from services.compensation.domain.placements import (
    Confirmer,
    NewPlacement,
    Placement,
    PlacementKey,
    PlacementKind,
    PlacementTerms,
)
from services.compensation.domain.plans import BoardApproval, PlanComment, PlanState, PlanStep, PlanVersion
from services.compensation.domain.reconciliation import Check, Found
from services.compensation.domain.recoveries import (
    Instalment,
    InstalmentPart,
    InstalmentState,
    OverpaymentCause,
    Recovery,
    RecoveryStanding,
    RecoveryState,
    StandingPart,
)
from services.compensation.domain.refusals import RefusedStep
from services.compensation.domain.statements import Choice, Payment, Progress, StatementStatus, StoredStatement
from services.compensation.domain.suspensions import PayoutSuspension, Released
from services.compensation.domain.what_ifs import WhatIf, WhatIfOutcome, WhatIfRow, WhatIfState

__all__ = [
    "OFFER_ATTRIBUTE",
    "TRANSFERS",
    "AcceptedLine",
    "Account",
    "AccountCodes",
    "AccountPlace",
    "AccountingPeriod",
    "AnsweredOffer",
    "Arrival",
    "Attribute",
    "AttributeKey",
    "BoardApproval",
    "Budget",
    "BudgetPlace",
    "BudgetPosition",
    "Check",
    "Choice",
    "CommonFacts",
    "Confirmer",
    "CostToDate",
    "Decision",
    "DistrictTotal",
    "Division",
    "EducatorFacts",
    "EvaluatorSnapshot",
    "Fact",
    "FactKind",
    "Forecast",
    "Found",
    "HoldSource",
    "Inquiry",
    "InquiryCategory",
    "InquiryFilter",
    "InquiryOutcome",
    "InquiryState",
    "InquiryStep",
    "InquiryStepKind",
    "Instalment",
    "InstalmentPart",
    "InstalmentState",
    "LedgerAccount",
    "LedgerEntry",
    "LineKind",
    "NewPlacement",
    "NewStatement",
    "NewTotal",
    "OfferAnswer",
    "Overpayment",
    "OverpaymentCause",
    "Payable",
    "Payment",
    "PaymentHold",
    "PaymentKind",
    "PayoutBatch",
    "PayoutLine",
    "PayoutState",
    "PayoutSuspension",
    "PeriodInFull",
    "PeriodStep",
    "Place",
    "Placement",
    "PlacementKey",
    "PlacementKind",
    "PlacementTerms",
    "PlanComment",
    "PlanState",
    "PlanStep",
    "PlanVersion",
    "Progress",
    "RecordedFact",
    "Recovery",
    "RecoveryStanding",
    "RecoveryState",
    "RefusedStep",
    "Released",
    "SnapshotFile",
    "SnapshotState",
    "StandingPart",
    "StandingTotal",
    "StatementStatus",
    "StoredStatement",
    "WhatIf",
    "WhatIfOutcome",
    "WhatIfRow",
    "WhatIfState",
    "moment_text",
    "month_after",
    "month_of",
]
