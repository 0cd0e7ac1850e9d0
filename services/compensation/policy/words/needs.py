"""The needs of rungs in words: what each comes to, and what of it is still missing."""

from collections.abc import Sequence

from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.evaluate import Row
from services.compensation.policy.facts.gather import Gathered
from services.compensation.policy.language.ladder import (
    CredentialNeed,
    GatesNeed,
    MeasureNeed,
    Need,
    Pathway,
    PathwayNeed,
    RatingNeed,
    RoleNeed,
    ServiceNeed,
)
from services.compensation.policy.words.measures import MeasureWords
from services.compensation.policy.words.texts import in_words, listed, plain


class NeedWords:
    """The words of one plan's needs, by their position among all needs of its ladder."""

    def __init__(self, plan: CompiledPlan, measures: MeasureWords) -> None:
        self._plan = plan
        self._measures = measures
        self._gates = {gate.code: at for at, gate in enumerate(plan.plan.gates)}
        self._measure_of = {at: measure for at, measure, _ in plan.ladder.by_measure}

    def reason(self, at: int, row: Row, found: Gathered) -> str:  # noqa: PLR0911 - one for each kind
        """Where the educator stands with a need, met or not."""
        need, short = self._plan.ladder.needs[at], row.shortfalls[at]
        match need:
            case RoleNeed():
                held = plain(found.employment.role or "no role")
                return f"the rung is for {_roles(need)}; the role on file is {held}"
            case ServiceNeed():
                return f"{_of(need.at_least, short)} {_plural(need.at_least, 'full year')} of service"
            case RatingNeed():
                return f"{_of(need.years, short)} {_plural(need.years, 'year')} rated {_level(need)} {_since(need)}"
            case PathwayNeed():
                return self._pathway(need, short, found)
            case CredentialNeed():
                text = f"{_of(need.at_least, short)} {_plural(need.at_least, 'micro-credential')}"
                if need.of is None or not short:
                    return text
                return f"{text}; still open: {listed(sorted(set(need.of) - found.held), 'or')}"
            case MeasureNeed():
                title, value, asked = self._measured(need, at, row)
                return f"{title}: {value}, of at least {asked} asked for"
            case GatesNeed():
                return self._gates_of(need, row)

    def missing(self, at: int, row: Row, found: Gathered) -> str:  # noqa: PLR0911 - one for each kind
        """What is still to do for a need that is not met."""
        need, short = self._plan.ladder.needs[at], row.shortfalls[at]
        match need:
            case RoleNeed():
                return f"the role of {_roles(need)}"
            case ServiceNeed():
                return f"{in_words(short)} more {_plural(short, 'full year')} of service"
            case RatingNeed():
                return f"{in_words(short)} more {_plural(short, 'rating')} at {_level(need)} {_since(need)}"
            case CredentialNeed() if need.of is not None:
                text = f"{_of(need.at_least, short)} {_plural(need.at_least, 'micro-credential')}"
                return f"{text} of {listed(dict.fromkeys(need.of), 'or')}"
            case PathwayNeed():
                nearest, missing = self._nearest(need, short, found)
                return f"{_of_pathway(nearest, short)} (missing: {listed(missing, 'and')})"
            case MeasureNeed():
                title, value, asked = self._measured(need, at, row)
                return f"{title} of at least {asked} ({value} now)"
            case GatesNeed():
                return f"to meet {listed(self._unmet(need, row), 'and')}"
            case _:
                return self.reason(at, row, found)

    def names_what_is_held(self, need: Need) -> bool:
        """Whether the words of a need that is not met name micro-credentials."""
        return isinstance(need, PathwayNeed) or (isinstance(need, CredentialNeed) and need.of is not None)

    def _measured(self, need: MeasureNeed, at: int, row: Row) -> tuple[str, str, str]:
        """The measure's title, its value, and what is asked of it."""
        measure = self._measure_of[at]
        asked = f"{need.at_least}{self._measures.unit(measure)}"
        return self._plan.measures[measure].title, self._measures.value(measure, row), asked

    def _gates_of(self, need: GatesNeed, row: Row) -> str:
        if not any(row.gate_applies[self._gates[code]] for code in need.of):
            return f"none of {listed(self._titles(need.of), 'and')} is for this role and subject group"
        unmet = self._unmet(need, row)
        return f"still to meet: {listed(unmet, 'and')}" if unmet else f"met: {listed(self._titles(need.of), 'and')}"

    def _unmet(self, need: GatesNeed, row: Row) -> list[str]:
        """The gates that are not met; all of them where none is for the educator."""
        is_asked = any(row.gate_applies[self._gates[code]] for code in need.of)
        return self._titles(self._measures.reach.unmet(need.of, row) if is_asked else need.of)

    def _titles(self, codes: Sequence[str]) -> list[str]:
        return [self._plan.plan.gates[self._gates[code]].title for code in codes]

    def _pathway(self, need: PathwayNeed, short: int, found: Gathered) -> str:
        return self.of_pathway(self._nearest(need, short, found)[0], found)

    def of_pathway(self, pathway: Pathway, found: Gathered) -> str:
        """How far a pathway is."""
        missing = _missing(pathway, found)
        if not missing:
            return f"the pathway {pathway.title} is complete"
        return f"{_of_pathway(pathway, len(missing))}; still missing: {listed(missing, 'and')}"

    def _nearest(self, need: PathwayNeed, short: int, found: Gathered) -> tuple[Pathway, list[str]]:
        """The pathway that least is missing of, and what; the first in the plan's order among equals."""
        asked = [pathway for pathway in self._plan.plan.pathways if pathway.code in need.any_of]
        return next((one, missing) for one in asked if len(missing := _missing(one, found)) == short)


def _of_pathway(pathway: Pathway, short: int) -> str:
    return f"{_of(len(set(pathway.credentials)), short)} micro-credentials of the pathway {pathway.title}"


def _missing(pathway: Pathway, found: Gathered) -> list[str]:
    return [code for code in dict.fromkeys(pathway.credentials) if code not in found.held]


def _roles(need: RoleNeed) -> str:
    return listed([plain(role) for role in need.any_of], "or")


def _level(need: RatingNeed) -> str:
    return f"{need.named or need.level} or higher"


def _since(need: RatingNeed) -> str:
    return "in the plan year" if need.within == 1 else f"within the last {in_words(need.within)} school years"


def _of(asked: int, short: int) -> str:
    """`two of four`; what is asked for and no more where the need is met."""
    have = in_words(asked - short) if short < asked else "none"
    return f"{have} of {in_words(asked)}"


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
