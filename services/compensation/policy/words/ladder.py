"""The ladder in words: the rung that an educator stands on, every need up to the next rung, and the gap to it.

The placement itself is the evaluator's: which needs are short, by how much, and the rung that follows.
"""

from orjson import Fragment

from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.evaluate import Row
from services.compensation.policy.facts.gather import Gathered
from services.compensation.policy.language.ladder import (
    CredentialNeed,
    Pathway,
    PathwayNeed,
    RatingNeed,
    Requirement,
    RoleNeed,
    ServiceNeed,
)
from services.compensation.policy.words.texts import Memo, Part, in_words, listed, plain, remember


class LadderWords:
    """The words of one plan's ladder."""

    def __init__(self, plan: CompiledPlan) -> None:
        self._plan = plan
        self._rungs = plan.plan.ladder.rungs
        self._owner = [index for index, rung in enumerate(self._rungs) for _ in rung.requires]
        self._names_missing = [
            isinstance(need, PathwayNeed) or (isinstance(need, CredentialNeed) and need.of is not None)
            for need in plan.needs
        ]
        self._placements: Memo = {}

    def placement(self, row: Row, found: Gathered) -> Fragment:
        """Rung, needs up to the next rung, and what is missing for the next one."""
        names = [
            short
            for short, owner, is_named in zip(row.shortfalls, self._owner, self._names_missing, strict=True)
            if is_named and owner <= row.rung + 1
        ]
        key = (row.kind, tuple(row.shortfalls), frozenset(found.held) if names else None)
        made = self._placements.get(key)
        if made is None:
            made = remember(self._placements, key, self._placement(row, found))
        return made

    def _placement(self, row: Row, found: Gathered) -> Part:
        rung, is_highest = self._rungs[row.rung], row.rung + 1 == len(self._rungs)
        needs = []
        for index, short in enumerate(row.shortfalls):
            owner = self._owner[index]
            if owner <= row.rung + 1:
                reason = self._reason(self._plan.needs[index], short, found)
                needs.append(
                    {
                        "rung": self._rungs[owner].code,
                        "need": self._plan.needs[index].need,
                        "met": short == 0,
                        "reason": reason,
                    }
                )
        following = None
        if not is_highest:
            following = {
                "rung": self._rungs[row.rung + 1].code,
                "title": self._rungs[row.rung + 1].title,
                "gap": [need["reason"] for need in needs if not need["met"]],
            }
        return {"rung": rung.code, "title": rung.title, "requirements": needs, "next": following}

    def _reason(self, need: Requirement, short: int, found: Gathered) -> str:
        if isinstance(need, RoleNeed):
            asked = listed([plain(role) for role in need.any_of], "or")
            held = plain(found.employment.role or "no role")
            return f"the rung is for {asked}; the role on file is {held}"
        if isinstance(need, ServiceNeed):
            return f"{_of(need.at_least, short)} {_plural(need.at_least, 'full year')} of service"
        if isinstance(need, RatingNeed):
            since = "in the plan year" if need.within == 1 else f"within the last {in_words(need.within)} school years"
            return f"{_of(need.years, short)} {_plural(need.years, 'year')} rated {need.level} or higher {since}"
        if isinstance(need, PathwayNeed):
            return self._pathway(need, short, found)
        text = f"{_of(need.at_least, short)} {_plural(need.at_least, 'micro-credential')}"
        if need.of is None or not short:
            return text
        return f"{text}; still open: {listed(sorted(set(need.of) - found.held), 'or')}"

    def _pathway(self, need: PathwayNeed, short: int, found: Gathered) -> str:
        """The pathway that least is missing of; the first in the plan's order among equals."""
        nearest = next(
            pathway
            for pathway in (one for one in self._plan.plan.pathways if one.code in need.any_of)
            if len(_missing(pathway, found)) == short
        )
        size = len(set(nearest.credentials))
        if not short:
            return f"the pathway {nearest.title} is complete"
        text = f"{_of(size, short)} micro-credentials of the pathway {nearest.title}"
        return f"{text}; still missing: {listed(_missing(nearest, found), 'and')}"


def _missing(pathway: Pathway, found: Gathered) -> list[str]:
    return [code for code in dict.fromkeys(pathway.credentials) if code not in found.held]


def _of(asked: int, short: int) -> str:
    """`two of four`; what is asked for and no more where the need is met."""
    have = in_words(asked - short) if short < asked else "none"
    return f"{have} of {in_words(asked)}"


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
