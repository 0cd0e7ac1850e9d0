"""The documented shape of a statement is the shape that statements have."""

import json

import pytest

from services.compensation.domain import EducatorFacts
from services.compensation.policy.decide import decide
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.plan import parse_plan
from services.compensation.schemas.statement import StatementView
from services.compensation.service.arrivals import to_arrival
from shared.events.registry import Event
from tests.support.compensation import PLAN
from tests.support.factories.events import a_year_of, awarded, educator_id, received, rostered, scored

ANA = educator_id(1)
COMPILED = compile_plan(parse_plan(PLAN.decode()), version=1)
MANY_AWARDS = [awarded(ANA, number, credential=f"mc-{number}") for number in range(10)]


@pytest.mark.parametrize(
    "events",
    [
        [rostered(ANA)],
        a_year_of(ANA),
        [*a_year_of(ANA), *MANY_AWARDS],
        [rostered(ANA, role="other"), scored(ANA)],
        [rostered(ANA, subject_group="non_tested", full_time_equivalent="0.50"), scored(ANA), *MANY_AWARDS],
        [rostered(ANA, role="principal"), *a_year_of(ANA)[1:]],
        [rostered(ANA, assignments=[])],
    ],
)
def test_every_kind_of_statement_reads_back_through_the_documented_models(events: list[Event]) -> None:
    facts = EducatorFacts(str(ANA), {})
    for event in events:
        arrival = to_arrival(received(event))
        assert arrival is not None
        facts = facts.with_fact(arrival.fact)
    [decision] = decide(COMPILED, [facts])
    assert decision is not None
    view = StatementView.model_validate_json(decision.body)
    assert {*json.loads(decision.body), "common_facts", "offers"} == set(StatementView.model_fields)
    assert view.common_facts is None
    assert view.educator_id == ANA
