"""The names of facts that a plan looks at: what a misspelt name may be meant for."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from services.compensation.domain import OFFER_ATTRIBUTE
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.ladder import CredentialNeed, Pathway
from services.compensation.policy.language.measures import (
    AttributeIs,
    AttributeNumber,
    CampusAttribute,
    CredentialCount,
    GrowthPercent,
    ObservationLowest,
    ObservationMean,
    PlacementPosition,
)
from services.compensation.policy.language.pay import OnCampuses, PerAward
from services.compensation.policy.language.people import AppliesTo, WithinGroup
from services.compensation.policy.language.terms import Clause


@dataclass
class LookedAt:
    """The names of facts that a plan looks at. `items` has those of each attribute that is kept item by item."""

    domains: set[str] = field(default_factory=set)
    growth: set[str] = field(default_factory=set)
    credentials: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    items: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    of_campuses: set[str] = field(default_factory=set)
    ladders: set[str] = field(default_factory=set)
    rungs: set[str] = field(default_factory=set)

    def add(self, clause: Clause) -> None:
        match clause:
            case ObservationMean() | ObservationLowest():
                self.domains.update(clause.domains)
            case GrowthPercent():
                self.growth.update(clause.measures or ())
            case PerAward() | Pathway():
                self.credentials.update(clause.credentials or ())
            case CredentialNeed() | CredentialCount():
                self.credentials.update(clause.of or ())
            case AttributeNumber():
                self.attributes.add(clause.attribute)
                self.items[clause.attribute].update(clause.items or (), clause.except_items or ())
            case AttributeIs() | WithinGroup():
                self.attributes.add(clause.attribute)
            case AppliesTo():
                self.attributes.update(clause.attributes or ())
            case CampusAttribute() | OnCampuses():
                self.of_campuses.add(clause.attribute)
            case PlacementPosition():
                self.ladders.update([clause.ladder] if clause.ladder else [])
                self.rungs.update(clause.rungs)
            case _:
                pass


def looked_at(plan: Plan) -> LookedAt:
    """All of them, wherever the plan names them."""
    found = LookedAt()
    for clause in clauses(plan):
        found.add(clause)
    if plan.offers:
        found.attributes.add(OFFER_ATTRIBUTE)
        found.items[OFFER_ATTRIBUTE].update(offer.code for offer in plan.offers)
    found.ladders.add(plan.ladder_code)
    found.rungs.update(rung.code for rung in plan.ladder.rungs)
    return found


def clauses(part: Any) -> Iterator[Clause]:
    """A part of a plan, and every part that it consists of."""
    if isinstance(part, Clause):
        yield part
        part = [value for _, value in part]
    elif isinstance(part, dict):
        part = part.values()
    elif not isinstance(part, (tuple, list)):
        return
    for inner in part:
        yield from clauses(inner)
