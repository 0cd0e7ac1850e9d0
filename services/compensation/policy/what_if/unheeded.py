"""Changes that a plan does not look at: an award of what is named nowhere, an attribute that no rule asks for.

Like what a plan names and nobody has, it is not refused; but what is misspelt comes to nothing, and looks like
an answer.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from services.compensation.domain import EducatorFacts, FactKind
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.language.ladder import CredentialNeed, Requirement, WaysNeed
from services.compensation.policy.language.measures import CampusAttribute as CampusMeasure
from services.compensation.policy.language.measures import CredentialCount
from services.compensation.policy.language.pay import PerAward
from services.compensation.policy.what_if.changes import AttributeValue, Award, CampusAttribute, Change
from services.compensation.policy.what_if.unanswered import credentials_named


class Unheeded:
    """Look at everybody's facts as they stand, then ask for the `notes`."""

    def __init__(self, plan: CompiledPlan, changes: Sequence[Change]) -> None:
        self._plan = plan
        self._changes = changes
        self._named = {code for _, codes in credentials_named(plan.plan) for code in codes}
        self._never = {one.credential for one in changes if isinstance(one, Award)} - self._named

    def look_at(self, facts: EducatorFacts) -> None:
        if self._never:
            for award in facts.facts.get(FactKind.AWARD, {}).values():
                self._never.discard(award.data["credential"])

    def notes(self) -> Iterator[str]:
        """A sentence for each change that the plan does not look at, or that is of what nobody was ever awarded."""
        for number, change in enumerate(self._changes, start=1):
            if isinstance(change, Award):
                if note := self._of_award(change.credential):
                    yield f"Change {number} awards {change.credential}, {note}"
            elif isinstance(change, (AttributeValue, CampusAttribute)):
                known = _of_campuses(self._plan) if isinstance(change, CampusAttribute) else self._plan.scope.attributes
                if change.attribute not in known:
                    which = "which the plan does not look at, so that it changes nothing"
                    yield f"Change {number} sets {change.attribute}, {which}{_meant(change.attribute, known)}"

    def _of_award(self, credential: str) -> str:
        if credential in self._named:
            return ""
        if not _counts_any(self._plan):
            return f"which the plan names nowhere, so that it changes nothing{_meant(credential, self._named)}"
        if credential in self._never:
            which = "which nobody was ever awarded and the plan names nowhere; it counts where any other does"
            return f"{which}{_meant(credential, self._named)}"
        return ""


def _meant(given: str, known: frozenset[str] | set[str]) -> str:
    close = get_close_matches(given, sorted(known), n=1)
    return f": did you mean {close[0]}?" if close else ": is it spelt right?"


def _counts_any(plan: CompiledPlan) -> bool:
    """Whether some part counts credentials whatever they are."""
    return (
        any(isinstance(measure, CredentialCount) and measure.of is None for measure in plan.measures)
        or any(isinstance(one, PerAward) and one.credentials is None for one in plan.plan.components)
        or any(_needs_any(need) for rung in plan.plan.ladder.rungs for need in rung.requires)
    )


def _needs_any(need: Requirement) -> bool:
    if isinstance(need, WaysNeed):
        return any(_needs_any(one) for way in need.ways for one in way.requires)
    return isinstance(need, CredentialNeed) and need.of is None


def _of_campuses(plan: CompiledPlan) -> set[str]:
    """The attributes of campuses that the plan looks at."""
    measured = {one.attribute for one in plan.measures if isinstance(one, CampusMeasure)}
    return measured | {one.on_campuses.attribute for one in plan.plan.components if one.on_campuses is not None}
