"""Every plan that ships, on the golden cases beside it: the evaluator and the exact reference both come out as written.

A case has `facts` and `expect`, or `educators` with those each, who are then all educators that there are.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from services.compensation.policy.cases.comparing import differences_of, histories_of
from services.compensation.policy.cases.events import facts_of
from services.compensation.policy.cases.form import Case, GoldenCases
from services.compensation.policy.cases.reading import parse_cases
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.plan import parse_plan
from tests.support.outcome import outcomes
from tests.support.policy_facts import REPOSITORY
from tests.support.reference import read_raw_plan, reference_of_all

FOLDER = REPOSITORY / "services/compensation/plans"
PLANS = sorted(path for path in FOLDER.glob("*.yaml") if not path.name.endswith(".cases.yaml"))


@cache
def cases_of(plan: Path) -> GoldenCases:
    return parse_cases(plan.with_suffix(".cases.yaml").read_text(), parse_plan(plan.read_text()))


def all_cases() -> Iterator[Any]:
    for plan in PLANS:
        for case in cases_of(plan).cases:
            yield pytest.param(plan, case, id=f"{plan.stem}: {case.name}")


@pytest.mark.parametrize(("path", "case"), list(all_cases()))
def test_a_golden_case_comes_out_as_written(path: Path, case: Case) -> None:
    text, campuses = path.read_text(), cases_of(path).campuses
    plan = compile_plan(parse_plan(text), version=1)
    assert not differences_of(plan, case, campuses)
    histories = histories_of(plan.plan, case)
    came = outcomes(plan, [facts_of(events) for events in histories], campuses)
    assert came == reference_of_all(read_raw_plan(text), histories, campuses)
    assert all(one is None or sum(one["components"].values()) == one["total"] for one in came)


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_a_plan_that_ships_names_a_source_for_every_case(path: Path) -> None:
    cases = cases_of(path).cases
    assert cases
    if not parse_plan(path.read_text()).illustrative:
        assert all((case.source or "").startswith("http") for case in cases), "which page says so? Add its address"
