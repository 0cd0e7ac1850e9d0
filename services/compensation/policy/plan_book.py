"""The plan versions that this process has read, each compiled once: what is written in a version never changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.compensation.domain import Decision, EducatorFacts, PlanVersion
from services.compensation.policy.decide import decide
from services.compensation.policy.evaluation.compiled import CompiledPlan, compile_plan
from services.compensation.policy.plan import parse_plan


@dataclass(frozen=True, slots=True)
class BookedPlan:
    """A plan version ready to decide (the `StandingPlan` of recalculation)."""

    plan_version_id: UUID
    plan_year: str
    compiled: CompiledPlan

    def decide(self, facts: Sequence[EducatorFacts]) -> Sequence[Decision | None]:
        return decide(self.compiled, facts)


class PlanBook:
    """Compiled plan versions by id."""

    def __init__(self) -> None:
        self._plans: dict[UUID, BookedPlan] = {}

    def has_all(self, ids: Iterable[UUID]) -> bool:
        return all(plan_version_id in self._plans for plan_version_id in ids)

    def add_all(self, versions: Iterable[PlanVersion]) -> None:
        for version in versions:
            if version.id not in self._plans:
                compiled = compile_plan(parse_plan(version.document), version=version.version)
                # A plain UUID: the driver's own kind is written as text ten times slower, and every row names the plan.
                plan_version_id = UUID(int=version.id.int)
                self._plans[version.id] = BookedPlan(plan_version_id, version.plan_year, compiled)

    def get(self, plan_version_id: UUID) -> BookedPlan:
        """Raises KeyError where the version was never added."""
        return self._plans[plan_version_id]

    def get_all(self, ids: Iterable[UUID]) -> list[BookedPlan]:
        """Raises KeyError where one was never added."""
        return [self._plans[plan_version_id] for plan_version_id in ids]
