"""The standing facts: the highest version stands, in whatever order it came, and nothing is lost in storing them."""

import time
from datetime import datetime

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.compensation.domain import EducatorFacts, Fact, Place, moment_text
from services.compensation.policy.cases.events import (
    EDUCATOR_ID,
    an_id,
    award,
    fact_of,
    facts_of,
    growth,
    observation,
    revoked,
    roster,
)
from services.compensation.policy.decide import decide
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.plan import parse_plan
from shared.kernel.clock import SystemClock
from tests.support.policy_facts import EVERYTHING
from tests.support.policy_strategies import histories
from tests.support.reference import Event

PLAN = compile_plan(parse_plan(EVERYTHING), version=1)
QUICK = settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def stored(facts: EducatorFacts) -> bytes:
    return orjson.dumps(facts.to_document(), option=orjson.OPT_SORT_KEYS)


@given(events=histories(), data=st.data())
@QUICK
def test_any_order_of_the_same_events_ends_in_the_same_facts_and_the_same_statement(
    events: list[Event], data: st.DataObject
) -> None:
    one, other = facts_of(events), facts_of(data.draw(st.permutations(events)))
    assert stored(one) == stored(other)
    assert decide(PLAN, [one]) == decide(PLAN, [other])


@given(events=histories())
@QUICK
def test_facts_read_back_from_their_stored_form_decide_the_same(events: list[Event]) -> None:
    facts = facts_of(events)
    read = EducatorFacts.from_document(EDUCATOR_ID, orjson.loads(orjson.dumps(facts.to_document())))
    assert read == facts
    assert decide(PLAN, [read]) == decide(PLAN, [facts])


def test_an_older_version_changes_nothing_and_the_very_same_facts_come_back() -> None:
    old, new = fact_of(growth(1, "40")), fact_of(growth(1, "60", version=2))
    facts = EducatorFacts(EDUCATOR_ID, {}).with_fact(new)
    assert facts.with_fact(old) is facts
    assert facts.with_fact(new) is facts


def test_a_newer_version_replaces_the_one_before_and_leaves_the_old_value_alone() -> None:
    before = facts_of([growth(1, "40")])
    after = before.with_fact(fact_of(growth(1, "60", version=2)))
    key = an_id("growth", 1)
    assert after.facts["growth"][key].data["percent_met"] == "60"
    assert before.facts["growth"][key].data["percent_met"] == "40"


def test_of_two_publications_of_one_version_the_first_stands_in_either_order() -> None:
    fact = fact_of(growth(1, "40"))
    first, second = fact._replace(event_id="01"), fact._replace(event_id="02")
    nothing = EducatorFacts(EDUCATOR_ID, {})
    assert nothing.with_fact(first).with_fact(second) == nothing.with_fact(second).with_fact(first)
    assert nothing.with_fact(second).with_fact(first).facts["growth"][fact.key].event_id == "01"


def test_a_revocation_that_overtakes_its_award_stands() -> None:
    given_award = award(1, "mc-questioning")
    taken_back = revoked(given_award)
    assert facts_of([taken_back, given_award]) == facts_of([given_award, taken_back])


def test_what_a_plan_may_not_look_at_is_not_kept() -> None:
    facts = facts_of([roster({"role": "teacher"}), award(1, "mc-questioning")])
    assert b"person_keys" not in stored(facts)
    assert EDUCATOR_ID.encode() not in stored(facts)


def test_scores_are_kept_by_domain_and_dimension() -> None:
    facts = facts_of([observation(1, {"student_growth_and_achievement": [2, 4]})])
    [fact] = facts.facts["observation"].values()
    assert fact.data["levels"] == {
        "student_growth_and_achievement": {
            "student_growth_and_achievement_0": 2,
            "student_growth_and_achievement_1": 4,
        }
    }


@pytest.mark.parametrize(
    "written",
    ["2020-10-05T15:00:00Z", "2020-10-05T10:00:00-05:00", "2020-10-05T15:00:00.000Z", "2020-10-05T15:00:00+00:00"],
)
def test_one_moment_has_one_text_however_it_was_written(written: str) -> None:
    [fact] = facts_of([award(1, "mc-questioning", at=written)]).facts["award"].values()
    assert fact.data["awarded_at"] == "2020-10-05T15:00:00.000000Z"


def test_moments_compare_as_text_in_the_order_of_time() -> None:
    now = SystemClock().now().replace(microsecond=0)
    assert (
        moment_text(now) < moment_text(now.replace(microsecond=500_000)) < moment_text(now.replace(microsecond=500_001))
    )


def test_a_moment_without_an_offset_is_utc_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Chicago")
    time.tzset()
    try:
        assert moment_text(datetime(2020, 10, 5, 15)) == "2020-10-05T15:00:00.000000Z"  # noqa: DTZ001 - the point
    finally:
        monkeypatch.undo()
        time.tzset()


def test_payroll_finds_the_educator_at_the_primary_assignment_that_began_last() -> None:
    parts = [
        {"from": "2018-08-01", "to": "2019-06-01", "primary": True},
        {"from": "2019-08-01", "primary": True},
        {"from": "2020-08-01", "primary": False},
    ]
    assert facts_of([roster(*parts)]).primary_place() == Place("E0001", an_id("district"), an_id("campus", 1))


def test_without_a_roster_there_is_no_place() -> None:
    assert facts_of([]).primary_place() == Place(None, None, None)
    assert facts_of([roster()]).primary_place() == Place("E0001", None, None)


def test_a_fact_taken_in_twice_is_kept_as_it_was() -> None:
    kept = facts_of([observation(1, {"instructional_quality": 3})])
    [fact] = kept.facts["observation"].values()
    again = EducatorFacts(EDUCATOR_ID, {}).with_fact(Fact(*fact))
    assert again == kept
