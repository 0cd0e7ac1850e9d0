"""Changes that a plan does not look at: an award of what is named nowhere, an attribute that no rule asks for.

Like what a plan names and nobody has, it is not refused; but what is misspelt comes to nothing, and looks like
an answer.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from services.compensation.domain import EducatorFacts, FactKind
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.language.document import Plan
from services.compensation.policy.language.ladder import CredentialNeed
from services.compensation.policy.language.measures import CredentialCount
from services.compensation.policy.language.pay import PerAward
from services.compensation.policy.names_in_plan import clauses, looked_at
from services.compensation.policy.what_if.changes import AttributeValue, Award, CampusAttribute, Change


class Unheeded:
    """Look at everybody's facts as they stand, then ask for the `notes`."""

    def __init__(self, plan: CompiledPlan, changes: Sequence[Change]) -> None:
        self._plan = plan
        self._changes = changes
        self._known = looked_at(plan.plan)
        self._never = {one.credential for one in changes if isinstance(one, Award)} - self._known.credentials

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
                known = self._known.of_campuses if isinstance(change, CampusAttribute) else self._plan.scope.attributes
                if change.attribute not in known:
                    which = "which the plan does not look at, so that it changes nothing"
                    yield f"Change {number} sets {change.attribute}, {which}{_meant(change.attribute, known)}"

    def _of_award(self, credential: str) -> str:
        if credential in self._known.credentials:
            return ""
        meant = _meant(credential, self._known.credentials)
        if not _counts_any(self._plan.plan):
            return f"which the plan names nowhere, so that it changes nothing{meant}"
        if credential in self._never:
            return f"which nobody was ever awarded and the plan names nowhere; it counts where any other does{meant}"
        return ""


def _meant(given: str, known: frozenset[str] | set[str]) -> str:
    close = get_close_matches(given, sorted(known), n=1)
    return f": did you mean {close[0]}?" if close else ": is it spelt right?"


def _counts_any(plan: Plan) -> bool:
    """Whether some part counts credentials whatever they are."""
    return any(
        one.credentials is None if isinstance(one, PerAward) else one.of is None
        for one in clauses(plan)
        if isinstance(one, (PerAward, CredentialCount, CredentialNeed))
    )
