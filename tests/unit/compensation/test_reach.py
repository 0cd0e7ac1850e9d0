"""What can still be earned: nothing that the plan year cannot change, and all that stands in the way is named."""

import json
from typing import Any

import pytest

from services.compensation.policy.cases.events import facts_of, growth, observation
from services.compensation.policy.evaluation.compiled import CompiledPlan, compile_plan
from services.compensation.policy.evaluation.evaluate import evaluate
from services.compensation.policy.evaluation.settlement import Settlement
from services.compensation.policy.explanation.earnable import still_earnable
from services.compensation.policy.plan import parse_plan
from services.compensation.policy.statement import statement_body
from tests.support.random_plans import Document
from tests.support.reference import Event
from tests.unit.compensation.test_groups import BARE, FLAT, GROWTH, TEAM, educator, sourced

SEEN: Document = {"code": "seen", "title": "Observations", "take": "observation_count"}
OBSERVED: Document = {"code": "observed", "title": "Observed at least twice", "measure": "seen", "at_least": "2"}
TOP: Document = {
    "code": "top",
    "title": "Top half",
    "measure": "growth",
    "top": {"share": "0.5", "within": TEAM, "ties": "in", "among": ["observed"]},
}
BANDED: Document = {"code": "banded", "title": "B", "pay": "banded", "bands": "bands"}
AMOUNTS: Document = {"amounts": {"low": "0.00", "high": "1000.00"}}


def told(parts: Document, *histories: list[Event]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The first one's statement and what they could still earn, as settled among all."""
    [body, *_], plan, settlement = statements(parts, *histories)
    return body, still_earnable(evaluate(plan, [facts_of(histories[0])], settlement=settlement), body)


def statements(parts: Document, *histories: list[Event]) -> tuple[list[dict[str, Any]], CompiledPlan, Settlement]:
    """Of each, written one after the other by the same words."""
    document = BARE | {name: sourced(*given) for name, given in parts.items()}
    if "rungs" in document:
        document["ladder"] = {"rungs": document.pop("rungs"), "source": "illustrative"}
    document["components"] = [part | {"prorates": False} for part in document["components"]]
    plan = compile_plan(parse_plan(json.dumps(document)), version=1)
    evaluation = evaluate(plan, [facts_of(events) for events in histories])
    bodies = [statement_body(evaluation, at) or {} for at in range(len(histories))]
    return bodies, plan, evaluation.working.settlement


def observed(events: list[Event]) -> list[Event]:
    return [*events, *(observation(number, {"instructional_quality": 3}) for number in range(2))]


def test_who_is_kept_out_of_a_place_by_another_gate_is_told_by_which() -> None:
    two = {"code": "two", "title": "Two", "requires": [{"need": "gates", "of": ["top"]}]}
    parts = {
        "measures": [GROWTH, SEEN],
        "gates": [OBSERVED, TOP],
        "components": [FLAT | {"requires": ["top"]}],
        "rungs": [{"code": "one", "title": "One", "requires": []}, two],
    }
    others = [observed(educator("60", "7")), observed(educator("50", "7"))]
    body, [open_to] = told(parts, educator("90", "7"), *others)
    gate = next(one for one in body["gates"] if one["code"] == "top")
    assert not gate["met"]
    assert gate["reason"] == (
        "Growth: 90 %. The plan asks for a place in the top 50 % of the team, which begins at 60.00 %, among those who "
        "meet Observed at least twice, which is not met."
    )
    both = "Top half and Observed at least twice"
    assert body["components"][0]["reason"] == f"The amount is $500.00. Not paid, because these are not met: {both}."
    assert [step["text"] for step in body["next_steps"]] == [f"Meeting {both} opens the Flat: $500.00 as things stand."]
    assert body["ladder"]["next"]["gap"] == [f"to meet {both}"]
    assert [(one["gate"], one["gap"]) for one in open_to["missing"]] == [("top", None), ("observed", "2")]
    assert [one["evidence"] for one in open_to["until"]] == ["observations"]
    # By the same words of who has the same growth, below the border, and is kept out by nothing else.
    bodies, _, _ = statements(parts, educator("40", "7"), observed(educator("40", "7")), *others)
    reasons = [one["reason"] for body in bodies for one in body["gates"] if one["code"] == "top"]
    assert reasons[0].endswith(
        "which begins at 50.00 %, among those who meet Observed at least twice, which is not met."
    )
    assert reasons[1].endswith("which begins at 50.00 %.")


def test_a_band_by_shares_says_who_it_is_drawn_for_where_one_is_none_of_them() -> None:
    levels = [{"code": "low", "title": "Low", "share": "0.5"}, {"code": "high", "title": "High", "share": "0.5"}]
    bands = {"code": "bands", "title": "Bands", "measure": "growth", "ties": "up", "among": ["observed"]}
    parts = {
        "measures": [GROWTH, SEEN],
        "gates": [OBSERVED],
        "bands": [bands | {"levels": levels}],
        "components": [BANDED | AMOUNTS],
    }
    others = [observed(educator("60", None)), observed(educator("50", None))]
    drawn = "Growth 90 % is in the band High (the 50 % of all that it is drawn for"
    [out, within, *_], _, _ = statements(parts, educator("90", None), observed(educator("90", None)), *others)
    assert out["components"][0]["reason"] == (
        f"{drawn}: those who meet Observed at least twice, which is not met), which is worth $1,000.00."
    )
    assert within["components"][0]["reason"] == f"{drawn}), which is worth $1,000.00."


BEFORE: Document = GROWTH | {"over": {"through": "year_before", "years": 2, "combine": "mean"}}
RATED: Document = {"title": "Rated", "take": "summative_level", "over": BEFORE["over"]}
SEVERAL: Document = {"of": ["growth", "rated"], "by": "value", "needs": "any", "title": "Several"}
POINTS: Document = {"points": {"none_at": "0", "all_at": "100"}}


@pytest.mark.parametrize(
    "asked",
    [
        [BEFORE | {"code": "asked"}],
        [RATED | {"code": "asked"}],
        [SEVERAL | {"code": "asked", "take": "best_of"}],
        [SEVERAL | {"code": "asked", "take": "mean_of", "places": 2}],
        [{"code": "asked", "title": "Mean", "take": "group_mean", "of": "growth", "within": "network"}],
        [{"code": "asked", "title": "Sum", "take": "weighted", "weights": [{"of": {"growth": "1"}}]}],
        # Nothing of this year helps where one of all that are needed is missing for good.
        [SEVERAL | {"code": "asked", "take": "best_of", "needs": "all", "of": ["rated", "seen"]}],
    ],
    ids=lambda measures: measures[0]["take"],
)
@pytest.mark.parametrize("is_of_this_year", [False, True])
def test_what_rests_on_earlier_years_alone_is_never_offered(asked: list[Document], *, is_of_this_year: bool) -> None:
    """By a gate, by gates of gates, and by bands of measures and of gates; and all of it is where this year counts."""
    measures = [BEFORE | POINTS, RATED | {"code": "rated"}, SEEN, *asked]
    if is_of_this_year:
        measures = [{name: part for name, part in one.items() if name != "over"} for one in measures]
    own = {"code": "own", "title": "Own", "measure": "asked", "at_least": "60"}
    borders = [
        {"code": "low", "title": "Low", "at_least": "0", "below": "60"},
        {"code": "high", "title": "High", "at_least": "60"},
    ]
    by_gates = [{"code": "low", "title": "Low"}, {"code": "high", "title": "High", "requires": ["own"]}]
    parts = {
        "measures": measures,
        "gates": [own, own | {"code": "more"}, {"code": "any", "title": "Any", "any_of": ["own", "more"]}],
        "bands": [
            {"code": "bands", "title": "Bands", "measure": "asked", "levels": borders},
            {"code": "levels", "title": "Levels", "levels": by_gates},
        ],
        "components": [
            FLAT | {"requires": ["own"]},
            FLAT | {"code": "flat-any", "requires": ["any"]},
            BANDED | AMOUNTS,
            BANDED | AMOUNTS | {"code": "by-gates", "bands": "levels"},
        ],
    }
    before = [] if asked[0].get("needs") == "all" else [growth(9, "10", year="2019-20")]
    body, open_to = told(parts, [*educator(None, "7"), *before])
    offered = {step["component"] for step in body["next_steps"]}, {part["component"] for part in open_to}
    everything = {"flat", "flat-any", "banded", "by-gates"}
    assert offered == ((everything - {"by-gates"}, everything) if is_of_this_year else (set(), set()))


def test_of_what_several_measures_make_the_one_of_this_year_is_still_open() -> None:
    best = SEVERAL | {"code": "best", "take": "best_of", "of": ["growth", "seen"]}
    gates = [{"code": "best", "title": "Best", "measure": "best", "at_least": "60"}]
    gates += [{"code": "past", "title": "Past", "measure": "growth", "at_least": "60"}]
    gates += [{"code": "either", "title": "Either", "any_of": ["past", "best"]}]
    gates.append(TOP | {"top": {"share": "0.5", "within": "network", "ties": "in"}})
    placed = FLAT | {"code": "placed", "requires": ["top"]}
    parts = {"measures": [BEFORE, SEEN, best], "gates": gates, "components": [FLAT | {"requires": ["either"]}, placed]}
    lower, higher = ([*educator(None, None), growth(9, percent, year="2019-20")] for percent in ("10", "90"))
    body, [open_to] = told(parts, lower, higher)
    assert [step["code"] for step in body["next_steps"]] == ["meet_gates"]
    # The past is not named as missing: it stays as it is.
    assert [(one["gate"], one["gap"]) for one in open_to["missing"]] == [("best", "50")]
    assert [one["evidence"] for one in open_to["until"]] == ["observations"]


def test_who_is_in_no_team_is_offered_what_another_way_can_earn_and_nothing_of_the_team() -> None:
    goals = {"code": "goals", "title": "SLOs", "take": "slo_count"}
    of_team = {"code": "mean", "title": "SLOs of the team", "take": "group_mean", "of": "goals", "within": TEAM}
    gates = [{"code": "team", "title": "Team", "measure": "mean", "at_least": "1"}, OBSERVED]
    gates += [{"code": "either", "title": "Either", "any_of": ["team", "observed"]}]
    gates += [TOP | {"measure": "seen"}]
    components = [FLAT | {"requires": ["either"]}, FLAT | {"code": "placed", "requires": ["top"]}]
    parts = {"measures": [goals, of_team, SEEN], "gates": gates, "components": components}
    _, [open_to] = told(parts, educator(None, None), educator(None, "7"))
    assert [one["gate"] for one in open_to["missing"]] == ["observed"]
    assert [one["evidence"] for one in open_to["until"]] == ["observations"]
    _, either = told(parts, educator(None, "7"))
    assert [one["evidence"] for one in either[0]["until"]] == ["observations", "slos"]
