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
from services.compensation.domain.attributes import Attribute, AttributeKey
from services.compensation.domain.common_facts import CommonFacts
from services.compensation.domain.facts import Decision, EducatorFacts, Fact, FactKind, Place, moment_text
from services.compensation.domain.holds import HoldSource, PaymentHold
from services.compensation.domain.payables import Division, Overpayment, Payable
from services.compensation.domain.payouts import (
    AcceptedLine,
    DistrictTotal,
    LineKind,
    PayoutBatch,
    PayoutLine,
    PayoutState,
)
from services.compensation.domain.plans import PlanState, PlanVersion
from services.compensation.domain.recoveries import (
    Instalment,
    InstalmentPart,
    InstalmentState,
    Recovery,
    RecoveryStanding,
    RecoveryState,
    StandingPart,
)
from services.compensation.domain.refusals import RefusedStep

__all__ = [
    "AcceptedLine",
    "Account",
    "AccountCodes",
    "AccountPlace",
    "Arrival",
    "Attribute",
    "AttributeKey",
    "CommonFacts",
    "Decision",
    "DistrictTotal",
    "Division",
    "EducatorFacts",
    "Fact",
    "FactKind",
    "HoldSource",
    "Instalment",
    "InstalmentPart",
    "InstalmentState",
    "LedgerEntry",
    "LineKind",
    "NewStatement",
    "NewTotal",
    "Overpayment",
    "Payable",
    "PaymentHold",
    "PayoutBatch",
    "PayoutLine",
    "PayoutState",
    "Place",
    "PlanState",
    "PlanVersion",
    "RecordedFact",
    "Recovery",
    "RecoveryStanding",
    "RecoveryState",
    "RefusedStep",
    "StandingPart",
    "StandingTotal",
    "moment_text",
]
