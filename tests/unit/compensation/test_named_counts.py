"""Counts of named micro-credentials, and the quality that SLOs were approved with: by hand."""

import pytest

from services.compensation.policy.cases.events import award, facts_of, revoked, roster, slo
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.evaluation.evaluate import evaluate
from services.compensation.policy.plan import parse_plan
from services.compensation.policy.statement import statement_body
from tests.support.policy_facts import HARMONY

MEASURES = """\
  - {code: two-of, title: Two of these, take: credential_count, of: [mc-a, mc-b], source: illustrative}
  - {code: quality, title: Quality of SLOs, take: slo_mean_quality, source: illustrative}
gates:
  - {code: has-two, title: Both of the two, measure: two-of, at_least: 2, source: illustrative}
  - {code: good-goals, title: Good goals, measure: quality, at_least: "3.2", source: illustrative}
"""
COMPONENTS = """\
components:
  - {code: both, title: Both, pay: flat, amount: "10.00", requires: [has-two], prorates: false, source: illustrative}
  - {code: goals, title: Good, pay: flat, amount: "1.00", requires: [good-goals], prorates: false, source: illustrative}
"""
PLAN = HARMONY.replace("gates:\n", MEASURES, 1).replace("components:\n", COMPONENTS, 1)
ROSTER = roster({"to": "2021-06-30"})
A, B, C = award("a", "mc-a"), award("b", "mc-b"), award("c", "mc-c")


@pytest.mark.parametrize(
    ("facts", "both", "goals", "says"),
    [
        (
            [A, C, award("again", "mc-a")],
            "0.00",
            "0.00",
            "1 micro-credential earned in the plan year, of mc-a or mc-b.",
        ),
        ([A, B, C], "10.00", "0.00", "2 micro-credentials earned in the plan year, of mc-a or mc-b."),
        ([A, B, revoked(B)], "0.00", "0.00", "1 micro-credential earned in the plan year, of mc-a or mc-b."),
        ([slo(1, None, quality="2.9"), slo(2, 4, quality="3.5")], "0.00", "1.00", "The mean of 2 quality scores: 3.2."),
        ([slo(1, None, quality="3.19")], "0.00", "0.00", "The mean of 1 quality score: 3.19."),
        ([], "0.00", "0.00", "No approved SLO is on file."),
    ],
)
def test_what_is_named_is_counted(facts: list[tuple[str, dict[str, object]]], both: str, goals: str, says: str) -> None:
    plan = compile_plan(parse_plan(PLAN), version=1)
    body = statement_body(evaluate(plan, [facts_of([ROSTER, *facts])]), 0)
    assert body is not None
    paid = {part["code"]: part["amount"]["amount"] for part in body["components"]}
    assert (paid["both"], paid["goals"]) == (both, goals)
    assert says in str(body["measures"])
