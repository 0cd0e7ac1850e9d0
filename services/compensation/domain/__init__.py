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
from services.compensation.domain.payouts import PayoutBatch, PayoutLine, PayoutState
from services.compensation.domain.plans import PlanState, PlanVersion
from services.compensation.domain.statements import Choice, Progress, StatementStatus, StoredStatement

__all__ = [
    "OFFER_ATTRIBUTE",
    "Account",
    "AnsweredOffer",
    "Arrival",
    "Attribute",
    "AttributeKey",
    "Choice",
    "CommonFacts",
    "Decision",
    "EducatorFacts",
    "Fact",
    "FactKind",
    "Inquiry",
    "InquiryCategory",
    "InquiryFilter",
    "InquiryOutcome",
    "InquiryState",
    "InquiryStep",
    "InquiryStepKind",
    "LedgerEntry",
    "NewStatement",
    "NewTotal",
    "OfferAnswer",
    "PayoutBatch",
    "PayoutLine",
    "PayoutState",
    "Place",
    "PlanState",
    "PlanVersion",
    "Progress",
    "RecordedFact",
    "StandingTotal",
    "StatementStatus",
    "StoredStatement",
    "moment_text",
]
