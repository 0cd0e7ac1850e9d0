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
from services.compensation.domain.common_facts import CommonFacts
from services.compensation.domain.facts import Decision, EducatorFacts, Fact, FactKind, Place, moment_text
from services.compensation.domain.payouts import PayoutBatch, PayoutLine, PayoutState
from services.compensation.domain.placements import (
    Confirmer,
    NewPlacement,
    Placement,
    PlacementKey,
    PlacementKind,
    PlacementTerms,
)
from services.compensation.domain.plans import BoardApproval, PlanComment, PlanState, PlanStep, PlanVersion
from services.compensation.domain.what_ifs import WhatIf, WhatIfOutcome, WhatIfRow, WhatIfState

__all__ = [
    "Account",
    "Arrival",
    "Attribute",
    "AttributeKey",
    "BoardApproval",
    "CommonFacts",
    "Confirmer",
    "Decision",
    "EducatorFacts",
    "Fact",
    "FactKind",
    "LedgerEntry",
    "NewPlacement",
    "NewStatement",
    "NewTotal",
    "PayoutBatch",
    "PayoutLine",
    "PayoutState",
    "Place",
    "Placement",
    "PlacementKey",
    "PlacementKind",
    "PlacementTerms",
    "PlanComment",
    "PlanState",
    "PlanStep",
    "PlanVersion",
    "RecordedFact",
    "StandingTotal",
    "WhatIf",
    "WhatIfOutcome",
    "WhatIfRow",
    "WhatIfState",
    "moment_text",
]
