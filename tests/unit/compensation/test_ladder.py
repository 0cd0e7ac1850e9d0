"""The ladder: which rung, why, and the gap to the next one in words."""

from typing import Any

from services.compensation.policy.cases.events import award, facts_of, growth, placement, rating, revoked, roster
from services.compensation.policy.evaluation.compiled import compile_plan
from services.compensation.policy.evaluation.evaluate import evaluate
from services.compensation.policy.plan import parse_plan
from services.compensation.policy.statement import statement_body
from tests.support.ladder_plan import LADDER_PLAN
from tests.support.policy_facts import EVERYTHING, HARMONY
from tests.support.reference import Event

HARMONY_PLAN = compile_plan(parse_plan(HARMONY), version=1)
EVERYTHING_PLAN = compile_plan(parse_plan(EVERYTHING), version=1)
CLIMBING_PLAN = compile_plan(parse_plan(LADDER_PLAN.decode()), version=1)
TEACHER = {"role": "teacher"}
MASTER_TEACHER = [
    "mc-formative-assessment",
    "mc-questioning",
    "mc-differentiation",
    "mc-data-driven-instruction",
    "mc-action-research",
]


def ladder(*events: Event, plan: Any = HARMONY_PLAN) -> dict[str, Any]:
    body = statement_body(evaluate(plan, [facts_of(events)]), 0)
    assert body is not None
    placement: dict[str, Any] = body["ladder"]
    return placement


def gap(*events: Event, plan: Any = HARMONY_PLAN) -> list[str]:
    missing: list[str] = ladder(*events, plan=plan)["next"]["gap"]
    return missing


def awards(*credentials: str) -> list[Event]:
    return [award(credential, credential) for credential in credentials]


def test_everybody_on_the_roster_stands_at_least_on_the_lowest_rung() -> None:
    assert ladder(roster())["rung"] == "novice"


def test_the_gap_names_what_is_missing_and_not_what_is_there() -> None:
    assert gap(roster(TEACHER)) == ["none of one micro-credential"]
    assert gap(roster(TEACHER), *awards("mc-questioning")) == ["one of four micro-credentials"]
    assert gap(roster(TEACHER, hired_on="2020-08-03")) == [
        "none of one full year of service",
        "none of one micro-credential",
    ]


def test_a_year_of_service_is_full_on_its_anniversary_and_not_the_day_before() -> None:
    # The reference day is 2021-05-28.
    one = awards("mc-questioning")
    assert ladder(roster(TEACHER, hired_on="2020-05-28"), *one)["rung"] == "established"
    assert ladder(roster(TEACHER, hired_on="2020-05-29"), *one)["rung"] == "novice"


def test_a_rung_is_not_reached_past_one_whose_needs_are_not_met() -> None:
    # All that "lead" asks for, but only one full year of the two that "accomplished" asks for.
    events = [roster(TEACHER, hired_on="2020-01-15"), *awards(*MASTER_TEACHER), rating("2020-21", 4)]
    assert ladder(*events)["rung"] == "established"
    assert gap(*events) == ["one of two full years of service"]


def test_a_complete_pathway_with_a_rating_reaches_lead() -> None:
    events = [roster(TEACHER), *awards(*MASTER_TEACHER), rating("2020-21", 3)]
    placement = ladder(*events)
    assert placement["rung"] == "lead"
    assert "the pathway Master Teacher is complete" in [need["reason"] for need in placement["requirements"]]
    assert placement["next"]["gap"] == [
        "five of eight micro-credentials",
        "none of two years rated 4 or higher within the last three school years",
    ]


def test_the_gap_of_a_pathway_is_measured_on_the_nearest_one() -> None:
    events = [roster(TEACHER), *awards("mc-leading-teams", "mc-family-partnership", "mc-classroom-culture", "mc-x")]
    [pathway, rated] = gap(*events)
    assert pathway == (
        "three of four micro-credentials of the pathway School Leader; still missing: mc-data-driven-instruction"
    )
    assert rated == "none of one year rated 3 or higher within the last two school years"


def test_a_rung_for_some_roles_says_so_to_the_others() -> None:
    principal = {"role": "principal"}
    events = [roster(principal), *awards(*MASTER_TEACHER), rating("2020-21", 4)]
    assert gap(*events) == ["the rung is for teacher or instructional coach; the role on file is principal"]


def test_a_revoked_credential_takes_its_rung_with_it() -> None:
    given = award(1, "mc-questioning")
    assert ladder(roster(TEACHER), given)["rung"] == "established"
    assert ladder(roster(TEACHER), given, revoked(given))["rung"] == "novice"


def test_ratings_count_only_within_the_years_that_are_asked_for() -> None:
    base = [roster(TEACHER), *awards(*MASTER_TEACHER)]
    assert ladder(*base, rating("2019-20", 3))["rung"] == "lead"
    assert ladder(*base, rating("2018-19", 3))["rung"] == "accomplished"
    assert ladder(*base, rating("2021-22", 3))["rung"] == "accomplished"


def test_named_credentials_that_are_open_are_listed() -> None:
    assert gap(roster(TEACHER), plan=EVERYTHING_PLAN) == [
        "none of one micro-credential; still open: mc-a, mc-b or mc-d"
    ]


def test_the_highest_rung_has_no_next_one() -> None:
    events = [
        roster(TEACHER),
        *awards(*MASTER_TEACHER, "mc-a", "mc-b", "mc-c"),
        rating("2020-21", 4),
        rating("2018-19", 4),
    ]
    placement = ladder(*events)
    assert (placement["rung"], placement["next"]) == ("master", None)
    assert all(need["met"] for need in placement["requirements"])


class TestSeveralWays:
    """To lead there are the way of credentials, and the way of teaching."""

    def next_rung(self, *events: Event) -> dict[str, Any]:
        following: dict[str, Any] = ladder(roster(TEACHER), *events, plan=CLIMBING_PLAN)["next"]
        return following

    def test_the_gap_is_said_in_a_sentence_of_every_way_the_nearest_first(self) -> None:
        two_credentials = self.next_rung(*awards("mc-a", "mc-b"))
        assert two_credentials["in_words"] == (
            "One of these ways: the way of credentials (two of four micro-credentials of mc-a, mc-b, mc-c or mc-d) or "
            "the way of teaching (two more ratings at Accomplished or higher within the last three school years; "
            "to meet Half of the students at growth)."
        )
        rated = self.next_rung(*awards("mc-a"), rating("2019-20", 4), growth(1, "50"))
        assert rated["in_words"] == (
            "One of these ways: the way of teaching (one more rating at Accomplished or higher within the last three "
            "school years) or the way of credentials (one of four micro-credentials of mc-a, mc-b, mc-c or mc-d)."
        )

    def test_each_way_says_how_far_it_is(self) -> None:
        placed = ladder(roster(TEACHER), *awards("mc-a", "mc-b", "mc-c"), plan=CLIMBING_PLAN)
        [_, to_lead] = placed["requirements"]
        assert [(way["title"], way["met"], way["missing"]) for way in to_lead["ways"]] == [
            ("the way of credentials", False, 1),
            ("the way of teaching", False, 3),
        ]

    def test_one_way_is_enough_and_waits_for_the_board(self) -> None:
        events = [roster(TEACHER), *awards("mc-a"), rating("2020-21", 4), rating("2018-19", 5), growth(1, "50")]
        waiting = ladder(*events, plan=CLIMBING_PLAN)
        assert (waiting["rung"], waiting["awaiting"]["rung"]) == ("skilled", "lead")
        assert [need["reason"] for need in waiting["requirements"]][-1] == "complete: the way of teaching"
        by_a_person = placement("lead", year="2020-21", ladder="climbing", kind="confirmed", by="person")
        assert ladder(*events, by_a_person, plan=CLIMBING_PLAN)["rung"] == "skilled"
        by_the_board = placement("lead", year="2020-21", ladder="climbing", kind="confirmed", by="board", minutes="7")
        assert ladder(*events, by_the_board, plan=CLIMBING_PLAN)["rung"] == "lead"


def test_a_ladder_without_the_newer_words_says_none_of_them_whatever_was_placed() -> None:
    events = [roster(TEACHER), *awards("mc-questioning")]
    before = ladder(*events)
    assert set(before) == {"rung", "title", "requirements", "next"}
    assert set(before["next"]) == {"rung", "title", "gap"}
    assert ladder(*events, placement("master", year="2019-20")) == before
