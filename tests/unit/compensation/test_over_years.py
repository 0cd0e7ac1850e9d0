"""Measures of growth, observations and SLOs over several school years: by hand, in words, and down to the events."""

from fractions import Fraction
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.compensation.domain import EducatorFacts
from services.compensation.policy.cases.events import facts_of, growth, observation, slo
from services.compensation.policy.decide import decide
from services.compensation.policy.evaluation.compiled import CompiledPlan, compile_plan
from services.compensation.policy.evaluation.evaluate import evaluate
from services.compensation.policy.explanation.earnable import still_earnable
from services.compensation.policy.explanation.tree import explain
from services.compensation.policy.plan import parse_plan
from services.compensation.policy.statement import statement_body
from tests.support.outcome import outcome
from tests.support.policy_facts import REPOSITORY, events_of
from tests.support.reference import Event, read_raw_plan, reference
from tests.unit.compensation.test_what_if import run

BARE = (REPOSITORY / "tests/policy_cases/bare.yaml").read_text()
TEXT = (
    BARE
    + """
  - {code: by-past, title: By the past, pay: banded, bands: past, amounts: {low: "0.00", high: "50.00"},
     prorates: false, source: illustrative}
  - {code: by-growth, title: By growth, pay: per_unit, measure: growth, at_most: 100, amount: "1.00", prorates: false,
     requires: [grown, seen], source: illustrative}
cut_offs: {observations: 2021-05-01, slos: 2021-05-01, source: illustrative}
measures:
  - {code: growth, title: Growth, take: growth_percent, combine: mean, over: {years: 2, combine: mean, at_least: 2},
     source: illustrative}
  - {code: seen, title: Best year, take: observation_mean, domains: [instructional_quality],
     over: {years: 3, combine: best}, source: illustrative}
  - {code: past, title: Years before, take: observation_lowest, domains: [instructional_quality],
     over: {through: year_before, years: 2, combine: latest}, source: illustrative}
  - {code: attained, title: Attained, take: slo_mean_attainment, over: {years: 2, combine: sum}, source: illustrative}
  - {code: scored, title: Scored, take: slo_mean_score, source: illustrative}
gates:
  - {code: grown, title: Grown, measure: growth, at_least: 50, source: illustrative}
  - {code: seen, title: Seen, measure: seen, at_least: 2, source: illustrative}
  - {code: past, title: Past, measure: past, at_least: 2, source: illustrative}
  - {code: attained, title: Attained, measure: attained, at_least: 120, source: illustrative}
  - {code: scored, title: Scored, measure: scored, at_least: 2, source: illustrative}
bands:
  - code: past
    title: By the past
    measure: past
    source: illustrative
    levels: [{code: low, title: Low, at_least: 0, below: 4}, {code: high, title: High, at_least: 4}]
"""
)
PLAN, RAW = compile_plan(parse_plan(TEXT), version=1), read_raw_plan(TEXT)
TWO_YEARS = events_of(
    {
        "assignments": [{"role": "teacher"}],
        "growth": ["60.1", {"percent": "55.2", "school_year": "2019-20"}, {"percent": "99", "school_year": "2018-19"}],
        "observations": [
            {"on": "2020-10-05", "levels": {"instructional_quality": ["3", "3", "2"]}},
            {"on": "2021-05-03", "levels": {"instructional_quality": "1"}},
            {"on": "2020-05-03", "levels": {"instructional_quality": ["3", "4", "4"]}, "school_year": "2019-20"},
            {"on": "2018-10-05", "levels": {"instructional_quality": "3"}, "school_year": "2018-19"},
        ],
        "slos": [
            {"approved_on": "2020-10-12", "score": "3", "attainment": "80"},
            {"approved_on": "2020-05-12", "score": "5", "attainment": "35.5", "school_year": "2019-20"},
        ],
    }
)


def readings(*events: Event, plan: CompiledPlan = PLAN) -> dict[str, Fraction | None]:
    """By measure; the exact reference comes to the same on the whole plan."""
    row = evaluate(plan, [facts_of(events)]).rows[0]
    assert plan is not PLAN or outcome(plan, facts_of(events)) == reference(RAW, events)
    return {
        measure.code: Fraction(row.numerators[at], row.denominators[at] * 1_000_000) if row.measured[at] else None
        for at, measure in enumerate(plan.measures)
    }


def body_of(*events: Event) -> dict[str, Any]:
    body = statement_body(evaluate(PLAN, [facts_of(events)]), 0)
    assert body is not None
    return body


def reasons(*events: Event) -> dict[str, str]:
    return {measure["code"]: measure["reason"] for measure in body_of(*events)["measures"]}


def test_each_year_has_its_own_value_rounded_to_a_millionth_and_cut_offs_hold_for_the_plan_year_alone() -> None:
    assert readings(*TWO_YEARS) == {
        "growth": Fraction("57.65"),
        "seen": Fraction("3.666667"),
        "past": Fraction(3),
        "attained": Fraction("115.5"),
        "scored": Fraction(3),
    }


def test_a_year_without_anything_on_file_is_not_counted_and_too_few_years_measure_nothing() -> None:
    this_year = [event for event in TWO_YEARS if event[1].get("school_year", "2020-21") == "2020-21"]
    assert readings(*this_year) == {
        "growth": None,
        "seen": Fraction("2.666667"),
        "past": None,
        "attained": Fraction(80),
        "scored": Fraction(3),
    }
    unscored = slo(9, None, year="2019-20")
    assert readings(*this_year, unscored)["attained"] == Fraction(80)


def test_an_amended_event_of_an_earlier_year_counts_as_it_stands_now() -> None:
    amended = observation(2, {"instructional_quality": [2, 2]}, year="2019-20", version=2)
    found = readings(*TWO_YEARS, amended)
    assert (found["seen"], found["past"]) == (Fraction(3), Fraction(2))
    assert readings(*TWO_YEARS, growth(1, "39.9", year="2019-20", version=2))["growth"] == Fraction(50)


def test_what_the_plan_does_not_look_back_at_leaves_every_byte_as_it_was() -> None:
    too_old = [growth(7, "1", year="2018-19"), slo(7, 1, year="2018-19"), observation(7, {"instructional_quality": 4})]
    too_old[2][1]["school_year"] = "2017-18"
    assert decide(PLAN, [facts_of([*TWO_YEARS, *too_old])]) == decide(PLAN, [facts_of(TWO_YEARS)])
    text = TEXT.replace("over: {years: 2, combine: sum}, ", "").replace("at_least: 120", "at_least: 80")
    plain = compile_plan(parse_plan(text), version=1)
    late = slo(8, 1, year="2019-20")
    assert decide(plain, [facts_of([*TWO_YEARS, late])]) == decide(plain, [facts_of(TWO_YEARS)])
    assert decide(PLAN, [facts_of([*TWO_YEARS, late])]) != decide(PLAN, [facts_of(TWO_YEARS)])


def test_the_statement_says_which_years_and_which_evidence() -> None:
    body = body_of(*TWO_YEARS)
    assert [(fact["kind"], fact["key"]) for fact in body["facts"]] == sorted(
        (fact["kind"], fact["key"]) for fact in body["facts"]
    )
    assert len(body["facts"]) == len(TWO_YEARS) - 1
    assert reasons(*TWO_YEARS) == {
        "growth": "The mean over the last two school years of each year's mean growth score: 57.65 %.",
        "seen": (
            "The best over the last three school years of each year's mean level: 3.6666. "
            "1 observation after the cut-off does not count."
        ),
        "past": "The latest over the last two school years before the plan year of each year's lowest dimension: 3.",
        "attained": (
            "The sum over the last two school years of each year's mean share of students who met their target: 115.5."
        ),
        "scored": "The mean of 1 SLO score: 3.",
    }
    nothing = reasons(TWO_YEARS[0])
    too_few = "The plan asks for two of the last two school years, of which {} has anything on file for it."
    assert nothing["growth"] == too_few.format("none")
    assert [reasons(TWO_YEARS[0], growth(1, "50", year=year))["growth"] for year in ("2020-21", "2018-19")] == [
        too_few.format("one"),
        too_few.format("none"),
    ]
    assert nothing["past"] == (
        "No observation with these scores is on file for the last two school years before the plan year."
    )


def test_what_is_earned_by_earlier_years_alone_is_no_next_step_and_not_open() -> None:
    evaluation = evaluate(PLAN, [facts_of(TWO_YEARS)])
    body = body_of(*TWO_YEARS)
    assert [step["component"] for step in body["next_steps"]] == []
    [by_growth] = still_earnable(evaluation, body)
    assert [one["evidence"] for one in by_growth["until"]] == ["observations"]


def test_the_explanation_names_the_event_of_each_year() -> None:
    evaluation = evaluate(PLAN, [facts_of(TWO_YEARS)])
    tree = orjson.loads(orjson.dumps(explain(evaluation, body_of(*TWO_YEARS))))

    def leaves(node: dict[str, Any], measure: str) -> set[str]:
        if node["what"] == "measure" and node["title"] == measure:
            return {leaf["reason"] for leaf in node["because"]}
        return set().union(*(leaves(inner, measure) for inner in node["because"]))

    assert leaves(tree, "Growth") == {
        "60.1 % of students met their growth (nwea-map).",
        "55.2 % of students met their growth (nwea-map) in 2019-20.",
    }
    assert leaves(tree, "Best year") == {
        "Observed on 2020-10-05.",
        "Observed on 2021-05-03, after the cut-off, so it does not count.",
        "Observed on 2020-05-03 in 2019-20.",
        "Observed on 2018-10-05 in 2018-19.",
    }
    assert leaves(tree, "Years before") == {"Observed on 2020-05-03 in 2019-20.", "Observed on 2018-10-05 in 2018-19."}


@pytest.mark.parametrize(
    ("change", "total"),
    [
        ({"change": "growth_percent", "add": "10"}, 62_65),
        ({"change": "growth_percent", "add": "-10"}, 52_65),
        ({"change": "observation_levels", "add": 1}, 57_65),
        ({"change": "observation_levels", "add": -4}, 57_65),
    ],
)
def test_what_is_supposed_is_of_the_plan_year_alone(change: dict[str, Any], total: int) -> None:
    """A dollar for each per cent of growth, whose gate the best year's observations open."""
    [row], _ = run(PLAN, PLAN, [facts_of(TWO_YEARS)], change)
    assert (row.total_before_cents, row.total_after_cents) == (1_00 + 57_65, 1_00 + total)


def test_a_what_if_says_who_lacks_years_and_takes_a_domain_of_an_earlier_year_as_known() -> None:
    before = [event for event in TWO_YEARS if event[1].get("school_year") != "2020-21"]
    _, summary = run(PLAN, PLAN, [EducatorFacts(str(UUID(int=1)), facts_of(before).facts)])
    told = [note for note in summary["notes"] if note.startswith("Measure")]
    assert told == [
        "Measure growth (Growth): nobody has two years on file for it.",
        "Measure scored (Scored): nobody has anything on file for it.",
    ]
