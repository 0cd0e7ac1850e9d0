"""What a plan makes of all educators at once: the settlement that everybody's decision rests on."""

from collections.abc import Sequence

from services.compensation.domain import EducatorFacts
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.evaluate import work
from services.compensation.policy.evaluation.reading import read_columns
from services.compensation.policy.evaluation.settlement import Settlement
from services.compensation.policy.facts.gather import CampusAttributes


def settle(plan: CompiledPlan, everybody: Sequence[EducatorFacts], campuses: CampusAttributes) -> Settlement:
    """Draw the borders through all of `everybody`, and count the units that share each pot."""
    columns, _ = read_columns(plan, everybody, campuses)
    return work(plan, columns).settlement
