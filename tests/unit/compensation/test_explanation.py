"""The explanation of random statements: every cent adds up, every leaf is a fact of it, every clause exists."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from services.compensation.domain import EducatorFacts
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.evaluation.evaluate import Evaluation, evaluate
from services.compensation.policy.explanation.earnable import still_earnable
from services.compensation.policy.explanation.tree import explain
from services.compensation.policy.plan import document_of, parse_plan
from services.compensation.policy.statement import statement_body, statement_bytes
from services.compensation.schemas.explanation import ExplanationNode, StillEarnable
from services.compensation.schemas.statement import StatementView
from shared.kernel.money import parse_amount
from tests.support.policy_facts import (
    HARMONY,
    REPOSITORY,
    award,
    events_of,
    facts_of,
    growth,
    observation,
    rating,
    roster,
)
from tests.support.random_histories import random_campuses, random_history
from tests.support.random_plans import random_plan

KINDS = {
    "observation": {"observation"},
    "slo": {"slo"},
    "growth": {"growth"},
    "summative": {"summative"},
    "attribute": {"attribute"},
    "credential": {"award"},
    "campus": {"roster"},
    "days": {"roster"},
    "full": {"roster"},
    "years": {"roster"},
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
    ExplanationNode.model_validate(tree)
    assert cents(tree) == parse_amount(body["total"]["amount"]) == sum(map(cents, tree["because"]))
    events = {fact["event_id"] for fact in body["facts"]}
    for node in below(tree):
        if node["clause"] is not None:
            named = resolve(document, node["clause"]["pointer"])
            assert named is not None
        if node["fact"] is not None:
            assert node["fact"]["event_id"] in events
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
    assert stipend["until"] == [{"evidence": "awards", "before": "the end of 2021-06-30 (America/Chicago)"}]


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
