"""The largest that a plan and HR can say: no amount leaves its limits, no statement has another educator's words."""

import json

import pytest

from services.compensation.errors import PlanInvalid
from services.compensation.policy.cases.events import attribute, facts_of, growth, roster
from services.compensation.policy.decide import decide
from services.compensation.policy.evaluation.compiled import CompiledPlan, compile_plan
from services.compensation.policy.plan import document_of, parse_plan
from tests.support.outcome import outcomes
from tests.support.policy_facts import REPOSITORY
from tests.support.random_plans import Document
from tests.support.reference import Event, read_raw_plan, reference_of_all

SALARY: Document = {
    "code": "salary",
    "title": "Salary",
    "take": "attribute",
    "attribute": "salary",
    "source": "illustrative",
}
FULL_YEAR = roster({"role": "teacher", "from": "2015-08-03"})


def plan_of(*components: Document, measures: tuple[Document, ...] = (SALARY,)) -> str:
    """The least that a plan can say, with these measures and components."""
    bare = document_of(parse_plan((REPOSITORY / "tests/policy_cases/bare.yaml").read_text()))
    return json.dumps(bare | {"measures": list(measures), "components": list(components)})


def component(**terms: object) -> Document:
    return {"code": "c", "title": "C", "prorates": True, "source": "illustrative"} | terms


def agree(text: str, *histories: list[Event]) -> list[int]:
    """What each is paid, by the evaluator and the reference alike."""
    facts = [facts_of(events) for events in histories]
    found = outcomes(compile_plan(parse_plan(text), version=1), facts)
    assert found == reference_of_all(read_raw_plan(text), histories)
    return [one["total"] for one in found if one is not None]


def test_a_percentage_of_the_largest_salary_is_paid_up_to_its_cap() -> None:
    text = plan_of(component(pay="percent_of", percent="10", measure="salary", at_most_each="5000.00"))
    salaries = ("50000", "130000", "200000", "999999.999999")
    assert agree(text, *[[FULL_YEAR, attribute("salary", salary)] for salary in salaries]) == [500_000] * 4


def test_shares_that_would_leave_64_bits_are_refused_whatever_caps_the_component() -> None:
    fine = [{"hired_by": "2020-10-01", "share": "0.3333"}]
    for terms in (
        {"pay": "percent_of", "percent": "10", "measure": "salary", "at_most_each": "5000.00"},
        {"pay": "pot", "total": "500000.00", "shared": "equally", "at_most_each": "2000.00"},
    ):
        with pytest.raises(PlanInvalid, match="round the shares"):
            parse_plan(plan_of(component(by_hire=fine, **terms)))


def test_a_sum_of_sums_stops_at_a_thousand_millions() -> None:
    """Without the reference, which asks for each measure as often as it is part of another."""
    measures: list[Document] = [SALARY, SALARY | {"code": "again"}]
    for level in range(20):
        of = [f"sum{level - 1}", f"more{level - 1}"] if level else ["salary", "again"]
        terms = {"title": "Sum", "take": "sum_of", "of": of, "by": "value", "needs": "all", "places": 2}
        measures += [{"code": f"{name}{level}", "source": "illustrative"} | terms for name in ("sum", "more")]
    pay = component(pay="percent_of", percent="1000", measure="sum19", at_most_each="9999999.00")
    plan = compile_plan(parse_plan(plan_of(pay, measures=tuple(measures))), version=1)
    [decision] = decide(plan, [facts_of([FULL_YEAR, attribute("salary", "999999.99")])])
    assert decision is not None
    assert decision.total_cents == 999_999_900


def test_whole_dollars_pay_no_more_than_a_pot_holds() -> None:
    text = plan_of(component(pay="pot", total="1000.00", shared="equally", at_most_each="1000.00", rounds_to="dollar"))
    assert agree(text, *[[FULL_YEAR]] * 7) == [14_200] * 7


def test_nothing_on_file_and_a_zero_on_file_are_told_apart_whoever_was_decided_before() -> None:
    text = (REPOSITORY / "services/compensation/plans/harmony-pbcs-2019-20.yaml").read_text()
    one, other = facts_of([FULL_YEAR, growth(1, "0", year="2019-20")]), facts_of([FULL_YEAR])

    def one_by_one(plan: CompiledPlan, order: int) -> list[object]:
        return [decide(plan, [facts])[0] for facts in (one, other)[::order]][::order]

    fresh, turned = (compile_plan(parse_plan(text), version=1) for _ in range(2))
    assert one_by_one(fresh, 1) == one_by_one(turned, -1)
