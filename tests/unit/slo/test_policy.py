"""The approval rubric, the rating bands, and which campus answers for whose SLO."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.slo.bootstrap import read_rubric
from services.slo.domain.values import ReviewDecision
from services.slo.errors import RubricNotMet, RubricScoreUnknown
from services.slo.policy import (
    RATING_BANDS,
    ApprovalRubric,
    answers_for,
    attainment_percent,
    faults_of_past,
    judge,
    quality_score,
    rate,
)
from services.slo.settings import Settings
from shared.kernel.period import SchoolYear
from tests.support.slo import GOOD_SCORES, past

RUBRIC = read_rubric(Settings.model_fields["approval_rubric"].default)
TODAY = date(2021, 6, 1)


class TestRubric:
    def test_the_stored_rubric_has_the_agreed_criteria_and_says_that_it_is_illustrative(self) -> None:
        assert [criterion.code for criterion in RUBRIC.criteria] == ["goal", "evidence", "targets", "strategies"]
        assert (RUBRIC.lowest_level, RUBRIC.highest_level, RUBRIC.minimum_level_to_approve) == (1, 4, 2)
        assert RUBRIC.illustrative

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"minimum_level_to_approve": 5}, "not one of the levels"),
            ({"criteria": RUBRIC.criteria + RUBRIC.criteria[:1]}, "same code"),
            ({"highest_level": 5}, "each level once"),
        ],
    )
    def test_a_rubric_that_does_not_fit_together_is_refused(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            ApprovalRubric.model_validate(RUBRIC.model_dump() | changes)


class TestApproval:
    def test_all_criteria_at_the_minimum_are_enough(self) -> None:
        assert judge(RUBRIC, dict.fromkeys(GOOD_SCORES, 2), ReviewDecision.APPROVE) == Decimal("2.00")

    @pytest.mark.parametrize("criterion", list(GOOD_SCORES))
    def test_one_criterion_below_the_minimum_stands_against_it(self, criterion: str) -> None:
        with pytest.raises(RubricNotMet) as refused:
            judge(RUBRIC, GOOD_SCORES | {criterion: 1}, ReviewDecision.APPROVE)
        assert [error.pointer for error in refused.value.errors] == [f"/scores/{criterion}"]

    @pytest.mark.parametrize("criterion", list(GOOD_SCORES))
    def test_one_criterion_without_a_score_stands_against_it(self, criterion: str) -> None:
        scores = {code: level for code, level in GOOD_SCORES.items() if code != criterion}
        with pytest.raises(RubricNotMet) as refused:
            judge(RUBRIC, scores, ReviewDecision.APPROVE)
        assert [error.pointer for error in refused.value.errors] == [f"/scores/{criterion}"]

    @pytest.mark.parametrize("decision", list(ReviewDecision))
    @pytest.mark.parametrize(("criterion", "level"), [("goal", 0), ("goal", 5), ("voice", 3)])
    def test_a_score_that_is_not_of_the_rubric_is_refused_whatever_the_decision(
        self, decision: ReviewDecision, criterion: str, level: int
    ) -> None:
        with pytest.raises(RubricScoreUnknown) as refused:
            judge(RUBRIC, GOOD_SCORES | {criterion: level}, decision)
        assert [error.pointer for error in refused.value.errors] == [f"/scores/{criterion}"]

    def test_a_return_may_leave_criteria_open_and_has_no_quality_score_then(self) -> None:
        assert judge(RUBRIC, {"goal": 1}, ReviewDecision.RETURN) is None
        assert judge(RUBRIC, GOOD_SCORES | {"goal": 1}, ReviewDecision.RETURN) == Decimal("2.50")

    def test_the_quality_score_is_the_mean_to_two_places_with_halves_up(self) -> None:
        assert quality_score(RUBRIC, {"goal": 3, "evidence": 3, "targets": 2, "strategies": 3}) == Decimal("2.75")
        eight = RUBRIC.model_copy(
            update={"criteria": tuple(RUBRIC.criteria[0].model_copy(update={"code": f"c{n}"}) for n in range(8))}
        )
        scores = {f"c{n}": 2 for n in range(8)} | {"c0": 3}
        assert quality_score(eight, scores) == Decimal("2.13"), "2.125"


class TestRating:
    @pytest.mark.parametrize(
        ("percent", "rating"),
        [
            ("100.0", 5),
            ("90.0", 5),
            ("89.9", 4),
            ("80.0", 4),
            ("79.9", 3),
            ("70.0", 3),
            ("69.9", 2),
            ("60.0", 2),
            ("59.9", 1),
            ("0.0", 1),
        ],
    )
    def test_both_sides_of_each_edge(self, percent: str, rating: int) -> None:
        assert rate(Decimal(percent)) == rating

    def test_the_bands_fall_without_a_gap_to_zero(self) -> None:
        assert list(RATING_BANDS) == sorted(RATING_BANDS, reverse=True)
        assert RATING_BANDS[-1][0] == 0
        assert [rating for _, rating in RATING_BANDS] == [5, 4, 3, 2, 1]

    @pytest.mark.parametrize(
        ("met", "students", "percent"),
        [(0, 1, "0.0"), (1, 1, "100.0"), (2, 3, "66.7"), (1, 3, "33.3"), (1, 16, "6.3"), (1799, 2000, "90.0")],
    )
    def test_the_percentage_has_one_place_with_halves_up(self, met: int, students: int, percent: str) -> None:
        assert str(attainment_percent(met, students)) == percent

    def test_the_rating_follows_the_percentage_as_it_is_shown(self) -> None:
        assert rate(attainment_percent(1799, 2000)) == 5, "89.95 % is shown as 90.0 %"

    @settings(derandomize=True)
    @given(st.integers(1, 10_000).flatmap(lambda students: st.tuples(st.integers(0, students), st.just(students))))
    def test_the_integers_agree_with_exact_decimals(self, counts: tuple[int, int]) -> None:
        met, students = counts
        exact = (Decimal(100 * met) / students).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
        assert attainment_percent(met, students) == exact


class TestCampus:
    YEAR = SchoolYear(2020)

    @pytest.mark.parametrize(
        ("last_years", "answers"),
        [
            ([], False),
            ([None], True),
            ([SchoolYear(2019)], False),
            ([SchoolYear(2020)], True),
            ([SchoolYear(2021)], True),
            ([SchoolYear(2019), None], True),
        ],
    )
    def test_a_campus_answers_for_the_years_up_to_the_last_one_there(
        self, last_years: list[SchoolYear | None], answers: bool
    ) -> None:
        assert answers_for(last_years, self.YEAR) is answers


class TestPast:
    def test_a_line_that_can_be_true_has_no_fault(self) -> None:
        assert faults_of_past(RUBRIC, past(), today=TODAY) == []
        never_approved = past(
            scores=dict.fromkeys(GOOD_SCORES, 1), approved_on=None, attainment_percent=None, scored_on=None
        )
        assert faults_of_past(RUBRIC, never_approved, today=TODAY) == []

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"scores": GOOD_SCORES | {"goal": 1}}, "/quality_scores/goal"),
            ({"scores": GOOD_SCORES | {"goal": 5}}, "/quality_scores/goal"),
            ({"scores": GOOD_SCORES | {"voice": 2}}, "/quality_scores/voice"),
            ({"scores": {"goal": 2, "evidence": 2, "targets": 2}}, "/quality_scores/strategies"),
            ({"approved_on": date(2020, 9, 13)}, "/approved_on"),
            ({"approved_on": None}, "/approved_on"),
            ({"attainment_percent": None}, "/attainment_percent"),
            ({"scored_on": None}, "/scored_on"),
            ({"scored_on": date(2020, 9, 20)}, "/scored_on"),
            ({"scored_on": TODAY + timedelta(days=1)}, "/scored_on"),
        ],
    )
    def test_what_cannot_be_true_is_named_by_its_field(self, changes: dict[str, Any], pointer: str) -> None:
        assert [fault.pointer for fault in faults_of_past(RUBRIC, past(**changes), today=TODAY)] == [pointer]
