"""The ladder in words: the rung that an educator stands on, every need up to the next rung, and the gap to it.

The placement itself is the evaluator's: which needs are short, by how much, and the rung that follows. What a ladder
without ways, measures, gates, confirmation and holding does not have, its statements do not mention.
"""

from itertools import chain

from orjson import Fragment

from services.compensation.domain import PlacementKind
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.evaluate import Row
from services.compensation.policy.evaluation.ladder import Clause
from services.compensation.policy.facts.gather import Gathered, Placed
from services.compensation.policy.language.ladder import GatesNeed, MeasureNeed, RatingNeed, WaysNeed
from services.compensation.policy.words.measures import MeasureWords
from services.compensation.policy.words.needs import NeedWords
from services.compensation.policy.words.texts import Memo, Part, in_words, remember
from shared.kernel.period import SchoolYear

CONFIRMERS = {"person": "a person", "board": "the board"}


class LadderWords:
    """The words of one plan's ladder."""

    def __init__(self, plan: CompiledPlan, measures: MeasureWords) -> None:
        self._plan = plan
        self._ladder = plan.plan.ladder
        self._rungs = self._ladder.rungs
        self._confirmers = [CONFIRMERS.get(rung.confirmed_by or "", "") for rung in self._rungs]
        self.needs = NeedWords(plan, measures)
        self._requirements = list(chain.from_iterable(rung.requires for rung in self._rungs))
        self._says_gap_whole = self._ladder.rests_on_placements or any(
            isinstance(one, (WaysNeed, MeasureNeed, GatesNeed)) or (isinstance(one, RatingNeed) and one.named)
            for one in self._requirements
        )
        self._owner = [clause.rung for clause in plan.ladder.clauses for way in clause.ways for _ in way]
        self._named = [self.needs.names_what_is_held(need) for need in plan.ladder.needs]
        self._placements: Memo = {}

    def placement(self, row: Row, found: Gathered) -> Fragment:
        """Rung, needs up to the next rung, what is missing for the next one; and what is held, and what awaits a
        confirmation, where the plan speaks of that.
        """
        names = [
            short
            for short, owner, is_named in zip(row.shortfalls, self._owner, self._named, strict=True)
            if is_named and owner <= row.rung + 1
        ]
        key: tuple[object, ...] = (row.kind, tuple(row.shortfalls), frozenset(found.held) if names else None)
        if self._says_gap_whole:
            key = (*key, *self._rests_on(row, found))
        made = self._placements.get(key)
        if made is None:
            made = remember(self._placements, key, self._placement(row, found))
        return made

    def requirement(self, position: int, row: Row, found: Gathered) -> tuple[Part, str | None]:
        """Where the educator stands with a requirement, by its position among those of all rungs, and what is missing
        of it: None where it is met.
        """
        clause, requirement = self._plan.ladder.clauses[position], self._requirements[position]
        ways = self._ways(requirement, clause, row, found) if isinstance(requirement, WaysNeed) else []
        is_met = any(not any(row.shortfalls[at] for at in way) for way in clause.ways)
        reason = _of_ways(ways) if ways else self.needs.reason(clause.ways[0][0], row, found)
        told = {"rung": self._rungs[clause.rung].code, "need": requirement.need, "met": is_met, "reason": reason}
        missing = None if is_met else reason
        if self._says_gap_whole and not ways and not is_met:
            missing = self.needs.missing(clause.ways[0][0], row, found)
        return told | ({"ways": ways} if ways else {}), missing

    def confirmation_of(self, position: int) -> str:
        """What a rung that has to be confirmed waits for."""
        return f"the confirmation of {self._rungs[position].title} by {self._confirmers[position]}"

    def _rests_on(self, row: Row, found: Gathered) -> tuple[object, ...]:
        """What the words depend on besides what is missing."""
        ladder = self._plan.ladder
        return (
            (row.rung, row.reached, row.awaiting, *row.placements),
            ladder.placements.held(found),
            tuple((row.numerators[at], row.denominators[at], row.measured[at]) for _, at, _ in ladder.by_measure),
            tuple(row.in_groups) if ladder.by_measure else None,
            (tuple(row.gate_applies), tuple(row.gate_met)) if ladder.by_gates else None,
        )

    def _placement(self, row: Row, found: Gathered) -> Part:
        rung = self._rungs[row.rung]
        told = [
            self.requirement(at, row, found)
            for at, clause in enumerate(self._plan.ladder.clauses)
            if clause.rung <= row.rung + 1
        ]
        needs, gap = [need for need, _ in told], [missing for _, missing in told if missing is not None]
        following: Part | None = None
        if row.rung + 1 < len(self._rungs):
            above = self._rungs[row.rung + 1]
            if row.awaiting > row.rung:
                gap.append(self.confirmation_of(row.awaiting))
            following = {"rung": above.code, "title": above.title, "gap": gap}
            if self._says_gap_whole:
                whole = "; ".join(gap) or f"all that {above.title} asks for is met"
                following["in_words"] = f"{whole[0].upper()}{whole[1:]}."
        part = {"rung": rung.code, "title": rung.title, "requirements": needs, "next": following}
        return part | (self._standing(row, found) if self._ladder.rests_on_placements else {})

    def _ways(self, requirement: WaysNeed, clause: Clause, row: Row, found: Gathered) -> list[Part]:
        """Each way, the nearest first; of equals the first in the plan's order."""
        ways = []
        for way, needs in zip(requirement.ways, clause.ways, strict=True):
            short = [at for at in needs if row.shortfalls[at]]
            ways.append(
                {
                    "title": way.title,
                    "met": not short,
                    "missing": sum(row.shortfalls[at] for at in short),
                    "gap": [self.needs.missing(at, row, found) for at in short],
                }
            )
        return sorted(ways, key=lambda way: way["missing"])

    def _standing(self, row: Row, found: Gathered) -> Part:
        held, waits = self._plan.ladder.placements.held(found), None
        if row.awaiting >= 0:
            rung, by = self._rungs[row.awaiting], self._confirmers[row.awaiting]
            waits = {
                "rung": rung.code,
                "title": rung.title,
                "confirmed_by": rung.confirmed_by,
                "reason": f"All that {rung.title} asks for is met; the confirmation by {by} is missing.",
            }
        return {
            "reached": self._rungs[row.entitled].code,
            "held": None if held is None else self._held(held, row),
            "awaiting": waits,
        }

    def _held(self, held: Placed, row: Row) -> Part:
        rung = self._rungs[row.placements[0] - 1]
        reason = f"Placed on {rung.title} in {_year(held.year)}{_how(held)}"
        if self._ladder.holds is not None:
            until = "for good" if held.through is None else f"through {_year(held.through)}"
            reason += f"; that holds {until} and may only rise"
        return {
            "rung": rung.code,
            "title": rung.title,
            "since": _year(held.year),
            "through": None if held.through is None else _year(held.through),
            "reason": f"{reason}. {self._against(row)}",
        }

    def _against(self, row: Row) -> str:
        """What this year makes of the rung that is held."""
        position, reached = row.placements[0] - 1, self._rungs[row.entitled].title
        if row.entitled > position:
            return f"This year rises to {reached}."
        if row.entitled == position:
            return "This year reaches it again."
        rule = self._ladder.demotion
        if rule is None:
            return f"This year reaches {reached}, and the rung stays."
        years = row.placements[1] + 1
        row_of_years = f"{in_words(years)} school {'year' if years == 1 else 'years'} in a row"
        below = f"This year reaches {reached}: {row_of_years} below it"
        after = f"and one falls after {in_words(rule.after_years_below)}"
        if row.rung == position:
            return f"{below}, {after}, so the rung stays."
        step = ", by one rung a year" if rule.one_rung_a_year else ""
        return f"{below}, {after}{step}, so the rung is {self._rungs[row.rung].title}."


def _of_ways(ways: list[Part]) -> str:
    """Which way is complete, or how far each of them is, the nearest first."""
    if ways[0]["met"]:
        return f"complete: {ways[0]['title']}"
    return "one of these ways: " + " or ".join(f"{way['title']} ({'; '.join(way['gap'])})" for way in ways)


def _how(held: Placed) -> str:
    if held.kind == PlacementKind.BROUGHT_ALONG:
        return ", brought along"
    if held.confirmed_by is None:
        return ""
    minutes = f", minutes {held.minute_reference}" if held.minute_reference else ""
    return f" (confirmed by {CONFIRMERS[held.confirmed_by]}{minutes})"


def _year(starts_in: int) -> str:
    return str(SchoolYear(starts_in))
