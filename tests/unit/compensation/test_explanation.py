"""The explanation of random statements: every cent adds up, every leaf is a fact of it, every clause exists."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from services.compensation.domain import EducatorFacts
from services.compensation.policy.cases.events import (
    award,
    facts_of,
    growth,
    observation,
    placement,
    rating,
    revoked,
    roster,
)
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.evaluation.evaluate import Evaluation, evaluate
from services.compensation.policy.explanation.earnable import still_earnable
from services.compensation.policy.explanation.ladder import explain_ladder
from services.compensation.policy.explanation.tree import explain
from services.compensation.policy.plan import document_of, parse_plan
from services.compensation.policy.statement import statement_body, statement_bytes
from services.compensation.schemas.explanation import ExplanationNode, StillEarnable
from services.compensation.schemas.statement import StatementView
from shared.kernel.money import parse_amount
from tests.support.ladder_plan import LADDER_PLAN
from tests.support.policy_facts import HARMONY, REPOSITORY, events_of
from tests.support.random_histories import random_campuses, random_history
from tests.support.random_plans import random_plan

KINDS = {
    "observation": {"observation"},
    "slo": {"slo"},
    "growth": {"growth"},
    "summative": {"summative"},
    "attribute": {"attribute"},
    "group": {"attribute"},
    "credential": {"award"},
    "campus": {"roster"},
    "days": {"roster"},
    "full": {"roster"},
    "years": {"roster"},
    "placement": {"placement"},
}
"""What a measure can look at, by the first word of what it takes."""
PLANS = REPOSITORY / "services/compensation/plans"
LEVELS = dict.fromkeys(
    ("instructional_quality", "student_growth_and_achievement", "professional_roles_and_responsibilities"), 3
)


def below(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node["because"]:
        yield from below(inner)


def resolve(document: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def cents(node: dict[str, Any]) -> int:
    return parse_amount(node["amount"]["amount"])


@pytest.mark.parametrize("part", range(4))
def test_every_cent_of_a_random_statement_is_explained_down_to_the_plan_and_the_facts(part: int) -> None:
    for seed in range(part, 48, 4):
        rng = Random(seed)
        plan = compile_plan(parse_plan(json.dumps(random_plan(rng))), version=1)
        document, campuses = document_of(plan.plan), random_campuses(rng)
        everybody = [facts_of(random_history(rng)) for _ in range(6)]
        settlement = evaluate(plan, everybody, campuses=campuses).working.settlement
        for facts in everybody:
            evaluation = evaluate(plan, [facts], campuses=campuses, settlement=settlement)
            body = statement_body(evaluation, 0)
            if body is not None:
                check(evaluation, body, document)


def check(evaluation: Evaluation, body: dict[str, Any], document: Any) -> None:
    tree = explain(evaluation, body)
    assert cents(tree) == parse_amount(body["total"]["amount"]) == sum(map(cents, tree["because"]))
    for node in grounded(tree, body, document):
        if node["what"] == "component" and not any(one["what"] == "eligibility" for one in node["because"]):
            steps = [one for one in node["because"] if one["what"] in ("full_amount", "limit")]
            assert sum(map(cents, steps)) == cents(node)
        if node["what"] == "measure":
            take = resolve(document, node["clause"]["pointer"].partition("/weights")[0])["take"]
            kinds = {leaf["fact"]["kind"] for leaf in node["because"] if leaf["fact"]}
            assert kinds <= KINDS.get(take.partition("_")[0], set()), take
    cap = document.get("total_cap", {}).get("at_most")
    for part in still_earnable(evaluation, body):
        StillEarnable.model_validate(part)
        if cap is not None:
            assert parse_amount(part["still_open"]["amount"]) <= parse_amount(cap) - cents(tree)


def grounded(tree: dict[str, Any], body: dict[str, Any], document: Any) -> Iterator[dict[str, Any]]:
    """All nodes; every clause is in the plan and every leaf a fact of the statement."""
    ExplanationNode.model_validate(tree)
    events = {fact["event_id"] for fact in body["facts"]}
    for node in below(tree):
        if node["clause"] is not None:
            assert resolve(document, node["clause"]["pointer"]) is not None
        if node["fact"] is not None:
            assert node["fact"]["event_id"] in events
        yield node


@pytest.mark.parametrize("part", range(4))
def test_the_rung_of_a_random_statement_is_explained_by_its_needs_and_comes_out_again_of_the_facts_under_them(
    part: int,
) -> None:
    for seed in range(part, 96, 4):
        rng = Random(seed)
        plan = compile_plan(parse_plan(json.dumps(random_plan(rng))), version=1)
        campuses, facts = random_campuses(rng), facts_of(random_history(rng))
        evaluation = evaluate(plan, [facts], campuses=campuses)
        body = statement_body(evaluation, 0)
        tree = None if body is None else explain_ladder(evaluation, body)
        if body is None or tree is None:
            continue
        check_ladder(tree, body, document_of(plan.plan))
        named = {node["fact"]["event_id"] for node in below(tree) if node["fact"]}
        alone = EducatorFacts(facts.educator_id, {})
        for kind, rows in facts.facts.items():
            for fact in rows.values():
                # Whom a gate is for can go by attributes, which are no part of a need.
                if fact.event_id in named or kind in ("roster", "attribute"):
                    alone = alone.with_fact(fact)
        settlement = evaluation.working.settlement
        again = statement_body(evaluate(plan, [alone], campuses=campuses, settlement=settlement), 0)
        assert again is not None
        assert again["ladder"] == body["ladder"]


def check_ladder(tree: dict[str, Any], body: dict[str, Any], document: Any) -> None:
    told, rungs = body["ladder"], [one for one in tree["because"] if one["what"] == "rung"]
    codes = [rung["code"] for rung in document["ladder"]["rungs"]]
    standing, entitled = codes.index(told["rung"]), codes.index(told.get("reached", told["rung"]))
    assert tree["value"] == told["title"]
    for at, rung in enumerate(rungs):
        is_met = all(node["met"] for one in rungs[: at + 1] for node in one["because"])
        assert rung["met"] == is_met == (at <= entitled), rung["title"]
    needs = [node for rung in rungs[: standing + 2] for node in rung["because"] if node["what"] == "need"]
    assert [(one["met"], one["reason"]) for one in needs] == [
        (one["met"], one["reason"]) for one in told["requirements"]
    ]
    for node in grounded(tree, body, document):
        if node["what"] == "way":
            assert node["title"] == resolve(document, node["clause"]["pointer"])["title"]
            assert node["met"] == all(need["met"] for need in node["because"])


def explained(*events: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    evaluation = evaluate(compile_plan(parse_plan(HARMONY), version=1), [facts_of(events)])
    body = statement_body(evaluation, 0)
    assert body is not None
    return explain(evaluation, body), still_earnable(evaluation, body)


def test_a_statement_comes_out_again_of_the_facts_that_it_names_and_no_others() -> None:
    """What the explanation rests on: facts that a statement does not name leave no trace in it."""
    for seed in range(24):
        rng = Random(seed)
        plan = compile_plan(parse_plan(json.dumps(random_plan(rng))), version=1)
        facts = facts_of(random_history(rng))
        body = statement_body(evaluate(plan, [facts]), 0)
        if body is None:
            continue
        named = EducatorFacts(facts.educator_id, {})
        for one in body["facts"]:
            named = named.with_fact(facts.facts[one["kind"]][one["key"]])
        assert statement_bytes(evaluate(plan, [named]), 0) == statement_bytes(evaluate(plan, [facts]), 0)


def test_an_unmet_gate_is_followed_to_the_observation_that_is_too_few() -> None:
    tree, _ = explained(roster({"role": "teacher"}), observation(1, LEVELS), growth(1, "60"), rating("2020-21", 4))
    bonus = tree["because"][0]
    gate = next(one for one in bonus["because"] if one["title"] == "Observed at least twice")
    assert (gate["met"], gate["clause"]["pointer"]) == (False, "/gates/0")
    [measure] = gate["because"]
    assert [leaf["reason"] for leaf in measure["because"]] == ["Observed on 2020-10-05."]
    limit = next(one for one in bonus["because"] if one["what"] == "limit")
    assert (limit["amount"]["amount"], limit["clause"]["pointer"]) == ("-2000.00", "/components/0/requires")


def test_what_could_still_be_earned_names_the_most_the_gap_and_the_day() -> None:
    _, earnable = explained(roster({"role": "teacher"}), observation(1, LEVELS), growth(1, "60"), award(1, "mc-a"))
    bonus, stipend = earnable
    assert (bonus["earned"]["amount"], bonus["at_most"]["amount"]) == ("0.00", "3500.00")
    assert [(one["gate"], one["gap"]) for one in bonus["missing"]] == [("observed-twice", "1")]
    assert {one["evidence"] for one in bonus["until"]} >= {"observations"}
    assert stipend["still_open"]["amount"] == "1400.00"
    [until] = stipend["until"]
    assert (until["evidence"], until["before"]) == ("awards", "the end of 2021-06-30 (America/Chicago)")
    assert until["ends_at"].isoformat() == "2021-07-01T00:00:00-05:00"


def test_cents_that_rounding_takes_off_cannot_be_earned() -> None:
    text = HARMONY.replace("amounts: cent", "amounts: dollar").replace('"3500.00"', '"3500.40"')
    evaluation = evaluate(compile_plan(parse_plan(text), version=1), [facts_of([roster({"role": "teacher"})])])
    body = statement_body(evaluation, 0)
    assert body is not None
    assert still_earnable(evaluation, body)[0]["at_most"]["amount"] == "3500.00"


def test_an_offer_is_followed_to_the_answer() -> None:
    text = (PLANS / "impactplus.yaml").read_text()
    plan = compile_plan(parse_plan(text), version=1)
    facts = {
        "assignments": [{"campus": "high"}],
        "attributes": {"impact_rating": "highly effective", "offer": {"impactplus": "declined"}},
    }
    evaluation = evaluate(
        plan, [facts_of(events_of(facts, "2009-10"))], campuses={"high": {"free_or_reduced_lunch": "60"}}
    )
    body = statement_body(evaluation, 0)
    assert body is not None
    StatementView.model_validate(body)
    offer = next(one for one in below(explain(evaluation, body)) if one["what"] == "offer")
    assert (offer["met"], offer["clause"]["pointer"]) == (False, "/offers/0")
    assert [leaf["reason"] for leaf in offer["because"]] == [
        "On file with HR: offer (impactplus) in 2009-10: declined."
    ]
    assert still_earnable(evaluation, body) == []


def test_a_rung_is_followed_to_the_way_that_was_taken_the_confirmation_and_the_placement_that_holds() -> None:
    plan = compile_plan(parse_plan(LADDER_PLAN.decode()), version=1)
    events = [
        roster({"role": "teacher"}),
        award(1, "mc-a", at="2019-11-05T12:00:00Z"),
        revoked(award(2, "mc-b")),
        growth(1, "60"),
        rating("2020-21", 4),
        rating("2019-20", 4),
        rating("2017-18", 4),
        placement("skilled", year="2019-20", ladder="climbing"),
    ]

    def ladder(*more: Any) -> dict[str, Any]:
        evaluation = evaluate(plan, [facts_of([*events, *more])])
        body = statement_body(evaluation, 0)
        assert body is not None
        tree = explain_ladder(evaluation, body)
        assert tree is not None
        return tree

    novice, skilled, lead, held = ladder()["because"]
    assert (novice["met"], skilled["met"], lead["met"]) == (True, True, False)
    assert lead["reason"] == "Not complete yet for Lead: the confirmation of Lead by the board."
    needs, confirmation = lead["because"]
    assert [(way["met"], way["clause"]["pointer"]) for way in needs["because"]] == [
        (False, "/ladder/rungs/2/requires/0/ways/0"),
        (True, "/ladder/rungs/2/requires/0/ways/1"),
    ]
    credentials, (rated, grown) = needs["because"][0]["because"][0], needs["because"][1]["because"]
    assert sorted(leaf["reason"] for leaf in credentials["because"]) == [
        "Micro-credential mc-a, awarded on 2019-11-05.",
        "Micro-credential mc-b, awarded on 2020-11-05; it was revoked.",
    ]
    assert sorted(leaf["reason"] for leaf in rated["because"]) == [
        "Rated 4 in 2019-20, with a score of 4.",
        "Rated 4 in 2020-21, with a score of 4.",
    ]
    assert [one["clause"]["pointer"] for one in grown["because"]] == ["/gates/0"]
    assert (confirmation["met"], confirmation["clause"]["pointer"]) == (False, "/ladder/rungs/2/confirmed_by")
    assert (held["value"], held["clause"]["pointer"]) == ("Skilled", "/ladder/demotion")
    assert [leaf["reason"] for leaf in held["because"]] == ["Placed at the year's end: Skilled in 2019-20."]
    board = placement("lead", year="2020-21", ladder="climbing", kind="confirmed", by="board", minutes="2021-06-14/7")
    confirmed = ladder(board)["because"][2]
    assert confirmed["met"]
    assert [leaf["reason"] for leaf in confirmed["because"][1]["because"]] == [
        "Confirmed by the board: Lead in 2020-21, minutes 2021-06-14/7."
    ]
