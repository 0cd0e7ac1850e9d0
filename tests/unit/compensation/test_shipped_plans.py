"""Every plan that ships, on the golden cases beside it: the evaluator and the exact reference both come out as written.

A case has `facts` and `expect`, or `educators` with those each, who are then all educators that there are.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.evaluation.evaluate import evaluate
from services.compensation.policy.plan import parse_plan
from services.compensation.policy.statement import statement_body
from shared.kernel.money import parse_amount
from tests.support.outcome import outcomes
from tests.support.policy_facts import REPOSITORY, events_of, facts_of
from tests.support.reference import read_raw_plan, reference_of_all

FOLDER = REPOSITORY / "services/compensation/plans"
PLANS = sorted(path for path in FOLDER.glob("*.yaml") if not path.name.endswith(".cases.yaml"))


def cases_of(plan: Path) -> dict[str, Any]:
    return read_raw_plan(plan.with_suffix(".cases.yaml").read_text())


def all_cases() -> Iterator[Any]:
    for plan in PLANS:
        for case in cases_of(plan)["cases"]:
            yield pytest.param(plan, case, id=f"{plan.stem}: {case['name']}")


@pytest.mark.parametrize(("path", "case"), list(all_cases()))
def test_a_golden_case_comes_out_as_written(path: Path, case: dict[str, Any]) -> None:
    text = path.read_text()
    plan, raw, campuses = (
        compile_plan(parse_plan(text), version=1),
        read_raw_plan(text),
        cases_of(path).get("campuses", {}),
    )
    educators = case.get("educators", [case])
    histories = [events_of(one["facts"], raw["plan_year"], raw["time_zone"]) for one in educators]
    facts = [facts_of(events) for events in histories]
    evaluation = evaluate(plan, facts, campuses=campuses)
    for index, educator in enumerate(educators):
        compare(educator.get("name", case["name"]), statement_body(evaluation, index), educator["expect"])
    assert outcomes(plan, facts, campuses) == reference_of_all(raw, histories, campuses)


def compare(name: str, body: dict[str, Any] | None, expected: Any) -> None:
    if expected == "no statement":
        assert body is None, f"{name}: there is a statement"
        return
    assert body is not None, f"{name}: there is no statement"
    amounts = {part["code"]: part["amount"]["amount"] for part in body["components"]}
    came = {"total": body["total"]["amount"], **amounts, "rung": body["ladder"]["rung"]}
    told = {"total": expected["total"], **expected.get("components", {}), "rung": expected.get("rung", came["rung"])}
    wrong = [
        f"{what} is {came.get(what)}, and not {as_told}" for what, as_told in told.items() if came.get(what) != as_told
    ]
    assert not wrong, f"{name}: {'; '.join(wrong)}"
    assert sum(map(parse_amount, amounts.values())) == parse_amount(expected["total"])
    said = list(texts(body))
    for sentence in expected.get("says", []):
        assert any(sentence in text for text in said), f"{name}: {sentence!r} is not among {said}"


def texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from texts(inner)


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_a_plan_that_ships_names_a_source_for_every_case(path: Path) -> None:
    cases = cases_of(path)["cases"]
    assert cases
    if not parse_plan(path.read_text()).illustrative:
        assert all(case.get("source", "").startswith("http") for case in cases), "which page says so? Add its address"
