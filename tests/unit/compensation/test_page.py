"""The printable page: it sets any statement, says what was taken off and why, and takes no text for markup."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.compensation.domain import BoardApproval, Payment, Progress, StoredStatement
from services.compensation.policy.cases.events import award, facts_of, roster
from services.compensation.policy.deadlines import inquiry_rule
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.evaluation.evaluate import Evaluation, evaluate
from services.compensation.policy.explanation.earnable import still_earnable
from services.compensation.policy.page import PageMatter, page_of
from services.compensation.policy.plan import parse_plan
from services.compensation.policy.statement import statement_bytes, statement_hash
from services.compensation.policy.words.payments import illustrative_told, payments_told
from services.compensation.schemas.page import html, pdf
from shared.kernel.money import parse_amount
from tests.support.compensation import OFFERED
from tests.support.policy_facts import HARMONY, REPOSITORY, events_of
from tests.support.random_histories import random_campuses, random_history
from tests.support.random_plans import random_plan

EXAMPLES = "says of itself that its amounts and rules are examples"
TEACHER = roster({"role": "teacher", "group": "tested"})
SUCH = "$0.05 was paid by such a plan"
ESTIMATE = Progress(0, 0, 0, 0, is_final=False, inquiries_open=0, holds_open=0)


def page(
    evaluation: Evaluation,
    progress: Progress | None = ESTIMATE,
    *,
    can_ask: bool = True,
    now: datetime = datetime(2021, 2, 1, tzinfo=UTC),
    payments: Sequence[Payment] = (),
    is_between: bool = True,
    is_illustrative: bool = True,
) -> dict[str, Any]:
    content = statement_bytes(evaluation, 0)
    assert content is not None
    body = orjson.loads(content)
    body["plan"]["illustrative"] = is_illustrative
    stored = StoredStatement(
        7, statement_hash(content), content.decode(), datetime(2021, 6, 3, tzinfo=UTC), UUID(int=5), None
    )
    rule = inquiry_rule(evaluation.plan.plan)
    earnable = still_earnable(evaluation, body)
    return page_of(
        PageMatter(
            statement=stored,
            body=body,
            evaluation=evaluation,
            earnable=earnable,
            progress=progress,
            inquiries=rule,
            can_ask=can_ask,
            now=now,
            approval=None,
            payments=payments,
            inquiries_made=(),
            withheld=None,
            is_between=is_between,
        )
    )


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
    assert made["ladder"] is None
    # A question that is answered with yes or no is not "missing 1".
    assert made["earnable"][1]["missing"] == [
        "Teaches a tested grade with value-added: 0. The plan asks for at least 1."
    ]
    assert "career ladder" not in html(made).decode()


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


def test_a_cut_off_by_the_moment_is_a_deadline_of_its_own() -> None:
    known = "  slos: 2021-03-01T17:00:00\n"
    more = "  observations_finalized: 2021-07-15T17:00:00\n  slos_approved: 2021-02-26T17:00:00\n"
    plan = compile_plan(parse_plan(HARMONY.replace(known, known + more)), version=1)
    evaluation = evaluate(plan, [facts_of([roster({"role": "teacher", "group": "non_tested"})])])
    bonus = page(evaluation, now=datetime(2021, 2, 26, 23, tzinfo=UTC))["earnable"][0]
    passed = " That time has passed. What was approved before it still counts when it comes in late."
    assert set(bonus["until"]) == {
        "Observations count until 2021-06-05 17:00 (America/Chicago).",
        "Observations count if they are finalized before 2021-07-15 17:00 (America/Chicago).",
        "SLOs count until 2021-03-01 17:00 (America/Chicago).",
        f"SLOs count if they are approved before 2021-02-26 17:00 (America/Chicago).{passed}",
    }


def test_a_deadline_that_has_passed_says_so_and_one_that_is_not_for_the_educator_is_not_named() -> None:
    evaluation = evaluate(
        compile_plan(parse_plan(HARMONY), version=1),
        [facts_of([roster({"role": "teacher", "group": "tested"}), award(1, "mc-questioning")])],
    )

    def until(now: datetime) -> list[list[str]]:
        return [part["until"] for part in page(evaluation, now=now)["earnable"]]

    # 17:00 of 5 June in Chicago is 22:00 in UTC. SLOs are no business of a teacher of a tested subject.
    observations = "Observations count until 2021-06-05 17:00 (America/Chicago)."
    awards = "Micro-credentials count until the end of 2021-06-30 (America/Chicago)."
    assert until(datetime(2021, 6, 5, 21, 59, tzinfo=UTC)) == [[observations], [awards]]
    observations += " That time has passed. What was observed before it still counts when it comes in late."
    assert until(datetime(2021, 6, 5, 22, tzinfo=UTC)) == [[observations], [awards]]
    assert until(datetime(2021, 7, 1, 4, 59, tzinfo=UTC)) == [[observations], [awards]]
    awards += " That time has passed. What was awarded before it still counts when it comes in late."
    assert until(datetime(2021, 7, 1, 5, tzinfo=UTC)) == [[observations], [awards]]


def test_an_offer_says_when_the_time_to_answer_has_passed() -> None:
    plan = compile_plan(parse_plan(OFFERED.decode()), version=1)
    evaluation = evaluate(plan, [facts_of([roster({"role": "teacher"}), award(1, "mc-questioning")])])
    [offer] = page(evaluation)["offers"]
    assert "passed" not in offer["reason"]
    approved = page(evaluation, Progress(20000, 0, 20000, 0, is_final=False, inquiries_open=0, holds_open=0))
    [closed] = approved["offers"]
    assert closed["reason"] == f"{offer['reason']} That time has passed."
    assert closed["reason"] in approved["earnable"][1]["steps"]


def test_the_rung_stands_beside_the_total_before_all_reasons() -> None:
    evaluation = evaluate(compile_plan(parse_plan(HARMONY), version=1), [facts_of([roster({"role": "teacher"})])])
    made = page(evaluation)
    before_reasons = html(made).decode().partition("How it came about")[0]
    assert made["total"] in before_reasons
    assert f"<strong>{made['ladder']['rung']}</strong>" in before_reasons


def test_words_of_the_trade_are_explained_where_they_stand() -> None:
    plan = compile_plan(parse_plan(HARMONY), version=1)
    for group, words in (("tested", ["FTE"]), ("non_tested", ["FTE", "An SLO"])):
        made = page(evaluate(plan, [facts_of([roster({"role": "teacher", "group": group})])]))
        assert [text.partition(" is ")[0] for text in made["words"]] == words
        assert made["words"][-1] in html(made).decode()
    text = HARMONY.replace("title: Performance bonus", "title: AFTERSCHOOL SLOW bonus")
    made = page(evaluate(compile_plan(parse_plan(text), version=1), [facts_of([TEACHER])]))
    assert [told.partition(" is ")[0] for told in made["words"]] == ["FTE"]


@pytest.mark.parametrize(
    ("approved", "paid", "is_illustrative", "told"),
    [
        (False, 0, True, f"The plan {EXAMPLES}, and no board's approval of it is on record."),
        (
            False,
            5,
            True,
            f"The plan {EXAMPLES}, and no board's approval of it is on record. All the same, {SUCH}.",
        ),
        (
            True,
            5,
            True,
            f"The plan {EXAMPLES}. Yet a board's approval of it is on record (Minutes 7, 2021-05-01), and {SUCH}.",
        ),
        (True, 5, False, f"An earlier version of the plan {EXAMPLES}, and {SUCH}."),
        (True, 0, False, None),
    ],
)
def test_an_illustrative_plan_says_what_is_on_record_and_what_it_paid(
    *, approved: bool, paid: int, is_illustrative: bool, told: str | None
) -> None:
    approval = BoardApproval("Minutes 7", date(2021, 5, 1), describes_all_pay=True) if approved else None
    payments = [
        Payment(date(2021, 6, 1), is_confirmed, paid_cents=9, taken_cents=0, by_examples_cents=cents)
        for is_confirmed, cents in ((True, paid), (False, 900))
    ]
    assert illustrative_told(approval, payments, is_illustrative=is_illustrative) == told


def test_who_is_not_told_of_payments_is_not_told_what_examples_paid_and_a_heading_is_true_of_the_plan() -> None:
    paid = [Payment(date(2021, 6, 1), is_confirmed=True, paid_cents=9, taken_cents=0, by_examples_cents=5)]
    evaluation = evaluate(compile_plan(parse_plan(HARMONY), version=1), [facts_of([TEACHER])])
    for is_between, is_illustrative, title in (
        (True, True, "Illustrative plan"),
        (False, True, "Illustrative plan"),
        (True, False, "Paid by an illustrative version"),
        (False, False, None),
    ):
        made = page(evaluation, payments=paid, is_between=is_between, is_illustrative=is_illustrative)
        for set_in in (str(made), html(made).decode()):
            assert (SUCH in set_in) == is_between
            assert ("Illustrative plan" in set_in) == (title == "Illustrative plan")
        assert (made["illustrative"] or {}).get("title") == title
        assert made["illustrative"] is None or f"<strong>{title}.</strong>" in html(made).decode()
        assert pdf(made).startswith(b"%PDF-")


def test_a_payout_is_named_with_what_it_pays_and_what_it_takes_back() -> None:
    assert payments_told(
        [Payment(date(2021, 6, 1), True, 20000, 0, 0), Payment(date(2021, 7, 1), False, 0, 5000, 0)]
    ) == [
        "$200.00 was paid with the payout of 2021-06-01.",
        "$50.00 is taken back with the payout of 2021-07-01, which is approved; payroll has not confirmed it yet.",
    ]


def test_no_row_is_broken_over_two_pages_and_every_table_says_its_columns_again() -> None:
    evaluation = evaluate(compile_plan(parse_plan(HARMONY), version=1), [facts_of([roster({"role": "teacher"})])])
    made = page(evaluation)
    # Each row is more than half a page: whole ones need a page each, and broken ones make two pages fewer.
    made["conditions"] = [{"title": "Tall", "met": "met", "reason": "said at length " * 200}] * 6
    assert len(re.findall(rb"/Type/Page\b", pdf(made))) == 8
    text = html(made).decode()
    assert text.count("<thead>") == text.count("<table") >= 3
    assert re.search(r"\btr, tbody\.part,[^{]*\{ break-inside: avoid; \}", text)
    assert text.count('<tbody class="part">') == len(made["components"])
