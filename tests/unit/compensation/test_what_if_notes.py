"""What a preview says of what looks right and is not: groups of very few, gates not asked, changes not looked at."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.compensation.domain import EducatorFacts
from services.compensation.policy.cases.events import award, facts_of
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.plan import parse_plan
from tests.support.random_plans import Document
from tests.unit.compensation.test_groups import FLAT, POT, educator, plan_of
from tests.unit.compensation.test_what_if import run

BY_TEAM = plan_of(POT)


def notes_of(text: str, everybody: Sequence[EducatorFacts], *changes: dict[str, Any]) -> list[str]:
    plan = compile_plan(parse_plan(text), version=1)
    return list(run(plan, plan, everybody, *changes)[1]["notes"])


def of_teams(sizes: dict[str, int], role: str = "teacher") -> list[EducatorFacts]:
    names = [name for name, size in sizes.items() for _ in range(size)]
    return [
        facts_of(educator("50", name, role=role), str(UUID(int=number))) for number, name in enumerate(names, start=1)
    ]


def test_a_team_of_one_is_named_with_the_team_that_it_may_be() -> None:
    """The reader has to see who takes a pot alone, and teams that a number alone tells apart are no slip of the pen."""
    sizes = {"team-2-tested": 23, "team-2-testd": 1, "team-12-tested": 3, "team-1": 10, "Team 1": 2}
    [note] = notes_of(BY_TEAM, of_teams(sizes))
    assert note == (
        "Of team, 1 educator alone is 'team-2-testd' (close to 'team-2-tested', which has 23) and 2 educators are "
        "'Team 1' (close to 'team-1', which has 10): look whether they are spelt as the others."
    )
    one = {"team-2-tested": 23, "7": 1}
    [note] = notes_of(BY_TEAM, of_teams(one))
    assert note == "Of team, 1 educator alone is '7': look whether it is spelt as the others."
    [note] = notes_of(BY_TEAM, of_teams({str(number): 1 for number in range(8)}))
    assert note.count("alone is") == 5
    assert note.endswith("'4', and 3 more: look whether they are spelt as the others.")


def test_who_is_not_paid_makes_no_team_and_a_plan_without_groups_looks_at_none() -> None:
    paid = of_teams({"team-1": 2})
    unpaid = [facts_of(educator("50", "other", role="other"), str(UUID(int=99)))]
    assert notes_of(BY_TEAM, [*paid, *unpaid]) == []
    whole = plan_of({**POT, "within": "network"})
    assert notes_of(whole, of_teams({"team-1": 1})) == []


NOWHERE = "which the plan names nowhere, so that it changes nothing"
STIPEND: Document = {
    "code": "stipend", "title": "Stipend", "pay": "per_award", "amount": "10.00", "at_most": 8, "each": "award",
}  # fmt: skip


def test_a_change_that_the_plan_does_not_look_at_is_told() -> None:
    """An award that counts, by its name or as any other, is an answer and not a slip."""
    named = plan_of(STIPEND | {"credentials": ["mc-a", "mc-questioning"]})
    everybody = [facts_of([*educator("50", "7"), award(1, "reading-academy")], str(UUID(int=1)))]
    supposed = [{"change": "award", "credential": code} for code in ("mc-questoining", "mc-a", "reading-academy")]
    told = [note for note in notes_of(named, everybody, *supposed) if note.startswith("Change")]
    assert told == [
        f"Change 1 awards mc-questoining, {NOWHERE}: did you mean mc-questioning?",
        f"Change 3 awards reading-academy, {NOWHERE}: is it spelt right?",
    ]
    [note] = notes_of(plan_of(STIPEND), everybody, supposed[0], supposed[2])
    assert note == (
        "Change 1 awards mc-questoining, which nobody was ever awarded and the plan names nowhere; it counts where any "
        "other does: is it spelt right?"
    )
    campus = {"change": "campus_attribute", "campuses": [str(UUID(int=1))], "attribute": "team", "value": "1"}
    attributes = [{"change": "attribute", "attribute": code, "value": "7"} for code in ("teams", "team")]
    told = notes_of(BY_TEAM, everybody, *attributes, campus)
    assert [note for note in told if "sets" in note] == [
        "Change 1 sets teams, which the plan does not look at, so that it changes nothing: did you mean team?",
        "Change 3 sets team, which the plan does not look at, so that it changes nothing: is it spelt right?",
    ]


def test_who_is_not_asked_any_more_is_told_from_who_fails() -> None:
    """A plan that pays fewer roles asks fewer: its gate is met by fewer, and nobody crosses it."""
    gate = {"code": "grown", "title": "Grown", "measure": "growth", "at_least": "40"}
    before = compile_plan(parse_plan(plan_of(FLAT, gate)), version=1)
    narrow = plan_of(FLAT, gate | {"applies_to": {"roles": ["instructional_coach"]}})
    low = facts_of(educator("30", None), str(UUID(int=9)))
    everybody = [*of_teams({"1": 3}), low, *of_teams({"a": 2}, role="other")]
    [line] = run(before, compile_plan(parse_plan(narrow), version=2), everybody)[1]["gates"]
    assert line == {
        "key": "grown",
        "title": "Grown",
        "asked_before": 4,
        "asked_after": 0,
        "met_before": 3,
        "met_after": 0,
        "crossed_up": 0,
        "crossed_down": 0,
    }
