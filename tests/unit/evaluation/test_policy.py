"""The rules of evaluation: which classes are tested, how groups follow school years, how a year becomes a rating."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation import bootstrap
from services.evaluation.domain.growth import GrowthScore
from services.evaluation.domain.rating import RatingFacts, SeenObservation
from services.evaluation.domain.roster import Course, TaughtClass
from services.evaluation.policy.subject_groups import Stretch, is_tested, stretches
from services.evaluation.policy.summative import band_level, lacking, rate, rounded, rubric_of
from services.evaluation.schemas.rules import read_grid, read_rubrics
from shared.events.evaluation import SubjectGroup
from shared.kernel.period import SchoolYear

GRID = read_grid(bootstrap.TESTED_GRID)
BOOK = read_rubrics(bootstrap.RUBRICS)
RUBRIC = BOOK.get("h-tess", 1)
TESTED, NON_TESTED = SubjectGroup.TESTED, SubjectGroup.NON_TESTED
QUALITY, GROWTH, PROFESSIONAL = (one.code for one in RUBRIC.domains)


def taught(subjects: str, grades: str) -> TaughtClass:
    return TaughtClass(
        sourced_id="k",
        campus="c",
        course="course",
        terms=("t",),
        grades=tuple(grades.split(",")) if grades else (),
        subjects=tuple(subjects.split(",")) if subjects else (),
    )


class TestTestedClasses:
    @pytest.mark.parametrize(
        ("subject", "grade"),
        [
            *[(subject, grade) for subject in ("MATH", "Reading") for grade in ("03", "04", "05", "06", "07", "08")],
            *[("Science", "05"), ("Science", "08"), ("Social Studies", "08")],
            *[("Algebra I", "08"), ("Algebra I", "09"), ("BIO", "09"), ("English I", "09"), ("ENG2", "10")],
            *[("U.S. History", "11"), ("mathematics", "3"), ("ELAR", "3"), ("  english   i ", "09")],
        ],
    )
    def test_staar_tests_it(self, subject: str, grade: str) -> None:
        assert is_tested(GRID, taught(subject, grade), None)

    @pytest.mark.parametrize(
        ("subject", "grade"),
        [
            *[("MATH", "02"), ("MATH", "KG"), ("MATH", "09"), ("Reading", "02"), ("Science", "04"), ("Science", "06")],
            *[("Social Studies", "07"), ("Art", "05"), ("Algebra II", "10"), ("English III", "11"), ("Geometry", "09")],
            *[("World History", "10"), ("", "05"), ("MATH", "")],
        ],
    )
    def test_staar_does_not_test_it(self, subject: str, grade: str) -> None:
        assert not is_tested(GRID, taught(subject, grade), None)

    def test_one_tested_subject_of_a_homeroom_is_enough(self) -> None:
        assert is_tested(GRID, taught("Art,Music,Mathematics", "03"), None)

    def test_the_course_speaks_where_the_class_is_silent(self) -> None:
        course = Course(sourced_id="course", grades=("04",), subjects=("Math",))
        assert is_tested(GRID, taught("", ""), course)
        assert not is_tested(GRID, taught("Art", ""), course)
        assert not is_tested(GRID, taught("", "01"), course)


class TestStretches:
    y20, y21, y22 = SchoolYear(2019), SchoolYear(2020), SchoolYear(2021)

    def test_a_teacher_without_classes_is_not_tested(self) -> None:
        assert stretches(date(2018, 8, 1), None, {}) == [Stretch(date(2018, 8, 1), None, NON_TESTED)]

    def test_the_time_before_the_first_known_year_is_as_that_year(self) -> None:
        assert stretches(date(2015, 8, 1), None, {self.y21: TESTED}) == [Stretch(date(2015, 8, 1), None, TESTED)]

    def test_a_change_between_two_years_divides_the_assignment_on_the_first_of_july(self) -> None:
        found = stretches(date(2018, 8, 1), date(2022, 5, 27), {self.y21: TESTED, self.y22: NON_TESTED})
        assert found == [
            Stretch(date(2018, 8, 1), date(2021, 6, 30), TESTED),
            Stretch(date(2021, 7, 1), date(2022, 5, 27), NON_TESTED),
        ]

    def test_the_same_group_again_divides_nothing(self) -> None:
        groups = {self.y20: TESTED, self.y21: TESTED, self.y22: TESTED}
        assert stretches(date(2018, 8, 1), None, groups) == [Stretch(date(2018, 8, 1), None, TESTED)]

    def test_an_assignment_that_begins_after_the_change_has_only_its_own_part(self) -> None:
        groups = {self.y20: NON_TESTED, self.y21: TESTED}
        assert stretches(date(2020, 8, 3), None, groups) == [Stretch(date(2020, 8, 3), None, TESTED)]

    def test_an_assignment_that_ends_before_the_change_has_only_its_own_part(self) -> None:
        groups = {self.y20: NON_TESTED, self.y21: TESTED}
        ended = stretches(date(2019, 8, 3), date(2020, 5, 29), groups)
        assert ended == [Stretch(date(2019, 8, 3), date(2020, 5, 29), NON_TESTED)]

    @given(
        first=st.dates(date(2015, 1, 1), date(2024, 12, 31)),
        days=st.none() | st.integers(0, 2500),
        groups=st.dictionaries(st.integers(2016, 2023).map(SchoolYear), st.sampled_from([TESTED, NON_TESTED])),
    )
    def test_the_parts_cover_the_assignment_without_gap_or_overlap(
        self, first: date, days: int | None, groups: dict[SchoolYear, SubjectGroup]
    ) -> None:
        last = None if days is None else date.fromordinal(first.toordinal() + days)
        parts = stretches(first, last, groups)
        assert parts[0].begins_on == first
        assert parts[-1].ends_on == last
        for before, after in pairwise(parts):
            assert before.ends_on is not None
            assert after.begins_on.toordinal() == before.ends_on.toordinal() + 1
            assert before.group is not after.group


def seen(*levels: tuple[str, int], on: date = date(2020, 10, 1), number: int = 1) -> SeenObservation:
    return SeenObservation(UUID(int=number), 1, on, "h-tess", 1, levels)


def visits(quality: int, growth: int, professional: int) -> tuple[SeenObservation, ...]:
    levels = ((QUALITY, quality), (GROWTH, growth), (PROFESSIONAL, professional))
    return (seen(*levels), seen(*levels, number=2))


def grown(percent: str, measure: str = "nwea-map") -> GrowthScore:
    return GrowthScore(UUID(int=9), UUID(int=5), "2020-21", measure, Decimal(percent), 40)


class TestRating:
    def test_the_weighted_mean_of_the_domains_gives_the_name(self) -> None:
        rating = rate(RatingFacts(visits(4, 3, 2)), RUBRIC)
        assert rating is not None
        assert rating.domains == {QUALITY: Decimal("4.00"), GROWTH: Decimal("3.00"), PROFESSIONAL: Decimal("2.00")}
        # 0.6 x 4 + 0.2 x 3 + 0.2 x 2
        assert (rating.score, rating.name, rating.level) == (Decimal("3.40"), "proficient", 3)

    def test_every_level_given_counts_alike_whichever_visit_it_is_from(self) -> None:
        first = seen((QUALITY, 4), (QUALITY, 4), (QUALITY, 3), (GROWTH, 3), (PROFESSIONAL, 3))
        second = seen((QUALITY, 1), number=2)
        rating = rate(RatingFacts((first, second)), RUBRIC)
        assert rating is not None
        assert rating.domains[QUALITY] == Decimal("3.00")

    def test_measured_growth_stands_for_its_whole_domain(self) -> None:
        rating = rate(RatingFacts(visits(3, 1, 3), (grown("70"), grown("54.99", "staar"))), RUBRIC)
        assert rating is not None
        assert rating.domains[GROWTH] == Decimal("3.00")

    def test_thirds_are_rounded_half_up_at_two_places(self) -> None:
        levels = ((QUALITY, 3), (QUALITY, 3), (QUALITY, 2), (GROWTH, 3), (PROFESSIONAL, 3))
        rating = rate(RatingFacts((seen(*levels), seen(*levels, number=2))), RUBRIC)
        assert rating is not None
        assert rating.domains[QUALITY] == Decimal("2.67")

    def test_the_overall_score_is_worked_out_from_the_rounded_domain_scores(self) -> None:
        # 2.375 is rounded to 2.38 first: 0.6 x 2.38 + 0.4 x 2 = 2.228, and not 2.225.
        levels = ((QUALITY, 3), (QUALITY, 2), (QUALITY, 2), (QUALITY, 2), (GROWTH, 2), (PROFESSIONAL, 2))
        more = ((QUALITY, 3), (QUALITY, 3), (QUALITY, 2), (QUALITY, 2))
        rating = rate(RatingFacts((seen(*levels), seen(*more, number=2))), RUBRIC)
        assert rating is not None
        assert (rating.domains[QUALITY], rating.score) == (Decimal("2.38"), Decimal("2.23"))

    def test_what_is_lacking_is_named_and_nothing_is_rated(self) -> None:
        facts = RatingFacts((seen((QUALITY, 3), (PROFESSIONAL, 3)),))
        assert lacking(facts, RUBRIC) == ["finalized observations: 1 of 2", f"scores in the domain {GROWTH}"]
        assert rate(facts, RUBRIC) is None

    def test_growth_fills_a_domain_that_nobody_scored(self) -> None:
        levels = ((QUALITY, 3), (PROFESSIONAL, 3))
        assert rate(RatingFacts((seen(*levels), seen(*levels, number=2)), (grown("60"),)), RUBRIC) is not None

    def test_the_years_rubric_is_that_of_its_latest_observation(self) -> None:
        assert rubric_of(RatingFacts(visits(3, 3, 3)), BOOK) is RUBRIC
        assert rubric_of(RatingFacts(), BOOK) is RUBRIC

    @pytest.mark.parametrize(
        ("score", "level"),
        [("1.00", 1), ("1.74", 1), ("1.75", 2), ("2.49", 2), ("2.50", 3), ("3.49", 3), ("3.50", 4), ("4.00", 4)],
    )
    def test_a_band_begins_at_its_value(self, score: str, level: int) -> None:
        assert band_level(RUBRIC.rating_bands, Decimal(score)) == level


@pytest.mark.parametrize(
    ("value", "text"),
    [(Fraction(1, 200), "0.01"), (Fraction(2345, 1000), "2.35"), (Fraction(2344999, 1000000), "2.34"), (3, "3.00")],
)
def test_halves_are_rounded_up(value: Fraction, text: str) -> None:
    assert str(rounded(Fraction(value))) == text


def test_the_tested_grid_names_its_law() -> None:
    assert "39.023" in GRID.source


def test_the_illustrative_rubric_says_that_it_is() -> None:
    assert RUBRIC.is_illustrative
    assert sum(domain.weight for domain in RUBRIC.domains) == 1
    assert len(RUBRIC.dimensions()) == 14
