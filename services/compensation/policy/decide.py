"""The whole decision in one call: facts in, and for each educator amounts, rung and the statement's bytes out."""

from collections.abc import Sequence

from services.compensation.domain import Decision, EducatorFacts
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.evaluate import evaluate
from services.compensation.policy.statement import statement_bytes, statement_hash


def decide(plan: CompiledPlan, facts: Sequence[EducatorFacts]) -> list[Decision | None]:
    """Decide `plan` for each of `facts`, in their order; None for an educator who is not on the roster."""
    evaluation = evaluate(plan, facts)
    codes = [component.code for component in plan.plan.components]
    rungs = plan.plan.ladder.rungs
    decisions: list[Decision | None] = []
    for index, row in enumerate(evaluation.rows):
        content = statement_bytes(evaluation, index)
        if content is None:
            decisions.append(None)
            continue
        decisions.append(
            Decision(
                total_cents=row.total,
                components=dict(zip(codes, row.amounts, strict=True)),
                rung=rungs[row.rung].code,
                body=content,
                hash=statement_hash(content),
            )
        )
    return decisions
