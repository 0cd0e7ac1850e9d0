"""The printable page: it sets any statement, says what was taken off and why, and takes no text for markup."""

import json
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import orjson

from services.compensation.domain import Progress, StoredStatement
from services.compensation.policy.deadlines import inquiry_rule
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.evaluation.evaluate import Evaluation, evaluate
from services.compensation.policy.explanation.earnable import still_earnable
from services.compensation.policy.page import PageMatter, page_of
from services.compensation.policy.plan import parse_plan
from services.compensation.policy.statement import statement_bytes, statement_hash
from services.compensation.schemas.page import html, pdf
from shared.kernel.money import parse_amount
from tests.support.policy_facts import HARMONY, REPOSITORY, award, events_of, facts_of, roster
from tests.support.random_histories import random_campuses, random_history
from tests.support.random_plans import random_plan

ESTIMATE = Progress(0, 0, 0, 0, is_final=False, inquiries_open=0, holds_open=0)


def page(evaluation: Evaluation, progress: Progress | None = ESTIMATE, *, can_ask: bool = True) -> dict[str, Any]:
    content = statement_bytes(evaluation, 0)
    assert content is not None
    body = orjson.loads(content)
    stored = StoredStatement(
        7, statement_hash(content), content.decode(), datetime(2021, 6, 3, tzinfo=UTC), UUID(int=5), None
    )
    rule = inquiry_rule(evaluation.plan.plan)
    earnable = still_earnable(evaluation, body)
    return page_of(PageMatter(stored, body, evaluation, earnable, progress, rule, can_ask, None, is_between=True))


def cents(text: str) -> int:
    return parse_amount(text.replace("$", "").replace(",", ""))


def test_any_statement_can_be_set_and_its_lines_add_up() -> None:
    for seed in range(10):
        rng = Random(seed)
        plan, campuses = compile_plan(parse_plan(json.dumps(random_plan(rng))), version=1), random_campuses(rng)
        evaluation = evaluate(
            plan, [facts_of([roster({"role": "teacher"}), *random_history(rng)[1:]])], campuses=campuses
        )
        if statement_bytes(evaluation, 0) is None:
            continue
        made = page(evaluation)
        for part in made["components"]:
            limits = sum(cents(limit["amount"]) for limit in part["limits"])
            assert cents(part["unlimited"]) + limits == cents(part["amount"])
        assert sum(cents(part["amount"]) for part in made["components"]) == cents(made["total"])
        assert html(made).startswith(b"<!doctype html>")
        assert pdf(made).startswith(b"%PDF-")


def test_a_text_of_a_plan_is_never_markup() -> None:
    title = '<script>alert(1)</script> #panic("no") $x$ *bold*'
    plan = compile_plan(parse_plan(HARMONY.replace("title: Performance bonus", f"title: '{title}'")), version=1)
    made = page(evaluate(plan, [facts_of([roster({"role": "teacher"})])]))
    assert title in {part["title"] for part in made["components"]}
    assert b"<script>" not in html(made)
    assert b"&lt;script&gt;" in html(made)
    assert pdf(made).startswith(b"%PDF-")


def test_an_offer_is_shown_with_its_terms_and_what_it_would_pay() -> None:
    text = (REPOSITORY / "services/compensation/plans/impactplus.yaml").read_text()
    facts = {"assignments": [{"campus": "high"}], "attributes": {"impact_rating": "highly effective"}}
    campuses = {"high": {"free_or_reduced_lunch": "60"}}
    plan = compile_plan(parse_plan(text), version=1)
    made = page(evaluate(plan, [facts_of(events_of(facts, "2009-10"))], campuses=campuses))
    [offer] = made["offers"]
    assert offer["worth"] == "$10,000.00"
    assert "gives up terms of job security" in html(made).decode()
    school = made["components"][0]
    assert (school["unlimited"], school["amount"]) == ("$10,000.00", "$0.00")
    assert [limit["title"] for limit in school["limits"]] == ["Offer"]


def test_it_says_what_stands_in_the_way_of_the_money_and_what_a_closed_year_leaves() -> None:
    plan = compile_plan(parse_plan(HARMONY), version=1)
    evaluation = evaluate(plan, [facts_of([roster({"role": "teacher"}), award(1, "mc-questioning")])])
    held = page(evaluation, Progress(20000, 0, 0, 0, is_final=False, inquiries_open=1, holds_open=1))
    assert held["status"]["why"].endswith("$200.00 is on hold.")
    assert held["earnable"]
    closed = page(evaluation, Progress(20000, 0, 20000, 0, is_final=True, inquiries_open=0, holds_open=0))
    assert closed["status"] == {
        "label": "Final",
        "why": "The plan year is closed: only late evidence and corrections still change the amount. "
        "$200.00 is approved for payment.",
    }
    assert closed["earnable"] == []


def test_it_asks_nobody_to_open_an_inquiry_that_would_be_refused() -> None:
    plan = compile_plan(parse_plan(HARMONY), version=1)
    evaluation = evaluate(plan, [facts_of([roster({"role": "teacher"})])])
    assert page(evaluation)["ask"][0].startswith("If something is wrong, open an inquiry")
    [told] = page(evaluation, can_ask=False)["ask"]
    assert told.startswith("The time to open an inquiry about this year ended")
    assert page(evaluation, None)["status"]["label"] == "As it stood"
