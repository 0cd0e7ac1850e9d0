"""The whole decision in one call: facts in, and for each educator amounts, rung and the statement's bytes out."""

from collections.abc import Sequence
from uuid import UUID

from services.compensation.domain import CommonFacts, Decision, EducatorFacts
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.evaluate import evaluate
from services.compensation.policy.evaluation.settlement import NOT_SETTLED, Settlement
from services.compensation.policy.statement import statement_bytes, statement_hash


def decide(
    plan: CompiledPlan,
    facts: Sequence[EducatorFacts],
    common: CommonFacts | None = None,
    settlement: Settlement = NOT_SETTLED,
) -> list[Decision | None]:
    """Decide `plan` for each of `facts`, in their order; None for an educator who is not on the roster.

    What depends on all educators is taken from `settlement` (`settlement_for`); where that is empty nobody is in a top
    share or shares a pot.
    """
    common = common or CommonFacts(plan.calendar.plan_year)
    evaluation = evaluate(plan, facts, campuses=common.campuses, settlement=settlement)
    rests_on = rested_on(plan, common)
    codes = [component.code for component in plan.plan.components]
    rungs = plan.plan.ladder.rungs
    decisions: list[Decision | None] = []
    for index, row in enumerate(evaluation.rows):
        content = statement_bytes(evaluation, index, rests_on=rests_on)
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


def settlement_for(common: CommonFacts, plan_version_id: UUID) -> Settlement:
    """What `common` says of all educators, where it was settled for this version of the plan."""
    return Settlement.from_document(common.settlement) if common.settled_for == plan_version_id else NOT_SETTLED


def rested_on(plan: CompiledPlan, common: CommonFacts) -> CommonFacts | None:
    """The common facts that statements name: none where the plan looks at nothing but the educator's own facts."""
    return common if plan.looks_at_common_facts else None
