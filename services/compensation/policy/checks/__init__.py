"""What the parts of a plan must mean together. Each check yields faults with a JSON pointer and the remedy."""

from services.compensation.policy.checks.conditions import faults_of_conditions
from services.compensation.policy.checks.document import faults_of_document
from services.compensation.policy.checks.ladder import faults_of_ladder
from services.compensation.policy.checks.measures import faults_of_measures
from services.compensation.policy.checks.pay import faults_of_pay
from services.compensation.policy.checks.people import faults_of_people
from services.compensation.policy.checks.written_now import faults_of_writing
from services.compensation.policy.language.document import Plan
from shared.kernel.errors import FieldError

__all__ = ["faults_of", "faults_of_writing"]


def faults_of(plan: Plan) -> list[FieldError]:
    """All faults of a document whose single values are right, in the order of the document.

    A plan that tells too many people apart is looked at no further: every check asks who falls under what. Nor is one
    whose days are wrong: others reckon with them.
    """
    found = [*faults_of_people(plan)] or [*faults_of_document(plan)]
    if found:
        return found
    return [
        *faults_of_measures(plan),
        *faults_of_conditions(plan),
        *faults_of_pay(plan),
        *faults_of_ladder(plan),
    ]
