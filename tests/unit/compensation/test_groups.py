"""Educators counted together by what HR keeps of them: places and pots within a team, by hand and by the reference."""

import json
from typing import Any

import pytest

from services.compensation.domain import CommonFacts
from services.compensation.errors import PlanInvalid
from services.compensation.policy.cases.events import attribute, facts_of, growth, roster
from services.compensation.policy.decide import decide
from services.compensation.policy.evaluation.columns import joined
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.evaluation.evaluate import evaluate, work
from services.compensation.policy.evaluation.reading import read_columns
from services.compensation.policy.evaluation.settlement import Settlement
from services.compensation.policy.explanation.earnable import still_earnable
from services.compensation.policy.explanation.tree import explain
from services.compensation.policy.plan import document_of, parse_plan
from services.compensation.policy.statement import statement_body
from tests.support.outcome import outcomes
from tests.support.policy_facts import REPOSITORY
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


MEAN: Document = {"code": "result", "title": "Team growth", "take": "group_mean", "of": "growth", "within": TEAM}
REACHED: Document = {"code": "reached", "title": "Team growth", "measure": "result", "at_least": "60"}
FLAT: Document = {"code": "flat", "title": "Flat", "pay": "flat", "amount": "500.00"}
BY_MEAN = plan_of(FLAT, REACHED, measures=(MEAN, GROWTH))


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
        "$100.00 are shared equally among the 1 of the team who meets its gates; a share as things stand is $100.00.",
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


def test_groups_that_are_read_in_parts_are_settled_as_one() -> None:
    plan = compile_plan(parse_plan(BY_MEAN), version=1)
    given = (("10", "Grade 3"), ("20", None), ("40", "Grade 4"), ("90", None), ("60", "Grade 4"), ("80", "Grade 3"))
    facts = [facts_of(educator(*one)) for one in given]
    parts = [read_columns(plan, facts[first : first + 2], {})[0] for first in range(0, len(facts), 2)]
    settled = work(plan, joined(parts)).settlement
    assert settled.group_totals == {"result": {"Grade 3": (90_000_000, 2), "Grade 4": (100_000_000, 2)}}


def test_a_team_that_nothing_is_settled_for_shares_nothing() -> None:
    plan = compile_plan(parse_plan(plan_of(POT)), version=1)
    [decision] = decide(plan, [facts_of(educator(None, "Grade 9"))])
    assert decision is not None
    assert decision.total_cents == 0


def test_everybody_in_a_team_whose_mean_reaches_the_border_is_paid() -> None:
    # (50 + 70.004 + 59.99) / 3 is 59.998 by these values and exactly 60 - 0.01 / 3 by those rounded to two places.
    below = [educator(percent, "Grade 3") for percent in ("50", "70.004", "59.99")]
    # Who has no growth of their own is paid with the team; who is not paid by the plan does not count, either way.
    reached = [educator("59.994", "Grade 4"), educator("60.005", "Grade 4"), educator(None, "Grade 4")]
    uncounted = [educator("0", "Grade 4", role="other"), educator("100", None), educator(None, "7")]
    found = agree(BY_MEAN, *below, *reached, *uncounted)
    assert [one["total"] for one in found] == [0, 0, 0, 50000, 50000, 50000, 0, 0, 0]
    # 59.99 and 60.01: not 59.994 and 60.005, of which the mean is below the border.
    assert [one["values"]["result"] for one in found[3:]] == [60, 60, 60, 60, None, None]


def test_a_mean_a_hair_below_a_border_does_not_reach_it_however_many_are_counted() -> None:
    plan = compile_plan(parse_plan(BY_MEAN), version=1)
    at, short = facts_of(educator("60", "Grade 3")), facts_of(educator("59.99", "Grade 3"))
    for others, is_met in ((0, False), (40_000, False)):
        settled = evaluate(plan, [at, short]).working.settlement
        total, count = settled.group_totals["result"]["Grade 3"]
        more = Settlement(group_totals={"result": {"Grade 3": (total + others * 60_000_000, count + others)}})
        [decided] = evaluate(plan, [at], settlement=more).rows
        assert decided.gate_met == [is_met]
    exact = Settlement(group_totals={"result": {"Grade 3": (40_000 * 60_000_000, 40_000)}})
    assert evaluate(plan, [at], settlement=exact).rows[0].gate_met == [True]


def test_what_is_made_of_a_mean_and_a_mean_of_that_follow_one_another() -> None:
    own = {"code": "lead", "title": "Lead", "take": "difference_of", "of": ["growth", "result"], "by": "value"}
    again = {"code": "leads", "title": "Leads", "take": "group_mean", "of": "lead", "within": "network"}
    text = plan_of(FLAT, measures=(again, own | {"needs": "all", "places": 0}, MEAN, GROWTH))
    found = agree(text, educator("50", "Grade 3"), educator("60", "Grade 3"), educator("80", "7"))
    # Leads of -5, 5 and 0 on the teams' means of 55 and 80; none of them on all of them together.
    assert [one["values"]["lead"] for one in found] == [-5, 5, 0]
    assert [one["values"]["leads"] for one in found] == [0, 0, 0]


def test_the_statement_says_what_the_mean_is_of_and_why_there_is_none() -> None:
    plan = compile_plan(parse_plan(BY_MEAN), version=1)
    everybody = [facts_of(educator(*one)) for one in (("55", "Grade 3"), ("60.5", "Grade 3"), (None, None))]
    evaluation = evaluate(plan, everybody)
    settlement = evaluation.working.settlement
    sums, counts = {"Grade 3": 115_500_000}, {"Grade 3": 2}
    assert settlement.to_document() == {"group_sums": {"result": sums}, "group_counts": {"result": counts}}
    assert Settlement.from_document(settlement.to_document()) == settlement
    assert plan.looks_at_everybody
    unsettled = evaluate(plan, everybody[:1], settlement=Settlement())
    bodies = [statement_body(*one) or {} for one in ((evaluation, 0), (evaluation, 2), (unsettled, 0))]
    told = [{part["code"]: part["reason"] for part in body["measures"]}["result"] for body in bodies]
    assert told == [
        "The mean of Growth over the 2 of the team who count, each rounded to two places: 115.5 / 2 = 57.75 %.",
        "No mean, for no team is on file for the plan year.",
        "No value of Growth was settled for the team.",
    ]
    alone = evaluate(plan, everybody[:1], settlement=settlement)
    assert statement_body(alone, 0) == bodies[0]
    tree = str(explain(alone, bodies[0]))
    assert "On file with HR: team in 2020-21: Grade 3." in tree
    assert "Of the team 2 count, and their values come to 115.5." in tree


def test_the_mean_of_a_group_is_no_sum_of_a_pot() -> None:
    kept = {"code": "award", "title": "Award", "take": "campus_attribute", "attribute": "award"}
    mean = kept | {"code": "mean", "take": "group_mean", "of": "award", "within": TEAM}
    del mean["attribute"]
    pot = {name: value for name, value in POT.items() if name != "total"} | {"within": "campus"}
    parse_plan(plan_of(pot | {"total_measure": "award"}, measures=(kept,)))
    with pytest.raises(PlanInvalid, match="made of `campus_attribute` alone"):
        parse_plan(plan_of(pot | {"total_measure": "mean"}, measures=(kept, mean)))


def bodies_of(text: str, *histories: list[Event], settlement: Settlement | None = None) -> list[dict[str, Any]]:
    evaluation = evaluate(
        compile_plan(parse_plan(text), version=1), [facts_of(events) for events in histories], settlement=settlement
    )
    return [statement_body(evaluation, at) or {} for at in range(len(histories))]


def test_two_means_that_come_to_the_same_each_say_what_they_are_of() -> None:
    bodies = bodies_of(BY_MEAN, educator("60", "7"), educator("60", "Grade 3"), educator("60", "Grade 3"))
    told = [{part["code"]: part["reason"] for part in body["measures"]}["result"] for body in bodies[:2]]
    assert told == [
        "The mean of Growth over the 1 of the team who counts, rounded to two places: 60 / 1 = 60 %.",
        "The mean of Growth over the 2 of the team who count, each rounded to two places: 120 / 2 = 60 %.",
    ]


def test_the_mean_of_percentages_is_one() -> None:
    [body] = bodies_of(BY_MEAN, educator("40", "Grade 3"))
    assert body["gates"][0]["reason"] == "Team growth: 40 %. The plan asks for at least 60 %."
    with pytest.raises(PlanInvalid, match="150 is above 100, and 'result' is a percentage"):
        parse_plan(plan_of(FLAT, REACHED | {"at_least": "150"}, measures=(MEAN, GROWTH)))


def test_beyond_a_million_no_value_counts_in_a_mean_and_nothing_else_is_said() -> None:
    days = {"code": "days", "title": "Days", "take": "attribute", "attribute": "days"}
    twice = {"code": "growth", "title": "Twice", "take": "sum_of", "of": ["days", "again"], "by": "value", "places": 2}
    text = plan_of(FLAT, REACHED, measures=(MEAN, twice | {"needs": "all"}, days, days | {"code": "again"}))
    rich, poor = [*educator(None, "7"), attribute("days", "900000")], [*educator(None, "7"), attribute("days", "1")]
    # Not the mean of 1,800,000 and 2.
    assert [one["values"]["result"] for one in agree(text, rich, poor)] == [500_001, 500_001]
    told = {part["code"]: part["reason"] for part in bodies_of(text, rich, poor)[0]["measures"]}["result"]
    assert told == (
        "The mean of Twice over the 2 of the team who count, each rounded to two places and counted up to a million: "
        "1,000,002 / 2 = 500001."
    )


UNITS: Document = {"code": "units", "title": "Units", "pay": "per_unit", "measure": "result", "at_most": "100"}
LEVELS: list[Document] = [
    {"code": "low", "title": "Low", "at_least": "0", "below": "50"},
    {"code": "high", "title": "High", "at_least": "50"},
]
BANDS: Document = {"code": "bands", "title": "Bands", "measure": "result", "levels": LEVELS}
BANDED: Document = {"code": "b", "title": "B", "pay": "banded", "bands": "bands"}
LADDER: Document = {
    "rungs": [
        {"code": "one", "title": "One", "requires": []},
        {"code": "two", "title": "Two", "requires": [{"need": "measure", "measure": "result", "at_least": "60"}]},
    ]
}
OF_TEAM = json.dumps(
    BARE
    | {
        "measures": sourced(MEAN, GROWTH),
        "gates": sourced(REACHED),
        "bands": sourced(BANDS),
        "components": [
            part | {"prorates": False}
            for part in sourced(
                FLAT | {"requires": ["reached"]},
                UNITS | {"amount": "1.00"},
                BANDED | {"amounts": {"low": "0.00", "high": "1000.00"}},
                POT | {"at_most_each": "1000.00"},
            )
        ],
        "ladder": {"source": "illustrative", "rungs": sourced(*LADDER["rungs"])},
    }
)


def test_who_is_in_no_team_is_told_so_and_offered_nothing_that_needs_one() -> None:
    """After one of the same plan whom nothing was settled for: all that was measured of the two is the same."""
    plan = compile_plan(parse_plan(OF_TEAM), version=1)
    everybody = [facts_of(educator(None, "Grade 3")), facts_of(educator(None, None))]
    evaluations = [evaluate(plan, [facts], settlement=Settlement()) for facts in everybody]
    there, nowhere = [statement_body(evaluation, 0) or {} for evaluation in evaluations]
    for body, why in ((there, "nothing settled"), (nowhere, "no team on file")):
        assert body["gates"][0]["reason"] == f"Team growth: {why}. The plan asks for at least 60 %."
        assert [part["reason"] for part in body["components"]][1:3] == [
            f"Team growth: {why}.",
            f"Team growth {why} is in the band Low (from 0 to below 50), which is worth $0.00.",
        ]
        assert body["ladder"]["next"]["gap"] == [f"Team growth of at least 60 % ({why} now)"]
    assert there["measures"][0]["reason"] == "No value of Growth was settled for the team."
    assert nowhere["measures"][0]["reason"] == "No mean, for no team is on file for the plan year."
    assert "a share as things stand is $0.00" in there["components"][3]["reason"]
    assert nowhere["components"][3]["reason"] == "Nothing is shared, for no team is on file for the plan year."
    assert [step["component"] for step in there["next_steps"]] == ["flat", "b"]
    assert nowhere["next_steps"] == []
    open_to = [
        [part["component"] for part in still_earnable(evaluation, body)]
        for evaluation, body in zip(evaluations, (there, nowhere), strict=True)
    ]
    assert open_to == [["flat", "units", "b"], []]


def test_what_is_made_of_a_mean_names_the_team_that_is_not_on_file() -> None:
    both = {"code": "both", "title": "Both", "take": "mean_of", "of": ["growth", "result"], "by": "value", "places": 2}
    asked = REACHED | {"measure": "both"}
    text = plan_of(FLAT, asked, measures=(both | {"needs": "all"}, MEAN, GROWTH))
    body, _ = bodies_of(text, educator("90", None), educator("90", "7"))
    [told] = [part["reason"] for part in body["measures"] if part["code"] == "both"]
    assert told == "There is no value of Team growth (no team on file), and all of them are needed."
    assert body["gates"][0]["reason"] == "Both: no team on file. The plan asks for at least 60."
    assert body["next_steps"] == []


@pytest.mark.parametrize(
    ("shared", "told"),
    [
        ({"shared": "equally"}, "shared equally among the 2 of the team who meet its gates"),
        (
            {"shared": "by_full_time_days"},
            "shared by full-time days among all of the team who meet its gates, 570 days in all",
        ),
    ],
)
def test_a_pot_says_among_how_many_and_once_settled_no_statement_says_how_things_stand(
    shared: Document, told: str
) -> None:
    text = json.loads(plan_of(POT | shared, REACHED, measures=(MEAN, GROWTH)))
    text["components"] = [text["components"][0] | {"requires": []}, *json.loads(BY_MEAN)["components"]]
    plan = compile_plan(parse_plan(json.dumps(text)), version=1)
    facts = [facts_of(educator(None, "Grade 3"))]
    settled = evaluate(plan, facts * 2).working.settlement
    for is_final, stands in ((False, " as things stand"), (True, "")):
        common = CommonFacts("2020-21", is_final=is_final)
        [decision] = decide(plan, facts, common, settled)
        assert decision is not None
        body = json.loads(decision.body)
        assert body["components"][0]["reason"] == f"$100.00 are {told}; a share{stands} is $50.00."
        assert body["next_steps"][0]["text"] == f"Meeting Team growth opens the Flat: $500.00{stands}."
