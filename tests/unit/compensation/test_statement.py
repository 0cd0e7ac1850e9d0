"""The statement: complete, in one form, and moved by nothing but facts of its year and the plan version."""

import hashlib
import itertools
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings

from services.compensation.policy.cases.events import (
    EDUCATOR_ID,
    award,
    fact_of,
    facts_of,
    growth,
    observation,
    rating,
    revoked,
    roster,
    slo,
)
from services.compensation.policy.decide import decide
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.evaluation.evaluate import evaluate
from services.compensation.policy.plan import content_hash, parse_plan
from services.compensation.policy.statement import canonical_bytes, statement_body, statement_bytes
from shared.kernel.money import format_cents, parse_amount
from tests.support.policy_facts import EVERYTHING, HARMONY
from tests.support.policy_strategies import histories
from tests.support.reference import Event

PLAN = compile_plan(parse_plan(HARMONY), version=3)
EVERY_WORD = compile_plan(parse_plan(EVERYTHING), version=1)
TEACHER = roster({"role": "teacher"})
LEVELS = {
    "instructional_quality": 3,
    "student_growth_and_achievement": 3,
    "professional_roles_and_responsibilities": 3,
}
GOOD_YEAR = [TEACHER, observation(1, LEVELS), observation(2, LEVELS, on="2021-03-10"), growth(1, "60")]


def body_of(*events: Event) -> dict[str, Any]:
    body = statement_body(evaluate(PLAN, [facts_of(events)]), 0)
    assert body is not None
    return body


def component(body: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(part for part in body["components"] if part["code"] == code)
    return found


def test_a_statement_names_the_plan_version_it_was_decided_by() -> None:
    assert body_of(*GOOD_YEAR)["plan"] == {
        "code": "harmony-pbcs",
        "title": "Performance-based compensation 2020-21",
        "version": 3,
        "content_hash": content_hash(PLAN.plan),
        "illustrative": True,
    }


def test_a_statement_names_every_fact_it_used_sorted_by_kind_and_key() -> None:
    body = body_of(*reversed(GOOD_YEAR))
    expected = sorted((fact.kind, fact.key, fact.version, fact.event_id) for fact in map(fact_of, GOOD_YEAR))
    assert [tuple(fact[name] for name in ("kind", "key", "version", "event_id")) for fact in body["facts"]] == expected


def test_who_is_not_on_the_roster_has_no_statement() -> None:
    evaluation = evaluate(PLAN, [facts_of([growth(1, "60")]), facts_of(GOOD_YEAR)])
    assert statement_body(evaluation, 0) is None
    assert statement_body(evaluation, 1) is not None
    assert [decision is None for decision in decide(PLAN, [facts_of([growth(1, "60")]), facts_of(GOOD_YEAR)])] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    "event",
    [
        growth(2, "99", year="2021-22"),
        observation(9, LEVELS, on="2021-10-01", year="2021-22"),
        award(9, "mc-questioning", at="2021-08-01T12:00:00Z"),
        rating("2021-22", 5),
    ],
    ids=["growth", "observation", "award", "rating"],
)
def test_a_fact_of_a_later_year_leaves_every_byte_of_the_statement_as_it_was(event: Event) -> None:
    [before] = decide(PLAN, [facts_of(GOOD_YEAR)])
    [after] = decide(PLAN, [facts_of([*GOOD_YEAR, event])])
    assert before == after


def test_an_amended_observation_changes_the_statement_and_names_its_version() -> None:
    amended = observation(2, LEVELS, on="2021-03-10", version=2)
    body = body_of(*GOOD_YEAR, amended)
    versions = [fact["version"] for fact in body["facts"] if fact["kind"] == "observation"]
    assert sorted(versions) == [1, 2]


def test_the_hash_is_taken_over_the_bytes_and_the_bytes_are_canonical() -> None:
    [decision] = decide(PLAN, [facts_of(GOOD_YEAR)])
    assert decision is not None
    assert decision.hash == hashlib.sha256(decision.body).hexdigest()
    assert decision.body == orjson.dumps(orjson.loads(decision.body), option=orjson.OPT_SORT_KEYS)
    assert b"sequence" not in decision.body


@given(events=histories())
@settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_cent_of_any_statement_adds_up(events: list[Event]) -> None:
    evaluation = evaluate(EVERY_WORD, [facts_of(events)])
    body = statement_body(evaluation, 0)
    if body is None:
        return
    assert canonical_bytes(body) == statement_bytes(evaluation, 0)
    amounts = [parse_amount(part["amount"]["amount"]) for part in body["components"]]
    assert sum(amounts) == parse_amount(body["total"]["amount"])
    assert min(amounts) >= 0
    row = evaluation.rows[0]
    for part, full, stipend in zip(body["components"], row.full_amounts, (None, 0, 1, None), strict=True):
        # What was taken off, limit by limit, is the way from the full amount to what is paid.
        cuts = {limit["limit"]: parse_amount(limit["reduced_by"]["amount"]) for limit in part["limits"]}
        unlimited = full + cuts.pop("yearly_limit", 0)
        if stipend is not None and full:
            assert unlimited == row.stipend_counts[stipend] * parse_amount(EVERY_WORD.stipends[stipend].amount)
        if row.eligible and full:
            assert full - sum(cuts.values()) == parse_amount(part["amount"]["amount"])


@given(events=histories())
@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_statement_does_not_depend_on_what_was_decided_before_it(events: list[Event]) -> None:
    facts = [facts_of(events)]
    assert decide(EVERY_WORD, facts) == decide(compile_plan(EVERY_WORD.plan, version=1), facts)


def test_neighbours_that_differ_in_one_thing_never_share_a_sentence_that_is_not_theirs() -> None:
    grid = itertools.product((0, 1, 2), (2, 4), (None, "0", "60", "100"), (0, 7, 8, 9), ("1.00", "0.50"))
    population = [
        facts_of(
            [
                roster({"role": "teacher", "fte": fte}),
                *(observation(number, dict.fromkeys(LEVELS, level)) for number in range(visits)),
                *([] if percent is None else [growth(1, percent)]),
                *(award(number, f"mc-{number}") for number in range(awards)),
            ]
        )
        for visits, level, percent, awards, fte in grid
    ]
    together = decide(PLAN, population)
    alone = [decide(compile_plan(PLAN.plan, version=3), [facts])[0] for facts in population]
    assert together == alone


def test_two_who_reach_the_cap_are_each_told_what_it_cuts() -> None:
    plan = compile_plan(parse_plan(HARMONY.replace('distinguished: "3500.00"', 'distinguished: "4000.00"')), version=1)
    perfect = dict.fromkeys(LEVELS, 4)
    seen = [TEACHER, observation(1, perfect), observation(2, perfect), growth(1, "100")]
    for awards, cut in ((7, "$400.00"), (8, "$600.00")):
        events = [*seen, *(award(number, f"mc-{number}") for number in range(awards))]
        body = statement_body(evaluate(plan, [facts_of(events)]), 0)
        assert body is not None
        assert body["caps"][0]["reason"].endswith(f"so it cuts {cut}.")


def test_pieces_of_statements_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.compensation.policy.words.texts._REMEMBERED_MAX", 2)
    fresh = compile_plan(parse_plan(HARMONY), version=3)
    for percent in range(50, 60):
        facts = facts_of([*GOOD_YEAR[:3], growth(1, str(percent))])
        assert decide(fresh, [facts]) == decide(PLAN, [facts])


def test_a_stipend_lists_what_it_counts_and_what_it_does_not_with_the_reason() -> None:
    gone = award("gone", "mc-leading-teams", at="2020-09-01T12:00:00Z")
    events = [
        award("late", "mc-questioning", at="2021-03-01T12:00:00Z"),
        award("early", "mc-questioning", at="2020-10-01T12:00:00Z"),
        gone,
        revoked(gone),
        award("short", "mc-english-learners", expires_at="2021-02-01T12:00:00Z"),
    ]
    part = component(body_of(*GOOD_YEAR, *events), "micro-credential-stipend")
    assert part["amount"] == {"amount": "200.00", "currency": "USD"}
    assert [item["awarded_at"] for item in part["counted"]] == ["2020-10-01T12:00:00.000000Z"]
    assert [(item["credential"], item["reason"]) for item in part["not_counted"]] == [
        ("mc-leading-teams", "It was revoked."),
        ("mc-english-learners", "It expired before the end of the plan year."),
        ("mc-questioning", "The same micro-credential was awarded before in this plan year, and each pays once."),
    ]


def test_unmet_gates_are_named_with_what_they_cost() -> None:
    body = body_of(TEACHER, observation(1, LEVELS), growth(1, "60"))
    part = component(body, "performance-bonus")
    assert part["limits"] == [
        {
            "limit": "gates",
            "reduced_by": {"amount": "2000.00", "currency": "USD"},
            "reason": "Not paid, because this is not met: Observed at least twice.",
        }
    ]
    assert {gate["code"]: gate["met"] for gate in body["gates"]} == {
        "observed-twice": False,
        "effective-teaching": True,
        "student-growth": True,
    }


def test_next_steps_say_what_is_still_to_be_earned_and_what_it_is_worth() -> None:
    steps = {step["code"]: step for step in body_of(TEACHER, observation(1, LEVELS), growth(1, "60"))["next_steps"]}
    assert steps["meet_gates"]["worth"] == {"amount": "2000.00", "currency": "USD"}
    assert steps["earn_micro_credentials"]["worth"] == {"amount": "1600.00", "currency": "USD"}
    assert steps["reach_band"]["text"] == (
        "Performance score from 75 on reaches the band Distinguished, worth $1,500.00 more for a full year; "
        "it is 63.34 now."
    )


def test_next_steps_promise_no_more_than_the_cap_leaves() -> None:
    perfect = dict.fromkeys(LEVELS, 4)
    events = [TEACHER, observation(1, perfect), observation(2, perfect), growth(1, "100")]
    [step] = body_of(*events)["next_steps"]
    assert step["worth"] == {"amount": "1500.00", "currency": "USD"}
    seven = [award(number, f"mc-{number}") for number in range(7)]
    assert body_of(*events, *seven)["next_steps"][0]["worth"] == {"amount": "100.00", "currency": "USD"}
    eight = [award(number, f"mc-{number}") for number in range(8)]
    assert body_of(*events, *eight)["next_steps"] == []


def test_evidence_after_its_cut_off_is_mentioned_where_it_would_have_counted() -> None:
    late = observation(7, LEVELS, on="2021-06-06")
    body = body_of(*GOOD_YEAR, late)
    reasons = {measure["code"]: measure["reason"] for measure in body["measures"]}
    assert reasons["observations"] == "2 finalized observations. 1 observation after the cut-off does not count."
    non_tested = roster({"role": "teacher", "group": "non_tested"})
    body = body_of(non_tested, slo(1, 4, approved_on="2021-03-02"))
    reasons = {measure["code"]: measure["reason"] for measure in body["measures"]}
    assert reasons["slos"] == "0 approved SLOs. 1 SLO after the cut-off does not count."


def test_only_measures_that_bear_on_the_educator_are_shown() -> None:
    coach = body_of(roster({"role": "instructional_coach"}))
    assert {measure["code"] for measure in coach["measures"]} == {
        "observations",
        "observation_mean",
        "instructional_quality",
        "growth_and_achievement",
        "professional_roles",
        "performance",
    }


def test_proration_shows_days_share_and_every_assignment() -> None:
    half = roster(
        {"role": "teacher", "fte": "0.50", "from": "2020-08-03", "to": "2020-12-31"},
        {"role": "teacher", "fte": "1.00", "from": "2021-01-01"},
    )
    proration = body_of(half)["proration"]
    # 137 days at 0.5 and 148 at 1.0: 216.5 of 285.
    assert (proration["days"], proration["full_time_days"], proration["share"]) == (285, "216.5", "0.759649")
    assert [(part["begins_on"], part["ends_on"]) for part in proration["assignments"]] == [
        ("2020-08-17", "2020-12-31"),
        ("2021-01-01", "2021-05-28"),
    ]


def test_without_an_assignment_in_the_period_the_statement_says_so_and_pays_nothing() -> None:
    body = body_of(roster({"role": "teacher", "to": "2020-08-16"}), award(1, "mc-questioning"))
    assert body["eligibility"] == {
        "eligible": False,
        "role": None,
        "subject_group": None,
        "years_of_service": 5,
        "reason": "No assignment is on file from 2020-08-17 to 2021-05-28.",
    }
    assert body["total"]["amount"] == format_cents(0)
    assert body["educator_id"] == EDUCATOR_ID
