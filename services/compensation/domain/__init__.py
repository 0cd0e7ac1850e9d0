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
from services.compensation.domain.attributes import OFFER_ATTRIBUTE, Attribute, AttributeKey
from services.compensation.domain.common_facts import CommonFacts
from services.compensation.domain.facts import Decision, EducatorFacts, Fact, FactKind, Place, moment_text
from services.compensation.domain.payouts import PayoutBatch, PayoutLine, PayoutState
from services.compensation.domain.plans import PlanState, PlanVersion

__all__ = [
    "OFFER_ATTRIBUTE",
    "Account",
    "Arrival",
    "Attribute",
    "AttributeKey",
    "CommonFacts",
    "Decision",
    "EducatorFacts",
    "Fact",
    "FactKind",
    "LedgerEntry",
    "NewStatement",
    "NewTotal",
    "PayoutBatch",
    "PayoutLine",
    "PayoutState",
    "Place",
    "PlanState",
    "PlanVersion",
    "RecordedFact",
    "StandingTotal",
    "moment_text",
]
