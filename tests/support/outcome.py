"""What the evaluator and its statement come to, in the words of the reference."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from services.compensation.domain import EducatorFacts
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.evaluate import Evaluation, evaluate
from services.compensation.policy.exact import SCALE
from services.compensation.policy.facts.gather import NO_CAMPUSES, CampusAttributes
from services.compensation.policy.statement import statement_body
from shared.kernel.money import parse_amount


def outcome(plan: CompiledPlan, facts: EducatorFacts) -> dict[str, Any] | None:
    """Of one educator alone."""
    return outcomes(plan, [facts])[0]


def outcomes(
    plan: CompiledPlan, facts: Sequence[EducatorFacts], campuses: CampusAttributes = NO_CAMPUSES
) -> list[dict[str, Any] | None]:
    """Of several educators, who are all that there are."""
    evaluation = evaluate(plan, facts, campuses=campuses)
    return [_outcome(evaluation, index) for index in range(len(facts))]


def _outcome(evaluation: Evaluation, index: int) -> dict[str, Any] | None:
    plan, body = evaluation.plan, statement_body(evaluation, index)
    if body is None:
        return None
    row = evaluation.rows[index]
    measured = zip(plan.measures, row.numerators, row.denominators, row.measured, strict=True)
    codes = [component.code for component in plan.plan.components]
    return {
        "role": body["eligibility"]["role"],
        "group": body["eligibility"]["subject_group"],
        "share": Fraction(row.fte_days, plan.calendar.period_days * SCALE),
        "values": {
            part.code: Fraction(top, under * SCALE) if is_there else None for part, top, under, is_there in measured
        },
        "points": {
            part.code: Fraction(points, SCALE)
            for part, points in zip(plan.measures, row.points, strict=True)
            if part.points is not None or part.points_by_step is not None
        },
        "gates": {gate["code"]: gate["met"] for gate in body["gates"]},
        "full": dict(zip(codes, row.full_amounts, strict=True)),
        "components": {part["code"]: parse_amount(part["amount"]["amount"]) for part in body["components"]},
        "total": parse_amount(body["total"]["amount"]),
        **_ladder(body["ladder"]),
    }


def _ladder(told: dict[str, Any]) -> dict[str, Any]:
    held, awaiting = told.get("held"), told.get("awaiting")
    return {
        "rung": told["rung"],
        "asked": [(one["rung"], one["met"]) for one in told["requirements"]],
        "reached": told.get("reached"),
        "held": held and (held["rung"], held["since"], held["through"]),
        "awaiting": awaiting and awaiting["rung"],
    }
