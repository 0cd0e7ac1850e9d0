"""The tree of the pay: total, components, what each asks for and comes to, down to the facts at the end."""

from collections.abc import Iterable
from typing import Any

from services.compensation.policy.evaluation.evaluate import Evaluation
from services.compensation.policy.explanation.conditions import Conditions
from services.compensation.policy.explanation.nodes import Clause, Node, node
from services.compensation.policy.facts.gather import YearAward
from services.compensation.policy.facts.offers import ACCEPTED
from services.compensation.policy.language.pay import (
    Banded,
    Component,
    Flat,
    GreatestOf,
    Grid,
    Matrix,
    PerAward,
    PercentOf,
    PerUnit,
    Pot,
)
from services.compensation.policy.language.people import EVERYONE
from services.compensation.policy.words.looked_at import measures_of
from services.compensation.policy.words.texts import dollars
from shared.kernel.money import parse_amount

_LIMIT_CLAUSES = {
    "gates": "requires",
    "offer": "offer",
    "component_cap": "at_most_each",
    "hold_harmless": "hold_harmless",
    "yearly_limit": "at_most",
}


def explain(evaluation: Evaluation, body: dict[str, Any]) -> Node:
    """Why the statement `body`, which `evaluation` of one educator came to, says what it says.

    The amounts of the components come to the total; of each component, the full amount and what the limits take off
    or add come to its amount.
    """
    return _Tree(evaluation, body).total()


class _Tree:
    def __init__(self, evaluation: Evaluation, body: dict[str, Any]) -> None:
        self._conditions = Conditions(evaluation, body)
        self._source, self._clauses = self._conditions.source, self._conditions.clauses
        self._evidence = self._conditions.evidence
        self._plan, self._document = evaluation.plan, evaluation.plan.plan
        self._row, self._body = evaluation.rows[0], body
        self._bands = {bands.code: at for at, bands in enumerate(self._document.bands)}
        self._at = {component.code: at for at, component in enumerate(self._document.components)}

    def total(self) -> Node:
        row = self._row
        reason = f"The components come to {dollars(row.total_before_cap)}."
        reason = " ".join([reason, *(cap["reason"] for cap in self._body["caps"])])
        parts = [self._component(component) for component in self._document.components]
        clause = self._clauses.total_cap or self._clauses.document
        return node("total", self._document.title, reason, clause, cents=row.total, because=parts)

    def _component(self, component: Component) -> Node:
        at = self._at[component.code]
        part = self._body["components"][at]
        clause = self._clauses.of("components", component.code)
        because = self._why(component, at, part, clause)
        return node("component", component.title, part["reason"], clause, cents=self._row.amounts[at], because=because)

    def _why(self, component: Component, at: int, part: dict[str, Any], clause: Clause) -> list[Node]:
        if not self._plan.components[at].pays[self._row.kind]:
            return [self._not_for(component, part["reason"], clause)]
        because = self._conditions.gates(component.requires)
        if component.offer is not None:
            because.append(self._offer(component.offer, at))
        limits = {limit["limit"]: limit for limit in part["limits"]}
        yearly = limits.pop("yearly_limit", None)
        full = self._full(component, at, clause)
        if yearly is not None:
            full["because"].append(self._limit(yearly, component, clause))
        return [*because, full, *(self._limit(limit, component, clause) for limit in limits.values())]

    def _not_for(self, component: Component, reason: str, clause: Clause) -> Node:
        if not self._row.eligible:
            told, where = self._body["eligibility"]["reason"], self._clauses.eligibility
        else:
            told = reason
            where = clause.below("applies_to") if component.applies_to != EVERYONE else clause
        return node("eligibility", "Whom it is for", told, where, met=False, because=self._evidence.roster())

    def _offer(self, code: str, at: int) -> Node:
        index = self._plan.components[at].offer or 0
        offer = self._document.offers[index]
        told = next((one["reason"] for one in self._body["offers"] if one["code"] == code), offer.terms)
        return node(
            "offer",
            offer.title,
            told,
            self._clauses.of("offers", code),
            met=self._row.offers[index] == ACCEPTED,
            because=self._evidence.answers(code),
        )

    # What a component comes to.

    def _full(self, component: Component, at: int, clause: Clause) -> Node:
        cents = self._row.full_amounts[at]
        reason = f"{dollars(cents)}, before conditions, days and limits."
        because = [self._conditions.band(code) for code in _band_sets(component)]
        harmless = component.hold_harmless
        named = [code for code in sorted(measures_of(self._document, component)) if code != harmless]
        shown = {self._document.bands[self._bands[code]].measure for code in _band_sets(component)}
        because += [self._conditions.measure(code) for code in named if code not in shown]
        because += self._bases(component)
        return node(
            "full_amount",
            "The full amount",
            reason,
            self._amount_clause(component, clause),
            cents=cents,
            because=because,
        )

    def _bases(self, component: Component) -> list[Node]:
        """What else the amount is taken of: an index, other components, awards, what all educators share."""
        match component:
            case PercentOf() if component.index is not None:
                index = next(one for one in self._document.indexes if one.code == component.index)
                cents = parse_amount(index.amount)
                clause = self._clauses.of("indexes", index.code)
                return [node("index", index.title, f"{dollars(cents)} in the plan.", clause, cents=cents)]
            case PercentOf() if component.component is not None:
                return [self._part(component.component)]
            case GreatestOf():
                return [self._part(code) for code in component.of]
            case PerAward():
                paid: Iterable[YearAward] = self._source.paid_awards[self._plan.stipends.index(component)]
                kept = {award.award_id for award in paid}
                lost = {
                    award["award_id"] for award in self._body["components"][self._at[component.code]]["not_counted"]
                }
                return self._evidence.awards(lambda fact: fact.key in kept | lost)
            case Pot():
                return self._evidence.of_place(component.within)
            case _:
                return []

    def _part(self, code: str) -> Node:
        """A component as part of another: what it comes to by itself, and why."""
        part = self._component(self._document.components[self._at[code]])
        cents = self._row.prorated_amounts[self._at[code]]
        return {**part, "what": "part", "amount": node("", "", "", None, cents=cents)["amount"]}

    def _amount_clause(self, component: Component, clause: Clause) -> Clause:  # noqa: PLR0911 - one for each kind
        match component:
            case Flat() | PerAward():
                return clause.below("amount")
            case Banded():
                return clause.below("amounts", self._level(component.bands))
            case Matrix():
                role = self._plan.people.kinds[self._row.kind].role
                return clause.below("amounts", role.value, self._level(component.bands))
            case Grid():
                return clause.below("amounts", self._level(component.rows), self._level(component.columns))
            case PerUnit():
                if component.bands is None:
                    return clause.below("amount")
                return clause.below("by_band", self._level(component.bands))
            case PercentOf():
                return clause.below("percent")
            case GreatestOf():
                return clause.below("of")
            case Pot():
                return clause.below("total" if component.total is not None else "total_measure")

    def _level(self, bands: str) -> str:
        at = self._bands[bands]
        return self._document.bands[at].levels[self._row.bands[at]].code

    def _limit(self, limit: dict[str, Any], component: Component, clause: Clause) -> Node:
        kind = limit["limit"]
        because: list[Node] = []
        if kind == "proration":
            where = self._clauses.proration if component.prorates else clause
            because = self._evidence.roster()
            because += self._evidence.common_facts() if component.on_campuses is not None else []
        elif kind == "total_cap":
            where = self._clauses.total_cap or clause
        elif kind == "paid_through":
            through = (
                one for one in self._document.components if isinstance(one, GreatestOf) and component.code in one.of
            )
            where = self._clauses.of("components", next(through).code)
        else:
            where = clause.below(_LIMIT_CLAUSES[kind])
            if kind == "hold_harmless" and component.hold_harmless is not None:
                because = [self._conditions.measure(component.hold_harmless)]
        cents = -parse_amount(limit["reduced_by"]["amount"])
        title = kind.replace("_", " ").capitalize()
        return node("limit", title, limit["reason"], where, cents=cents, because=because)


def _band_sets(component: Component) -> list[str]:
    """The band sets that the amount goes by."""
    named = (getattr(component, name, None) for name in ("bands", "rows", "columns"))
    return list(dict.fromkeys(code for code in named if code is not None))
