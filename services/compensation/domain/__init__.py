"""What compensation reasons about: facts and decisions, accounts, plan versions, payouts. Values only, no I/O."""

from services.compensation.domain.accounts import (
    Account,
    Arrival,
    LedgerEntry,
    NewStatement,
    NewTotal,
    RecordedFact,
    StandingTotal,
)
from services.compensation.domain.attributes import Attribute, AttributeKey
from services.compensation.domain.budgets import Budget, BudgetPlace, BudgetPosition, CostToDate, Forecast
from services.compensation.domain.common_facts import CommonFacts
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
from services.compensation.domain.payouts import PayoutBatch, PayoutLine, PayoutState
from services.compensation.domain.plans import PlanState, PlanVersion
from services.compensation.domain.reconciliation import Check, Found

__all__ = [
    "TRANSFERS",
    "Account",
    "AccountingPeriod",
    "Arrival",
    "Attribute",
    "AttributeKey",
    "Budget",
    "BudgetPlace",
    "BudgetPosition",
    "Check",
    "CommonFacts",
    "CostToDate",
    "Decision",
    "EducatorFacts",
    "Fact",
    "FactKind",
    "Forecast",
    "Found",
    "LedgerAccount",
    "LedgerEntry",
    "NewStatement",
    "NewTotal",
    "PaymentKind",
    "PayoutBatch",
    "PayoutLine",
    "PayoutState",
    "PeriodInFull",
    "PeriodStep",
    "Place",
    "PlanState",
    "PlanVersion",
    "RecordedFact",
    "StandingTotal",
    "moment_text",
    "month_after",
    "month_of",
]
