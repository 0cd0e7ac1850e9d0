"""The tree of the rung: the ladder, each of its rungs, the needs of each, and the facts that each need was decided by.

What is met, missing, confirmed and held is the evaluator's: the shortfall of each need, and the rungs that followed.
"""

from collections.abc import Sequence
from typing import Any

from services.compensation.policy.evaluation.evaluate import Evaluation
from services.compensation.policy.explanation.conditions import Conditions
from services.compensation.policy.explanation.nodes import Clause, Node, node
from services.compensation.policy.language.ladder import (
    NO_LADDER,
    CredentialNeed,
    GatesNeed,
    MeasureNeed,
    Need,
    PathwayNeed,
    RatingNeed,
    Requirement,
    WaysNeed,
)
from services.compensation.policy.statement import words_of

_TITLES = {
    "role": "Role",
    "years_of_service": "Years of service",
    "credentials": "Micro-credentials",
    "pathway": "Pathway of micro-credentials",
    "rating": "Ratings of school years",
    "measure": "Measure",
    "gates": "Conditions of the plan",
    "any_of": "One of several ways",
}


def explain_ladder(evaluation: Evaluation, body: dict[str, Any]) -> Node | None:
    """Why the statement `body`, which `evaluation` of one educator came to, says the rung that it says, and what is
    missing for those above; None where the plan has no ladder.
    """
    if evaluation.plan.plan.ladder == NO_LADDER:
        return None
    return _LadderTree(evaluation, body).whole()


class _LadderTree:
    def __init__(self, evaluation: Evaluation, body: dict[str, Any]) -> None:
        self._conditions = Conditions(evaluation, body)
        self._clauses, self._evidence = self._conditions.clauses, self._conditions.evidence
        self._plan, self._tables = evaluation.plan, evaluation.plan.ladder
        self._row, self._found = evaluation.rows[0], self._conditions.source.found
        self._words = words_of(evaluation.plan).ladder
        self._rungs = evaluation.plan.plan.ladder.rungs
        self._told = body["ladder"]

    def whole(self) -> Node:
        row = self._row
        rung, entitled = self._rungs[row.rung].title, self._rungs[row.entitled].title
        reason = f"The rung is {rung}. "
        if row.rung == row.entitled:
            reason += "That is what this year reaches."
        else:
            reason += f"This year reaches {entitled}; what was held before makes the difference."
        if self._told.get("awaiting") is not None:
            reason += f" {self._told['awaiting']['reason']}"
        because = [self._rung(at) for at in range(len(self._rungs))] + self._kept()
        return node("ladder", "Career ladder", reason, self._clauses.ladder, value=rung, because=because)

    def _rung(self, at: int) -> Node:
        """Met where this year's needs and confirmations reach it, whatever was held before."""
        rung, clause = self._rungs[at], self._clauses.rungs[at]
        because, gap = list[Node](), list[str]()
        positions = [position for position, one in enumerate(self._tables.clauses) if one.rung == at]
        for index, (position, requirement) in enumerate(zip(positions, rung.requires, strict=True)):
            told, missing = self._words.requirement(position, self._row, self._found)
            where = clause.below("requires", index)
            because.append(self._requirement(requirement, self._tables.clauses[position].ways, told["reason"], where))
            gap += [] if missing is None else [missing]
        if rung.confirmed_by is not None:
            confirmation = self._confirmation(at, rung.confirmed_by, clause)
            because.append(confirmation)
            gap += [] if confirmation["met"] else [self._words.confirmation_of(at)]
        is_met = at <= self._row.entitled
        return node("rung", rung.title, self._reason(at, gap), clause, met=is_met, because=because)

    def _reason(self, at: int, gap: list[str]) -> str:
        title = self._rungs[at].title
        if gap:
            return f"Not complete yet for {title}: {'; '.join(gap)}."
        if at <= self._row.entitled:
            return f"All that {title} asks for is met."
        below = self._rungs[self._row.entitled + 1].title
        return f"All that {title} asks for by itself is met, but {below} below it is not reached."

    def _requirement(
        self, requirement: Requirement, ways: Sequence[Sequence[int]], reason: str, clause: Clause
    ) -> Node:
        if not isinstance(requirement, WaysNeed):
            return self._need(requirement, ways[0][0], reason, clause)
        because = []
        for index, (way, needs) in enumerate(zip(requirement.ways, ways, strict=True)):
            where = clause.below("ways", index)
            parts = [
                self._need(need, at, self._words.needs.reason(at, self._row, self._found), where.below("requires", nth))
                for nth, (need, at) in enumerate(zip(way.requires, needs, strict=True))
            ]
            is_met = all(part["met"] for part in parts)
            told = "All that this way asks for is met." if is_met else "Not all that this way asks for is met."
            because.append(node("way", way.title, told, where, met=is_met, because=parts))
        is_met = any(way["met"] for way in because)
        return node("need", _TITLES[requirement.need], reason, clause, met=is_met, because=because)

    def _need(self, need: Need, at: int, reason: str, clause: Clause) -> Node:
        is_met = not self._row.shortfalls[at]
        return node("need", _TITLES[need.need], reason, clause, met=is_met, because=self._under(need))

    def _under(self, need: Need) -> list[Node]:
        match need:
            case CredentialNeed():
                return self._evidence.credentials(need.of)
            case PathwayNeed():
                return [self._pathway(code) for code in dict.fromkeys(need.any_of)]
            case RatingNeed():
                return self._evidence.ratings(need.within)
            case MeasureNeed():
                return [self._conditions.measure(need.measure)]
            case GatesNeed():
                return self._conditions.gates(need.of)
            case _:
                return self._evidence.roster()

    def _pathway(self, code: str) -> Node:
        pathway = next(one for one in self._plan.plan.pathways if one.code == code)
        return node(
            "pathway",
            pathway.title,
            self._words.needs.of_pathway(pathway, self._found),
            self._clauses.of("pathways", code),
            met=self._found.held >= set(pathway.credentials),
            because=self._evidence.credentials(pathway.credentials),
        )

    def _confirmation(self, at: int, by: str, clause: Clause) -> Node:
        _held, _years_below, *confirmed = self._row.placements
        is_met = confirmed[self._tables.to_confirm.index(at)] > 0
        told = self._words.confirmation_of(at)
        return node(
            "confirmation",
            "Confirmation",
            f"{told[0].upper()}{told[1:]} is {'on file' if is_met else 'missing'}.",
            clause.below("confirmed_by"),
            met=is_met,
            because=self._evidence.placements(self._tables.placements.confirming(self._found, at + 1, by)),
        )

    def _kept(self) -> list[Node]:
        """The earlier placement that a rung is kept by, with the years below it; nothing where the plan keeps none."""
        if self._clauses.kept is None:
            return []
        held, tables = self._told["held"], self._tables
        if held is None:
            told = "No earlier placement is valid in the plan year."
            return [node("placement", "Earlier placement", told, self._clauses.kept)]
        below = tables.placements.below(self._found) if tables.demotion is not None else ()
        on = [one for one in (tables.placements.held(self._found), *below) if one is not None]
        because = self._evidence.placements(on)
        told, where = held["reason"], self._clauses.kept
        return [node("placement", "Earlier placement", told, where, value=held["title"], because=because)]
