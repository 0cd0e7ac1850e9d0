"""The documented shape of a statement is the shape that statements have."""

import json

import pytest

from services.compensation.domain import Decision, EducatorFacts
from services.compensation.policy.decide import decide
from services.compensation.policy.evaluation.compiled import CompiledPlan, compile_plan
from services.compensation.policy.plan import parse_plan
from services.compensation.schemas.statement import LadderPlacement, StatementView
from services.compensation.service.arrivals import to_arrival
from shared.events.compensation import PlacementRecorded
from shared.events.registry import Event
from tests.support.compensation import PLAN
from tests.support.factories.events import a_year_of, awarded, educator_id, rated, received, rostered, scored
from tests.support.ladder_plan import LADDER_PLAN

ANA = educator_id(1)
COMPILED = compile_plan(parse_plan(PLAN.decode()), version=1)
MANY_AWARDS = [awarded(ANA, number, credential=f"mc-{number}") for number in range(10)]


def statement_of(plan: CompiledPlan, events: list[Event]) -> Decision:
    facts = EducatorFacts(str(ANA), {})
    for event in events:
        arrival = to_arrival(received(event))
        assert arrival is not None
        facts = facts.with_fact(arrival.fact)
    [decision] = decide(plan, [facts])
    assert decision is not None
    return decision


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
    decision = statement_of(COMPILED, events)
    view = StatementView.model_validate_json(decision.body)
    assert {*json.loads(decision.body), "common_facts", "offers"} == set(StatementView.model_fields)
    assert view.common_facts is None
    assert view.educator_id == ANA


def test_a_ladder_that_rests_on_placements_reads_back_too() -> None:
    brought_along = PlacementRecorded(
        educator_id=ANA,
        placement_id=ANA,
        version=1,
        school_year="2019-20",
        ladder="climbing",
        rung="skilled",
        kind="brought_along",
        reached=None,
        confirmed_by_kind=None,
        minute_reference=None,
        valid_through_year="2021-22",
        withdrawn=False,
        lapsed=False,
    )
    climbing = compile_plan(parse_plan(LADDER_PLAN.decode()), version=1)
    decision = statement_of(climbing, [*a_year_of(ANA), rated(ANA), rated(ANA, school_year="2019-20"), brought_along])
    view = StatementView.model_validate_json(decision.body)
    told = json.loads(decision.body)["ladder"]
    assert {*told} == set(LadderPlacement.model_fields)
    assert view.ladder.held is not None
    assert view.ladder.awaiting is not None
    assert "placement" in {fact.kind for fact in view.facts}
