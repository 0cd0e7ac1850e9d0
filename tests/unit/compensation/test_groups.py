"""Educators counted together by what HR keeps of them: places and pots within a team, by hand and by the reference."""

import json
from typing import Any

from services.compensation.policy.decide import decide
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.evaluation.evaluate import evaluate
from services.compensation.policy.evaluation.settlement import Settlement
from services.compensation.policy.explanation.tree import explain
from services.compensation.policy.plan import document_of, parse_plan
from services.compensation.policy.statement import statement_body
from tests.support.outcome import outcomes
from tests.support.policy_facts import REPOSITORY, attribute, facts_of, growth, roster
from tests.support.random_plans import Document
from tests.support.reference import Event, read_raw_plan, reference_of_all

TEAM: Document = {"attribute": "team"}
GROWTH: Document = {"code": "growth", "title": "Growth", "take": "growth_percent", "combine": "mean"}
POT: Document = {"code": "pot", "title": "Pot", "pay": "pot", "total": "100.00", "shared": "equally", "within": TEAM}
BARE = document_of(parse_plan((REPOSITORY / "tests/policy_cases/bare.yaml").read_text()))


def sourced(*parts: Document) -> list[Document]:
    return [part | {"source": "illustrative"} for part in parts]


def plan_of(component: Document, *gates: Document, measures: tuple[Document, ...] = (GROWTH,)) -> str:
    asked = {"requires": [gate["code"] for gate in gates], "prorates": False, "at_most_each": "1000.00"}
    parts = {"measures": sourced(*measures), "gates": sourced(*gates), "components": sourced(component | asked)}
    return json.dumps(BARE | parts)


def educator(percent: str | None, team: str | None, **assignment: str) -> list[Event]:
    events = [roster({"role": "teacher", "from": "2015-08-03"} | assignment)]
    events += [] if percent is None else [growth(1, percent)]
    return events if team is None else [*events, attribute("team", team)]


def agree(text: str, *histories: list[Event]) -> list[dict[str, Any]]:
    """What each comes to, by the evaluator and the reference alike."""
    found = outcomes(compile_plan(parse_plan(text), version=1), [facts_of(events) for events in histories])
    assert found == reference_of_all(read_raw_plan(text), histories)
    return [one for one in found if one is not None]


def test_a_pot_is_shared_within_each_team_and_by_nobody_without_one() -> None:
    three = [educator(None, "Grade 3"), educator(None, "Grade 3", campus="campus-2"), educator(None, "Grade 3")]
    alone, without, other_role = educator(None, "7"), educator(None, None), educator(None, "7", role="other")
    last_year = [*educator(None, None), attribute("team", "Grade 3", year="2019-20")]
    by_item = [*educator(None, None), attribute("team", "Grade 3", item="math")]
    found = agree(plan_of(POT), *three, alone, without, other_role, last_year, by_item)
    # A hundred dollars by three, cut off to the cent, wherever they are; all of it by the one of team 7 who is paid.
    assert [one["total"] for one in found] == [3333, 3333, 3333, 10000, 0, 0, 0, 0]


def test_the_top_of_each_team_is_drawn_through_the_team() -> None:
    gate = {
        "code": "top",
        "title": "Top half",
        "measure": "growth",
        "top": {"share": "0.5", "within": TEAM, "ties": "out"},
    }
    text = plan_of({"code": "flat", "title": "Flat", "pay": "flat", "amount": "500.00"}, gate)
    third = [educator(percent, "Grade 3") for percent in ("90", "80", "70", "60")]
    fourth = [educator("50", "Grade 4", campus="campus-2"), educator("40", "Grade 4"), educator(None, "Grade 4")]
    found = agree(text, *third, *fourth, educator("100", None))
    assert [one["total"] for one in found] == [50000, 50000, 0, 0, 50000, 0, 0, 0]


def test_a_settlement_has_no_place_for_who_is_in_no_team_and_says_so_on_the_statement() -> None:
    plan = compile_plan(parse_plan(plan_of(POT)), version=1)
    histories = [educator(None, "Grade 3"), educator(None, None)]
    evaluation = evaluate(plan, [facts_of(events) for events in histories])
    settlement = evaluation.working.settlement
    assert settlement.to_document() == {"pot_units": {"pot": {"Grade 3": 1}}}
    bodies = [statement_body(evaluation, at) or {} for at in range(2)]
    assert [body["components"][0]["reason"] for body in bodies] == [
        "$100.00 are shared equally among all of the team who meet its gates; a share as things stand is $100.00.",
        "Nothing is shared, for no team is on file for the plan year.",
    ]
    # Alone, by what was settled, one is decided as among all; and the tree ends at what is on file of the team.
    again = evaluate(plan, [facts_of(histories[0])], settlement=Settlement.from_document(settlement.to_document()))
    assert statement_body(again, 0) == bodies[0]
    [component] = explain(again, bodies[0])["because"]
    assert "On file with HR: team in 2020-21: Grade 3." in str(component)


def test_who_changes_the_team_is_paid_by_what_stands_for_it_and_the_others_by_the_next_settlement() -> None:
    """As it is for who moves to another campus: a share of the pot there, which is drawn anew when it is settled."""
    for within, stays, moves in (
        (TEAM, educator(None, "Grade 3"), educator(None, "Grade 4")),
        ("campus", educator(None, None, campus="one"), educator(None, None, campus="two")),
    ):
        plan = compile_plan(parse_plan(plan_of(POT | {"within": within})), version=1)
        there, here = facts_of(moves), facts_of(stays)
        settled = evaluate(plan, [here, here, there]).working.settlement
        totals = [evaluate(plan, [one], settlement=settled).working.total.tolist() for one in (here, there)]
        assert totals == [[5000], [10000]]
        anew = evaluate(plan, [here, here, here]).working
        assert anew.total.tolist() == [3333, 3333, 3333]


def test_a_team_that_nothing_is_settled_for_shares_nothing() -> None:
    plan = compile_plan(parse_plan(plan_of(POT)), version=1)
    [decision] = decide(plan, [facts_of(educator(None, "Grade 9"))])
    assert decision is not None
    assert decision.total_cents == 0
