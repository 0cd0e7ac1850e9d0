"""The plan versions that this process has read, each compiled once, and the common facts that they are decided with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from services.compensation.domain import CommonFacts, Decision, EducatorFacts, PlanVersion
from services.compensation.policy.decide import decide, rested_on, settlement_for
from services.compensation.policy.evaluation.compiled import CompiledPlan, compile_plan
from services.compensation.policy.evaluation.evaluate import Evaluation, evaluate
from services.compensation.policy.evaluation.settlement import Settlement
from services.compensation.policy.plan import parse_plan
from services.compensation.policy.statement import statement_bytes


class Standing(NamedTuple):
    """A published plan version, and the number of the common facts that stand for its year; 0 for none."""

    plan_version_id: UUID
    plan_year: str
    common_facts: int


@dataclass(frozen=True, slots=True)
class BookedPlan:
    """A plan version ready to decide (the `StandingPlan` of recalculation)."""

    plan_version_id: UUID
    plan_year: str
    compiled: CompiledPlan
    common: CommonFacts
    settlement: Settlement

    @property
    def common_facts(self) -> int | None:
        """The number of the common facts that decisions rest on; None where the plan looks at nobody else."""
        return self.common.number or None if self.compiled.looks_at_common_facts else None

    def decide(self, facts: Sequence[EducatorFacts]) -> Sequence[Decision | None]:
        return decide(self.compiled, facts, self.common, self.settlement)

    def decide_with_working(self, facts: EducatorFacts) -> tuple[Evaluation, bytes | None]:
        """The evaluator's working for one educator, and the bytes of the statement that it comes to."""
        evaluation = evaluate(self.compiled, [facts], campuses=self.common.campuses, settlement=self.settlement)
        return evaluation, statement_bytes(evaluation, 0, rests_on=rested_on(self.compiled, self.common))


class PlanBook:
    """Compiled plan versions by id, and common facts by year and number: what is written in either never changes."""

    def __init__(self) -> None:
        self._plans: dict[UUID, tuple[UUID, CompiledPlan]] = {}
        self._common: dict[tuple[str, int], CommonFacts] = {}
        # What was settled may be thousands of numbers: it is read once, and not for each decision.
        self._settled: dict[tuple[UUID, int], Settlement] = {}

    def lacks_plans(self, standing: Iterable[Standing]) -> bool:
        return any(one.plan_version_id not in self._plans for one in standing)

    def lacks_common_facts(self, standing: Iterable[Standing]) -> bool:
        return any(one.common_facts and (one.plan_year, one.common_facts) not in self._common for one in standing)

    def add_plans(self, versions: Iterable[PlanVersion]) -> None:
        for version in versions:
            if version.id not in self._plans:
                compiled = compile_plan(parse_plan(version.document), version=version.version)
                # A plain UUID: the driver's own kind is written as text ten times slower, and every row names the plan.
                self._plans[version.id] = UUID(int=version.id.int), compiled

    def add_common_facts(self, common: Iterable[CommonFacts]) -> None:
        for one in common:
            self._common.setdefault((one.plan_year, one.number), one)

    def get(self, standing: Standing) -> BookedPlan:
        """Raises KeyError where the version or its common facts were never added."""
        plan_version_id, compiled = self._plans[standing.plan_version_id]
        year, number = standing.plan_year, standing.common_facts
        common = self._common[year, number] if number else CommonFacts(year)
        settled = self._settled.get((plan_version_id, number))
        if settled is None:
            settled = self._settled[plan_version_id, number] = settlement_for(common, plan_version_id)
        return BookedPlan(plan_version_id, year, compiled, common, settled)
