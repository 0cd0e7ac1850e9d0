"""The evaluator against golden cases, against an independent exact reference, and at the borders of its rules."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from services.compensation.policy.cases.events import award, facts_of, growth, observation, roster, slo
from services.compensation.policy.decide import decide
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.evaluation.evaluate import evaluate
from services.compensation.policy.plan import parse_plan
from tests.support.outcome import outcome
from tests.support.policy_facts import EVERYTHING, HARMONY
from tests.support.policy_strategies import histories
from tests.support.reference import Event, read_raw_plan, reference

PLANS = {
    name: (compile_plan(parse_plan(text), version=1), read_raw_plan(text))
    for name, text in {"harmony": HARMONY, "everything": EVERYTHING}.items()
}
HARMONY_PLAN, HARMONY_RAW = PLANS["harmony"]
FULL_YEAR = {"role": "teacher", "from": "2020-08-03"}


def paid(*events: Event) -> dict[str, int]:
    """Cents by component under Harmony's plan."""
    found = outcome(HARMONY_PLAN, facts_of(events))
    assert found is not None
    assert found == reference(HARMONY_RAW, events)
    components: dict[str, int] = found["components"]
    return components


def good_year(*, assignment: dict[str, Any] | None = None, level: Any = 3) -> list[Event]:
    """A tested teacher with two good observations and growth; the score is 63.34, the band Accomplished ($2,000)."""
    levels = {
        "instructional_quality": level,
        "student_growth_and_achievement": 3,
        "professional_roles_and_responsibilities": 3,
    }
    return [
        roster(assignment or FULL_YEAR),
        observation(1, levels),
        observation(2, levels, on="2021-03-10"),
        growth(1, "60"),
    ]


@pytest.mark.parametrize("name", sorted(PLANS))
@given(events=histories())
@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_history_comes_to_what_the_exact_reference_says(name: str, events: list[Event]) -> None:
    plan, raw = PLANS[name]
    assert outcome(plan, facts_of(events)) == reference(raw, events)


@given(first=histories(), second=histories(), third=histories())
@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_batch_decides_each_educator_as_if_alone(first: list[Event], second: list[Event], third: list[Event]) -> None:
    plan, _ = PLANS["everything"]
    facts = [facts_of(events) for events in (first, second, third)]
    together = decide(plan, facts)
    assert together == [decide(plan, [one])[0] for one in facts]


def test_no_educators_at_all_is_an_empty_decision() -> None:
    assert decide(HARMONY_PLAN, []) == []


def test_every_array_of_the_working_is_64_bit_integers_or_booleans() -> None:
    working = evaluate(HARMONY_PLAN, [facts_of(good_year())]).working
    for name in type(working).__dataclass_fields__.keys() - {"settlement"}:
        assert getattr(working, name).dtype in (np.dtype(np.int64), np.dtype(np.bool_)), name


def test_amounts_of_the_components_always_sum_to_the_total() -> None:
    awards = [award(number, f"mc-{number}") for number in range(9)]
    level_four = good_year(level=4)
    level_four[-1] = growth(1, "100")
    components = paid(*level_four, *awards)
    assert components == {"performance-bonus": 350000, "micro-credential-stipend": 150000}


def test_a_mean_exactly_at_the_threshold_meets_the_gate_and_a_hair_below_does_not() -> None:
    # 2.7 = 27 / 10: ten scores with sum 27, then 26.
    meets = {"instructional_quality": [3, 3, 3, 3, 3, 3, 3], "student_growth_and_achievement": [2, 2, 2]}
    fails = {"instructional_quality": [3, 3, 3, 3, 3, 3, 2], "student_growth_and_achievement": [2, 2, 2]}
    for levels, is_met in ((meets, True), (fails, False)):
        found = outcome(HARMONY_PLAN, facts_of([roster(FULL_YEAR), observation(1, levels)]))
        assert found is not None
        assert found["gates"]["effective-teaching"] is is_met


def test_percent_just_below_the_threshold_fails_although_it_looks_the_same_rounded() -> None:
    events = good_year()
    assert paid(*events[:-1], growth(1, "50"))["performance-bonus"] == 100000
    assert paid(*events[:-1], growth(1, "49.999999"))["performance-bonus"] == 0


def test_prorated_amounts_round_half_a_cent_up() -> None:
    # 285 days; half of $2,000.00 is exact, and 0.333333 FTE of it is $666.666 -> $666.67.
    assert paid(*good_year(assignment={**FULL_YEAR, "fte": "0.5"}))["performance-bonus"] == 100000
    assert paid(*good_year(assignment={**FULL_YEAR, "fte": "0.333333"}))["performance-bonus"] == 66667


def test_two_assignments_on_the_same_days_never_count_more_than_one_fte() -> None:
    two = roster({**FULL_YEAR, "fte": "0.8"}, {**FULL_YEAR, "fte": "0.8"})
    assert paid(two, *good_year()[1:])["performance-bonus"] == 200000


def test_assignments_one_after_the_other_add_up_to_the_whole_period() -> None:
    two = roster({**FULL_YEAR, "to": "2020-12-31"}, {**FULL_YEAR, "from": "2021-01-01"})
    assert paid(two, *good_year()[1:])["performance-bonus"] == 200000


def test_overlapping_assignments_are_capped_day_by_day_and_not_over_the_year() -> None:
    # 0.8 + 0.8 FTE from 2020-08-17 to 2021-01-05 pays the 142 of 285 days, not 1.6 times 142 of them.
    half = {**FULL_YEAR, "fte": "0.8", "to": "2021-01-05"}
    assert paid(roster(half, half), *good_year()[1:])["performance-bonus"] == 99649


@pytest.mark.parametrize(
    ("case", "parts", "role"),
    [
        ("eligible before primary", [{"role": "other"}, {"role": "teacher", "primary": False}], "teacher"),
        ("primary first", [{"role": "teacher", "primary": False}, {"role": "principal", "primary": True}], "principal"),
        (
            "on the reference day before primary",
            [{"role": "principal", "to": "2021-05-27"}, {"role": "teacher", "primary": False, "from": "2020-07-01"}],
            "teacher",
        ),
        (
            "who left: the one that ended last",
            [
                {"role": "principal", "from": "2020-09-01", "to": "2020-12-18"},
                {"role": "teacher", "from": "2020-08-01", "to": "2020-12-31", "primary": True},
            ],
            "teacher",
        ),
        (
            "else the one that began last",
            [{"role": "principal", "from": "2020-09-01", "primary": True}, {"role": "teacher", "primary": True}],
            "principal",
        ),
        (
            "else the one that began last, in any order",
            [{"role": "teacher", "primary": True}, {"role": "principal", "from": "2020-09-01", "primary": True}],
            "principal",
        ),
        ("outside the plan where there is nothing else", [{"role": "other"}], "other"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_one_assignment_decides_the_role(case: str, parts: list[dict[str, Any]], role: str) -> None:
    events = [roster(*parts)]
    found = outcome(HARMONY_PLAN, facts_of(events))
    assert found == reference(HARMONY_RAW, events)
    assert found is not None
    assert found["role"] == role


def test_a_cut_off_at_midnight_leaves_out_the_day_that_begins_then() -> None:
    plan, raw = PLANS["everything"]
    for day, counted in (("2021-04-30", 1), ("2021-05-01", 0)):
        events = [roster(FULL_YEAR), observation(1, {"instructional_quality": 3}, on=day)]
        found = outcome(plan, facts_of(events))
        assert found == reference(raw, events)
        assert found is not None
        assert found["values"]["seen"] == counted


def test_someone_who_leaves_is_paid_for_the_days_worked() -> None:
    left = roster(FULL_YEAR, ended_on="2020-12-31")
    # 137 of 285 days of $2,000.00.
    assert paid(left, *good_year()[1:])["performance-bonus"] == 96140


def test_awards_of_the_plan_year_are_told_apart_in_the_plans_time_zone() -> None:
    # The plan year begins at midnight in Chicago, which is 05:00 UTC.
    events = good_year()
    for at, cents in {
        "2020-07-01T04:59:59Z": 0,
        "2020-07-01T05:00:00Z": 20000,
        "2021-07-01T04:59:59.999999Z": 20000,
        "2021-07-01T05:00:00Z": 0,
    }.items():
        assert paid(*events, award(1, "mc-questioning", at=at))["micro-credential-stipend"] == cents, at


def test_an_objective_approved_after_its_cut_off_does_not_count() -> None:
    non_tested = roster({**FULL_YEAR, "group": "non_tested"})
    seen = good_year()[1:3]
    in_time = paid(non_tested, *seen, slo(1, 4, approved_on="2021-03-01"))
    late = paid(non_tested, *seen, slo(1, 4, approved_on="2021-03-02"))
    assert (in_time["performance-bonus"], late["performance-bonus"]) == (200000, 0)


def test_growth_of_an_absurd_size_neither_overflows_nor_pays_beyond_the_highest_band() -> None:
    events = [*good_year()[:-1], growth(1, "999999999.999999")]
    assert paid(*events)["performance-bonus"] == 350000
