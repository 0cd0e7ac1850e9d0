"""What-ifs without a server: changed facts, populations in blocks, summaries counted anew from the rows, bins."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.compensation.domain import EducatorFacts, WhatIfRow
from services.compensation.policy.cases.comparing import histories_of
from services.compensation.policy.cases.events import (
    DIMENSIONS,
    an_id,
    attribute,
    award,
    facts_of,
    growth,
    observation,
    revoked,
    roster,
    slo,
)
from services.compensation.policy.evaluation.compiled import CompiledPlan, compile_plan
from services.compensation.policy.evaluation.evaluate import evaluate
from services.compensation.policy.evaluation.settlement import Settlement
from services.compensation.policy.facts.gather import CampusAttributes
from services.compensation.policy.plan import parse_plan
from services.compensation.policy.what_if.changes import Change
from services.compensation.policy.what_if.comparing import Comparison, Side
from services.compensation.policy.what_if.distribution import BINS_AT_MOST, quartiles, within_bins
from services.compensation.policy.what_if.rows import rows_of
from services.compensation.policy.what_if.summary import Tally
from services.compensation.policy.what_if.supposing import Supposing
from tests.support.policy_facts import HARMONY
from tests.unit.compensation.test_shipped_plans import PLANS, cases_of

CHANGES: TypeAdapter[list[Change]] = TypeAdapter(list[Change])
PBCS = compile_plan(parse_plan(HARMONY), version=1)
UNAWARDED = (
    "Pathway instructional-coach (Instructional Coach): nobody was ever awarded credential mc-instructional-coaching: "
    "is it spelt right?"
)
"""The golden cases of the sample plan award it to nobody."""
Run = tuple[list[WhatIfRow], dict[str, Any]]


def run(
    before: CompiledPlan | None,
    after: CompiledPlan,
    everybody: Sequence[EducatorFacts],
    *changes: dict[str, Any],
    campuses: CampusAttributes | None = None,
    block: int = 3,
) -> Run:
    """As the worker does it; the standing plan is settled by everybody as they stand."""
    campuses = campuses or {}
    supposing = Supposing(CHANGES.validate_python(list(changes)), after.scope, campuses)
    standing = before and Side(before, campuses, evaluate(before, everybody, campuses=campuses).working.settlement)
    comparison = Comparison(standing, Side(after, supposing.campuses), supposing)
    stored = [(one.educator_id, orjson.dumps(one.to_document()).decode()) for one in everybody]
    for first in range(0, len(stored), block):
        comparison.take_in(stored[first : first + block])
    tally = Tally(comparison)
    rows = [row for decided in comparison.decided() for row in rows_of(decided, tally)]
    return rows, tally.summary()


def population(path: Path) -> list[EducatorFacts]:
    """Everybody of all golden cases of a plan who is on a roster, each under an id of their own."""
    plan = parse_plan(path.read_text())
    told = [events for case in cases_of(path).cases for events in histories_of(plan, case)]
    facts = [facts_of(events, str(UUID(int=number))) for number, events in enumerate(told)]
    return [one for one in facts if "roster" in one.facts]


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_each_shipped_plan_comes_to_the_same_in_blocks_as_all_at_once(path: Path) -> None:
    """Places among all, bands by shares and pots are drawn through everybody, however they were read."""
    plan, everybody = compile_plan(parse_plan(path.read_text()), version=1), population(path)
    campuses = cases_of(path).campuses
    working = evaluate(plan, everybody, campuses=campuses).working
    rows, summary = run(None, plan, everybody, campuses=campuses)
    assert [row.total_after_cents for row in rows] == working.total.tolist()
    assert [list(orjson.loads(row.components_after).values()) for row in rows] == working.amounts.T.tolist()
    assert summary["cost"]["after_cents"] == int(working.total.sum())
    same, nothing = run(plan, plan, everybody, campuses=campuses)
    assert {row.difference_cents for row in same} == {0}
    assert nothing["outcome"]["unchanged"] == len(everybody)
    told = [note for note in nothing["notes"] if note != UNAWARDED]
    assert [note.startswith("What the plan offers") for note in told] == [True] * bool(plan.plan.offers)


TEACHER = facts_of(
    [
        roster({"campus": an_id("campus", 1)}),
        growth("map", "97.5"),
        growth("staar", "40.25", measure="staar"),
        growth("last year", "10", year="2019-20"),
        observation(1, {"instructional_quality": 4, "student_growth_and_achievement": 1}),
        slo("scored", 4, attainment="80"),
        slo("approved", None),
        slo("last year", 3, year="2019-20"),
        attribute("absence_days", "3", item="sick"),
        award(1, "mc-a"),
    ]
)
TOUCHES = {
    "growth stays within a hundred": (
        {"change": "growth_percent", "add": "5"},
        lambda facts: sorted(fact.data["percent_met"] for fact in facts["growth"].values()),
        ["10", "100", "45.25"],
    ),
    "growth of one measure stays above nothing": (
        {"change": "growth_percent", "measure": "staar", "add": "-50.5"},
        lambda facts: sorted(fact.data["percent_met"] for fact in facts["growth"].values()),
        ["0", "10", "97.5"],
    ),
    "levels of one domain": (
        {"change": "observation_levels", "domain": "instructional_quality", "add": 2},
        lambda facts: [
            {domain: set(levels.values()) for domain, levels in fact.data["levels"].items()}
            for fact in facts["observation"].values()
        ],
        [{"instructional_quality": {5}, "student_growth_and_achievement": {1}}],
    ),
    "levels of all domains stay above one": (
        {"change": "observation_levels", "add": -2},
        lambda facts: [
            {domain: set(levels.values()) for domain, levels in fact.data["levels"].items()}
            for fact in facts["observation"].values()
        ],
        [{"instructional_quality": {2}, "student_growth_and_achievement": {1}}],
    ),
    "a score that is there is moved": (
        {"change": "slo_score", "add": 3},
        lambda facts: {str(fact.data["score"]) for fact in facts["slo"].values()},
        {"5", "None", "3"},
    ),
    "all scores are set": (
        {"change": "slo_score", "set": 2},
        lambda facts: [fact.data["score"] for fact in facts["slo"].values()],
        [2, 2, 3],
    ),
    "an attribute that is kept is replaced": (
        {"change": "attribute", "attribute": "absence_days", "item": "sick", "value": "9"},
        lambda facts: [fact.data["value"] for fact in facts["attribute"].values()],
        ["9"],
    ),
    "an attribute that is not kept is added": (
        {"change": "attribute", "attribute": "absence_days", "value": "9"},
        lambda facts: [(fact.data["item"], fact.data["value"]) for fact in facts["attribute"].values()],
        [("sick", "3"), (None, "9")],
    ),
    "one more award": (
        {"change": "award", "credential": "mc-a"},
        lambda facts: [(fact.data["credential"], fact.data["status"]) for fact in facts["award"].values()],
        [("mc-a", "earned"), ("mc-a", "earned")],
    ),
}


@pytest.mark.parametrize("name", TOUCHES)
def test_a_change_changes_what_it_says_and_stays_within_its_bounds(name: str) -> None:
    change, seen, expected = TOUCHES[name]
    supposing = Supposing(CHANGES.validate_python([change]), PBCS.scope, {})
    assert seen(supposing.of(TEACHER).facts) == expected
    assert supposing.touched == [1]


UNTOUCHED: list[dict[str, Any]] = [
    {"change": "growth_percent", "add": "0"},
    {"change": "growth_percent", "measure": "unheard-of", "add": "5"},
    {"change": "observation_levels", "domain": "unheard_of", "add": 1},
    {"change": "attribute", "attribute": "absence_days", "item": "sick", "value": "3"},
    {"change": "award", "credential": "mc-a", "applies_to": {"roles": ["principal"]}},
    {"change": "award", "credential": "mc-a", "applies_to": {"subject_groups": ["non_tested"]}},
    {"change": "award", "credential": "mc-a", "applies_to": {"campuses": [an_id("campus", 2)]}},
    {"change": "award", "credential": "mc-a", "applies_to": {"districts": [an_id("another district")]}},
]


@pytest.mark.parametrize("change", UNTOUCHED, ids=str)
def test_who_is_not_meant_or_would_not_differ_is_not_touched(change: dict[str, Any]) -> None:
    supposing = Supposing(CHANGES.validate_python([change]), PBCS.scope, {})
    assert supposing.of(TEACHER) is TEACHER
    assert supposing.touched == [0]


def test_an_award_that_is_supposed_twice_is_made_twice_and_paid_as_the_plan_says() -> None:
    twice = [{"change": "award", "credential": "mc-new"}] * 2
    supposed = Supposing(CHANGES.validate_python(twice), PBCS.scope, {}).of(TEACHER)
    assert len(supposed.facts["award"]) == 3
    rows, summary = run(PBCS, PBCS, [TEACHER], *twice)
    assert rows[0].difference_cents == 200_00
    assert summary["touched"] == [1, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"change": "growth_percent", "add": "101"},
        {"change": "growth_percent", "add": 5.5},
        {"change": "observation_levels", "add": 5},
        {"change": "slo_score"},
        {"change": "slo_score", "add": 1, "set": 1},
        {"change": "attribute", "attribute": "absence_days", "value": "=1"},
        {"change": "award", "credential": "mc-a", "applies_to": {"roles": []}},
        {"change": "award", "credential": "mc-a", "for": {"roles": ["teacher"]}},
        {"change": "campus_attribute", "campuses": [], "attribute": "need", "value": "1"},
    ],
    ids=str,
)
def test_what_is_outside_of_the_vocabulary_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CHANGES.validate_python([change])


def various(number: int) -> list[EducatorFacts]:
    """Teachers, a coach here and there, of three campuses, with more or less work and awards."""
    return [
        facts_of(
            [
                roster(
                    {
                        "campus": an_id("campus", one % 3),
                        "district": an_id("district", one % 2),
                        "role": "instructional_coach" if one % 7 == 0 else "teacher",
                        "from": "2018-08-01",
                    }
                ),
                *(observation(seen, {"instructional_quality": 1 + (one + seen) % 5}) for seen in range(one % 4)),
                growth("map", f"{30 + one * 7 % 70}"),
                *(award(earned, f"mc-{earned}") for earned in range(one % 5)),
            ],
            str(UUID(int=one + 1)),
        )
        for one in range(number)
    ]


OTHER = compile_plan(
    parse_plan(HARMONY.replace('"200.00"', '"125.00"').replace('at_least: "50"\n', 'at_least: "62"\n')), version=2
)


def test_the_summary_is_what_the_rows_add_up_to() -> None:
    """Counted once more from the rows, one educator after the other."""
    everybody = various(60)
    rows, summary = run(PBCS, OTHER, everybody, {"change": "observation_levels", "add": 1}, block=16)
    won = [row for row in rows if row.difference_cents > 0]
    lost = [row for row in rows if row.difference_cents < 0]
    assert won
    assert lost
    assert summary["outcome"] == {
        "winners": len(won),
        "won_cents": sum(row.difference_cents for row in won),
        "losers": len(lost),
        "lost_cents": sum(row.difference_cents for row in lost),
        "unchanged": len(rows) - len(won) - len(lost),
    }
    assert summary["cost"] == cost_of(rows)
    for grouping, of in {
        "role": lambda row: row.role,
        "subject_group": lambda row: row.subject_group,
        "district": lambda row: row.district_id,
        "campus": lambda row: row.campus_id,
        "rung": lambda row: row.rung_before,
    }.items():
        told = {line["key"]: line for line in summary["by"][grouping]}
        assert list(told) == sorted({of(row) for row in rows})
        for key, line in told.items():
            members = [row for row in rows if of(row) == key]
            assert line["educators"] == len(members)
            assert {name: line[name] for name in cost_of(members)} == cost_of(members)
            assert line["losers"] == sum(row.difference_cents < 0 for row in members)
    for gate in summary["gates"]:
        assert gate["crossed_up"] == sum(gate["key"] in row.gates_crossed_up for row in rows)
        assert gate["crossed_down"] == sum(gate["key"] in row.gates_crossed_down for row in rows)
        assert gate["met_after"] - gate["met_before"] == gate["crossed_up"] - gate["crossed_down"]
    assert {gate["key"] for gate in summary["gates"] if gate["crossed_up"]} == {"effective-teaching"}
    assert {gate["key"] for gate in summary["gates"] if gate["crossed_down"]} == {"student-growth"}
    moves = Counter((row.rung_before, row.rung_after) for row in rows)
    assert {(move["before"], move["after"]): move["educators"] for move in summary["rungs"]} == moves
    for line in summary["components"]:
        for side in ("before", "after"):
            amounts = [orjson.loads(getattr(row, f"components_{side}") or "{}") for row in rows]
            assert line[f"{side}_cents"] == sum(one[line["key"]] for one in amounts)


def cost_of(rows: Iterable[WhatIfRow]) -> dict[str, int]:
    pairs = [(row.total_before_cents or 0, row.total_after_cents) for row in rows]
    before, after = sum(one for one, _ in pairs), sum(one for _, one in pairs)
    return {"before_cents": before, "after_cents": after, "difference_cents": after - before}


def test_a_settlement_of_other_facts_is_said_so() -> None:
    shared = compile_plan(parse_plan(PLANS_BY_NAME["procomp-top-performing"].read_text()), version=1)
    supposing = Supposing([], shared.scope, {})
    comparison = Comparison(Side(shared, {}, Settlement()), Side(shared, {}), supposing)
    everybody = population(PLANS_BY_NAME["procomp-top-performing"])
    comparison.take_in([(one.educator_id, orjson.dumps(one.to_document()).decode()) for one in everybody])
    tally = Tally(comparison)
    for block in comparison.decided():
        tally.add(block)
    *of_facts, note = tally.summary()["notes"]
    assert "settled from other facts" in note
    assert [one.partition(":")[0] for one in of_facts] == ["Gate at-listed-school (Assigned to a school on the list)"]


PLANS_BY_NAME = {path.stem: path for path in PLANS}


def test_nobody_at_all_is_an_answer_too() -> None:
    rows, summary = run(PBCS, OTHER, [])
    assert rows == []
    assert (summary["educators"], summary["cost"]["after_cents"]) == (0, 0)
    assert summary["distribution"]["quartiles"]["before"] is None
    assert summary["notes"] == ["No roster has brought anybody yet: there is nobody to decide."]


def knowing(number: int, *awards: Any, **part: str) -> EducatorFacts:
    """One on whom everything is on file that the sample plan measures."""
    seen = [observation(day, dict.fromkeys(DIMENSIONS, 4)) for day in range(2)]
    return facts_of([roster(part), *seen, growth("map", "80"), slo("one", 4), *awards], str(UUID(int=number)))


def unknown(number: int, **part: str) -> EducatorFacts:
    return facts_of([roster(part)], str(UUID(int=number)))


CREDENTIALS = sorted({code for pathway in PBCS.plan.pathways for code in pathway.credentials})
AWARDS = [
    *(award(code, code) for code in CREDENTIALS[2:]),
    revoked(award(0, CREDENTIALS[0])),
    award(1, CREDENTIALS[1], at="2022-03-01T15:00:00Z"),
]
SOME = [unknown(1), unknown(2), unknown(3), knowing(4, *AWARDS, group="tested"), knowing(5, group="none")]
"""The last of several blocks alone has it all."""
SPOILED = (
    HARMONY.replace("domains: [instructional_quality]", "domains: [instructional_qualty]")
    .replace("domains: [instructional_quality, student", "domains: [instructional_quality, studnet")
    .replace("combine: mean", "combine: mean\n    measures: [nwae-map]")
    .replace("mc-questioning, mc-differentiation", "mc-questoining, mc-differentiation")
    .replace("each: credential\n", f"each: credential\n    credentials: [{CREDENTIALS[0]}, mc-one, mc-two]\n")
    .replace("need: credentials, at_least: 1}", f"need: credentials, at_least: 1, of: [{CREDENTIALS[1]}, mc-three]}}")
)


def notes_of(text: str, everybody: Sequence[EducatorFacts]) -> list[str]:
    plan = compile_plan(parse_plan(text), version=2)
    return list(run(plan, plan, everybody)[1]["notes"])


def test_what_a_plan_names_and_nobody_has_is_told_with_its_place() -> None:
    assert notes_of(HARMONY, SOME) == []
    assert notes_of(SPOILED, SOME) == [
        f"{part} spelt right?"
        for part in (
            (
                "Measure observation_mean (Mean level over all observations): nobody was scored in domain "
                "studnet_growth_and_achievement: is it"
            ),
            (
                "Measure instructional_quality (Instructional Quality): nobody has anything on file for it: is domain "
                "instructional_qualty"
            ),
            (
                "Measure growth (Students who met their expected growth): nobody has anything on file for it: is "
                "growth measure nwae-map"
            ),
            "Pathway master-teacher (Master Teacher): nobody was ever awarded credential mc-questoining: is it",
            (
                "Component micro-credential-stipend (Micro-credential stipend): nobody was ever awarded credentials "
                "mc-one and mc-two: are they"
            ),
            "Rung established (Established educator): nobody was ever awarded credential mc-three: is it",
        )
    ] + [
        "Gate student-growth (Growth of students on tests): nobody meets it: look at the measure and the border in it."
    ]


def test_who_is_not_eligible_answers_for_nobody() -> None:
    other = knowing(6, *AWARDS, role="other")
    told = notes_of(HARMONY, [unknown(1, group="tested"), other])
    assert "Measure slo_score (Mean SLO score): nobody has anything on file for it." in told
    assert "Gate slo-result (Growth of students on SLOs): it is asked of nobody: look at whom it is for." in told
    assert not any("awarded" in note or "weights" in note for note in told)
    assert notes_of(HARMONY, [other]) == [
        "Nobody on a roster is in a role that the plan is for: look at `eligibility`."
    ]


AMOUNTS = st.lists(st.integers(-10_000_000_000, 10_000_000_000) | st.integers(-300, 300), max_size=60)


@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(first=AMOUNTS, second=AMOUNTS)
def test_bins_hold_everybody_once_and_quartiles_are_amounts_at_their_rank(first: list[int], second: list[int]) -> None:
    series = {name: np.array(cents, dtype=np.int64) for name, cents in (("first", first), ("second", second))}
    bins = within_bins(series)
    for name, cents in (("first", first), ("second", second)):
        for one in bins:
            assert one[name] == sum(one["at_least_cents"] <= amount <= one["at_most_cents"] for amount in cents)
        assert sum(one[name] for one in bins) == len(cents)
    assert len(bins) <= 2 * BINS_AT_MOST + 1
    assert [one for one in bins if one["at_least_cents"] == 0] == [one for one in bins if one["at_most_cents"] == 0]
    found = quartiles(series["first"])
    if found is None:
        assert first == []
        return
    for name, quarters in (("lower_cents", 1), ("median_cents", 2), ("upper_cents", 3)):
        below = sum(amount < found[name] for amount in first)
        up_to = sum(amount <= found[name] for amount in first)
        assert 4 * below < quarters * len(first) <= 4 * up_to
        assert found[name] in first
