"""What golden cases come to by the evaluator, beside what they expect."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from heapq import nlargest
from typing import Any, NamedTuple

from services.compensation.policy.cases.events import PublishedEvent, facts_of
from services.compensation.policy.cases.facts import Setting
from services.compensation.policy.cases.form import Case, Expectation, Expected, GoldenCases
from services.compensation.policy.evaluation.compiled import CompiledPlan
from services.compensation.policy.evaluation.evaluate import evaluate
from services.compensation.policy.facts.gather import CampusAttributes
from services.compensation.policy.language.document import Plan
from services.compensation.policy.statement import Body, statement_body

SENTENCES = frozenset({"reason", "title", "text", "gap", "terms", "in_words"})
"""Where a statement speaks to its reader: everything else in it is codes, ids, hashes, days and numbers."""
_NEAREST = 2


class Outcome(NamedTuple):
    """What differs in a case, in sentences; nothing where it comes out as written."""

    case: str
    differences: list[str]


def histories_of(plan: Plan, case: Case) -> list[list[PublishedEvent]]:
    """The events behind the facts of each educator of a case."""
    by = Setting(plan.plan_year, plan.time_zone, plan.ladder_code)
    return [one.facts.events(by) for one in case.everybody]


def compared(plan: CompiledPlan, cases: GoldenCases) -> list[Outcome]:
    """Each case decided and compared."""
    return [Outcome(case.name, differences_of(plan, case, cases.campuses)) for case in cases.cases]


def differences_of(plan: CompiledPlan, case: Case, campuses: CampusAttributes) -> list[str]:
    """How a case comes out otherwise than written, educator by educator."""
    facts = [facts_of(events) for events in histories_of(plan.plan, case)]
    evaluation = evaluate(plan, facts, campuses=campuses)
    found = []
    for index, educator in enumerate(case.everybody):
        who = f"educator {index + 1}{f' ({educator.name})' if educator.name else ''}: " if case.educators else ""
        found += [f"{who}{told}" for told in _differences(statement_body(evaluation, index), educator.expect)]
    return found


def _differences(body: Body | None, expected: Expectation) -> Iterator[str]:
    if not isinstance(expected, Expected):
        if body is not None:
            yield f"there is a statement over {body['total']['amount']}, and none is expected"
        return
    if body is None:
        yield f"there is no statement, and one over {expected.total} is expected: without assignments there is none"
        return
    came = {part["code"]: part["amount"]["amount"] for part in body["components"]}
    if body["total"]["amount"] != expected.total:
        parts = ", ".join(f"{code} {amount}" for code, amount in came.items())
        yield f"the total is {body['total']['amount']} ({parts}), and {expected.total} is expected"
    for code, amount in expected.components.items():
        if came[code] != amount:
            yield f"component {code} is {came[code]}, and {amount} is expected"
    if expected.rung not in (None, body["ladder"]["rung"]):
        yield f"the rung is {body['ladder']['rung']}, and {expected.rung} is expected"
    said = list(dict.fromkeys(_sentences(body)))
    for sentence in expected.says:
        if not any(_says(text, sentence) for text in said):
            yield f"{sentence!r} is not said; nearest to it: {' | '.join(map(repr, _nearest(sentence, said)))}"


def _sentences(part: Any, name: str = "") -> Iterator[str]:
    if isinstance(part, str) and name in SENTENCES:
        yield part
    elif isinstance(part, dict):
        for key, inner in part.items():
            yield from _sentences(inner, key)
    elif isinstance(part, list):
        for inner in part:
            yield from _sentences(inner, name)


def _says(text: str, sentence: str) -> bool:
    """Words and numbers as a whole: 500.00 is no part of 1,500.00."""
    return re.search(rf"(?<![\w.,]){re.escape(sentence)}(?!\w|[.,]\d)", text) is not None


def _nearest(sentence: str, said: list[str]) -> list[str]:
    words = set(sentence.split())

    def nearness(text: str) -> Any:
        return len(words & set(text.split())), SequenceMatcher(None, sentence, text, autojunk=False).ratio()

    return nlargest(_NEAREST, said, key=nearness)
