"""The life of an observation: the whole transition table, and what each step asks for."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest

from services.evaluation import bootstrap
from services.evaluation.domain.growth import GrowthEntry, GrowthScore, growth_event, plain, take_entry
from services.evaluation.domain.observation import (
    TRANSITIONS,
    Amendment,
    Observation,
    ObservationKind,
    ObservationState,
    Plan,
    Score,
    Step,
    amend,
    cancel,
    finalize,
    in_order,
    next_state,
    plan,
    score,
)
from services.evaluation.errors import (
    AmendmentChangesNothing,
    DimensionUnknown,
    EvaluationError,
    LevelOutsideRubric,
    ObservationAlreadyFinalized,
    ObservationIncomplete,
    ObservationIsCancelled,
    ObservationNotFinalized,
    ObservedInFuture,
)
from services.evaluation.schemas.rules import read_rubrics
from shared.events.evaluation import ObservationAmended, ObservationFinalized

RUBRIC = read_rubrics(bootstrap.RUBRICS).get("h-tess", 1)
NOON = datetime(2021, 3, 1, 12, tzinfo=UTC)
TODAY = NOON.date()
YESTERDAY = date(2021, 2, 28)
TOMORROW = date(2021, 3, 2)
S = ObservationState

ALLOWED = {
    (S.SCHEDULED, Step.PLAN): S.SCHEDULED,
    (S.SCHEDULED, Step.SCORE): S.IN_PROGRESS,
    (S.SCHEDULED, Step.FINALIZE): S.FINALIZED,
    (S.SCHEDULED, Step.CANCEL): S.CANCELLED,
    (S.IN_PROGRESS, Step.PLAN): S.IN_PROGRESS,
    (S.IN_PROGRESS, Step.SCORE): S.IN_PROGRESS,
    (S.IN_PROGRESS, Step.FINALIZE): S.FINALIZED,
    (S.IN_PROGRESS, Step.CANCEL): S.CANCELLED,
    (S.FINALIZED, Step.AMEND): S.AMENDED,
    (S.AMENDED, Step.AMEND): S.AMENDED,
}
REFUSED: dict[tuple[S, Step], type[EvaluationError]] = {
    (S.SCHEDULED, Step.AMEND): ObservationNotFinalized,
    (S.IN_PROGRESS, Step.AMEND): ObservationNotFinalized,
    **{(state, step): ObservationAlreadyFinalized for state in (S.FINALIZED, S.AMENDED) for step in Step},
    **{(S.CANCELLED, step): ObservationIsCancelled for step in Step},
}


def scored(level: int = 3) -> tuple[Score, ...]:
    return tuple(Score(dimension, "instructional_quality", level, "seen") for dimension in RUBRIC.required_dimensions())


def observation(state: ObservationState = S.IN_PROGRESS, **changes: object) -> Observation:
    is_final = state in (S.FINALIZED, S.AMENDED)
    made = Observation(
        observation_id=UUID(int=1),
        educator_id=UUID(int=2),
        campus_id=UUID(int=3),
        appraiser_id=UUID(int=4),
        rubric="h-tess",
        rubric_version=1,
        kind=ObservationKind.FORMAL,
        is_announced=True,
        planned_on=YESTERDAY,
        observed_on=YESTERDAY,
        state=state,
        scores=scored() if state is not S.SCHEDULED else (),
        revision=5,
        version=1 if is_final else 0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("state", "step"), list(product(S, Step)))
def test_every_step_from_every_state_leads_where_the_table_says_or_is_refused(state: S, step: Step) -> None:
    if (state, step) in ALLOWED:
        assert next_state(state, step) is ALLOWED[state, step]
    else:
        with pytest.raises(REFUSED[state, step]):
            next_state(state, step)


def test_the_table_has_no_step_that_this_test_does_not_know() -> None:
    assert TRANSITIONS == ALLOWED


class TestPlanning:
    def test_sets_the_day_of_the_visit_and_leaves_the_rest(self) -> None:
        before = observation(S.SCHEDULED, observed_on=None)
        after = plan(before, Plan(observed_on=TODAY), today=TODAY)
        assert after == replace(before, observed_on=TODAY, revision=6)

    def test_can_take_the_announcement_back(self) -> None:
        assert not plan(observation(S.SCHEDULED), Plan(is_announced=False), today=TODAY).is_announced

    def test_a_plan_that_says_the_same_is_no_new_revision(self) -> None:
        before = observation(S.SCHEDULED)
        assert plan(before, Plan(planned_on=YESTERDAY), today=TODAY) == before

    def test_a_visit_cannot_have_taken_place_tomorrow(self) -> None:
        with pytest.raises(ObservedInFuture):
            plan(observation(S.SCHEDULED), Plan(observed_on=TOMORROW), today=TODAY)


class TestScoring:
    def test_the_first_score_begins_the_observation(self) -> None:
        after = score(observation(S.SCHEDULED), RUBRIC, dimension="differentiation", level=2, evidence="groups")
        assert after.state is S.IN_PROGRESS
        assert after.scores == (Score("differentiation", "instructional_quality", 2, "groups"),)

    def test_a_second_score_replaces_the_first_and_keeps_the_rubrics_order(self) -> None:
        after = score(observation(), RUBRIC, dimension="learning_objectives", level=4, evidence="")
        assert [one.dimension for one in after.scores] == list(RUBRIC.required_dimensions())
        assert after.scores[0].level == 4

    def test_the_same_score_again_is_no_new_revision(self) -> None:
        before = observation()
        assert score(before, RUBRIC, dimension="learning_objectives", level=3, evidence="seen") == before

    def test_a_dimension_of_another_rubric_is_refused(self) -> None:
        with pytest.raises(DimensionUnknown):
            score(observation(), RUBRIC, dimension="punctuality", level=3, evidence="")

    @pytest.mark.parametrize("level", [0, 5])
    def test_a_level_outside_the_scale_is_refused(self, level: int) -> None:
        with pytest.raises(LevelOutsideRubric):
            score(observation(), RUBRIC, dimension="differentiation", level=level, evidence="")


class TestFinalizing:
    def test_publishes_the_levels_without_the_evidence(self) -> None:
        final, event = finalize(observation(), RUBRIC, now=NOON)
        assert (final.state, final.version, final.revision, final.finalized_at) == (S.FINALIZED, 1, 6, NOON)
        assert isinstance(event, ObservationFinalized)
        assert (event.version, event.school_year, event.observed_on) == (1, "2020-21", YESTERDAY)
        assert event.finalized_at == NOON
        assert [(one.dimension, one.level) for one in event.scores] == [(one.dimension, 3) for one in final.scores]
        assert "seen" not in event.model_dump_json()

    def test_names_each_dimension_that_is_missing_and_the_day(self) -> None:
        lacking = observation(scores=scored()[:-2], observed_on=None)
        with pytest.raises(ObservationIncomplete) as refused:
            finalize(lacking, RUBRIC, now=NOON)
        assert [one.pointer for one in refused.value.errors] == [
            "/scores/classroom_culture",
            "/scores/classroom_management",
            "/observed_on",
        ]

    def test_a_scheduled_visit_without_scores_is_incomplete(self) -> None:
        with pytest.raises(ObservationIncomplete):
            finalize(observation(S.SCHEDULED), RUBRIC, now=NOON)

    def test_a_visit_of_tomorrow_cannot_be_finalized(self) -> None:
        with pytest.raises(ObservedInFuture):
            finalize(observation(observed_on=TOMORROW), RUBRIC, now=NOON)

    def test_other_domains_may_stay_unscored(self) -> None:
        final, _ = finalize(observation(), RUBRIC, now=NOON)
        assert {one.domain for one in final.scores} == {"instructional_quality"}


class TestAmending:
    def correction(self, level: int = 4, observed_on: date | None = None) -> Amendment:
        given = Score("questioning_and_discussion", "instructional_quality", level, "video")
        return Amendment("a score was entered for the wrong dimension", (given,), UUID(int=4), observed_on)

    def test_replaces_the_given_score_and_is_the_next_version(self) -> None:
        before = observation(S.FINALIZED)
        after, event = amend(before, RUBRIC, self.correction(), now=NOON)
        assert (after.state, after.version, after.reason) == (
            S.AMENDED,
            2,
            "a score was entered for the wrong dimension",
        )
        assert isinstance(event, ObservationAmended)
        levels = {one.dimension: one.level for one in event.scores}
        assert levels.pop("questioning_and_discussion") == 4
        assert set(levels.values()) == {3}
        assert "wrong dimension" not in event.model_dump_json()

    def test_an_amendment_that_gives_what_stands_is_refused(self) -> None:
        before = observation(S.FINALIZED)
        same = Amendment("no reason at all", before.scores[:1], UUID(int=4))
        with pytest.raises(AmendmentChangesNothing):
            amend(before, RUBRIC, same, now=NOON)

    def test_can_move_the_day_of_the_visit_but_not_into_the_future(self) -> None:
        after, event = amend(observation(S.AMENDED), RUBRIC, self.correction(observed_on=date(2020, 6, 1)), now=NOON)
        assert (after.observed_on, event.school_year) == (date(2020, 6, 1), "2019-20")
        with pytest.raises(ObservedInFuture):
            amend(observation(S.AMENDED), RUBRIC, self.correction(observed_on=TOMORROW), now=NOON)


def test_a_cancelled_visit_keeps_why_and_by_whom() -> None:
    after = cancel(observation(), reason="the educator is ill", by=UUID(int=9), now=NOON)
    assert (after.state, after.reason, after.changed_by, after.version) == (
        S.CANCELLED,
        "the educator is ill",
        UUID(int=9),
        0,
    )


def test_scores_come_in_the_rubrics_order_whatever_order_they_were_given_in() -> None:
    assert in_order(scored()[::-1], RUBRIC) == scored()


class TestGrowth:
    entry = GrowthEntry(UUID(int=2), "2020-21", "nwea-map", Decimal("63.5"), 48)
    known = GrowthScore(UUID(int=7), UUID(int=2), "2020-21", "nwea-map", Decimal("63.50"), 48, 3)

    def test_the_same_percentage_changes_nothing(self) -> None:
        assert take_entry(self.known, self.entry, new_id=UUID(int=8)) == self.known

    def test_another_percentage_is_the_next_version_under_the_same_id(self) -> None:
        after = take_entry(self.known, replace(self.entry, percent_met=Decimal(64)), new_id=UUID(int=8))
        assert (after.growth_id, after.version) == (UUID(int=7), 4)
        assert growth_event(after).percent_met == "64"

    def test_another_number_of_students_is_no_new_version_since_it_is_not_published(self) -> None:
        after = take_entry(self.known, replace(self.entry, students=50), new_id=UUID(int=8))
        assert (after.students, after.version) == (50, 3)

    @pytest.mark.parametrize(
        ("number", "text"), [("63.50", "63.5"), ("100.00", "100"), ("0", "0"), ("10", "10"), ("1E+1", "10")]
    )
    def test_a_number_has_one_spelling(self, number: str, text: str) -> None:
        assert plain(Decimal(number)) == text
