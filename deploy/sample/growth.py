"""How the year's learning was measured: growth scores for tested teachers, SLOs for the others.

Only class totals are made. There is no student here, not even an invented one.
"""

from datetime import date, timedelta
from random import Random

from deploy.sample.appraisers import Appraisers
from deploy.sample.chance import clipped, day_between, quota, stream
from deploy.sample.curriculum import Course
from deploy.sample.model import Educator, GrowthScore, Network, Role, Slo
from deploy.sample.school_calendar import FALL, SPRING, Session, weekday_from

MAP = "nwea-map"
STAAR = "staar"

_MISSING_SHARE = 0.02
_BOTH_MEASURES_SHARE = 0.05
_MAP_SHARE = 0.75
# Someone who came after this day has no class to answer for over the whole year.
_LAST_START_OF_A_YEAR = date(2020, 10, 30)

_SKILLS = (
    "explaining a method in their own words",
    "using evidence to support an answer",
    "planning and revising a piece of work",
    "applying the core skills of the course to a new task",
    "using the vocabulary of the subject precisely",
)
_NOT_APPROVED_SHARE = 0.03
_NOT_SCORED_SHARE = 0.02


def build_growth_scores(seed: int, network: Network) -> tuple[GrowthScore, ...]:
    """Scores of the tested teachers who were there from the autumn to the end; a few are missing, as in any year."""
    rng = stream(seed, "growth")
    tested = [educator for educator in network.educators if educator.is_tested]
    whole_year = [
        educator for educator in tested if educator.left_on is None and educator.hired_on <= _LAST_START_OF_A_YEAR
    ]
    settled = [at for at, educator in enumerate(whole_year) if educator.hired_on <= FALL.begins_on]
    missing = set(rng.sample(settled, quota(_MISSING_SHARE, len(whole_year))))
    scores: list[GrowthScore] = []
    for at, educator in enumerate(whole_year):
        if at not in missing:
            scores += [_growth_score(rng, educator, measure) for measure in _measures(rng, educator)]
    return tuple(scores)


def _measures(rng: Random, educator: Educator) -> tuple[str, ...]:
    """End-of-course tests are STAAR; grades 3 to 8 are mostly seen through MAP, some through both."""
    if any(taught.course.is_end_of_course for taught in educator.classes):
        return (STAAR,)
    if rng.random() < _BOTH_MEASURES_SHARE:
        return (MAP, STAAR)
    return (MAP,) if rng.random() < _MAP_SHARE else (STAAR,)


def _growth_score(rng: Random, educator: Educator, measure: str) -> GrowthScore:
    students = sum(rng.randint(15, 24) for _ in educator.classes)
    share = clipped(0.56 + 0.11 * educator.quality + rng.gauss(0.0, 0.09), 0.05, 0.98)
    return GrowthScore(educator.employee_number, measure, students, round(students * share))


def percent(part: int, whole: int) -> str:
    """A share as a percentage with one decimal place, halves rounded up; integers only, so no float can differ."""
    tenths = (2000 * part + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}"


def build_slos(seed: int, network: Network, appraisers: Appraisers) -> tuple[Slo, ...]:
    """One objective a year for each non-tested teacher, or one a semester where the course ends at mid-year."""
    rng = stream(seed, "slos")
    planned = [
        (educator, interval)
        for educator in network.educators
        if educator.role is Role.TEACHER and not educator.is_tested
        for interval in _intervals(educator)
    ]
    refused = set(rng.sample(range(len(planned)), quota(_NOT_APPROVED_SHARE, len(planned))))
    open_ones = [at for at in range(len(planned)) if at not in refused]
    unscored = set(rng.sample(open_ones, quota(_NOT_SCORED_SHARE, len(planned))))
    slos = []
    for at, (educator, interval) in enumerate(planned):
        slo = _submitted(rng, educator, interval, appraisers, at + 1)
        if at not in refused:
            slo = _approved(rng, slo, educator, is_scored=at not in unscored)
        slos.append(slo)
    return tuple(slos)


def _intervals(educator: Educator) -> tuple[str, ...]:
    if educator.classes[0].course.by_semester:
        taught = {term for one in educator.classes for term in one.terms}
        sessions = (("semester_1", FALL), ("semester_2", SPRING))
        return tuple(interval for interval, session in sessions if session.identifier in taught)
    return ("year",) if educator.hired_on <= _LAST_START_OF_A_YEAR else ("semester_2",)


def _session(interval: str) -> Session:
    return SPRING if interval == "semester_2" else FALL


def _goal(rng: Random, course: Course, interval: str) -> str:
    by_when = "December" if interval == "semester_1" else "May"
    return (
        f"By {by_when}, classes in {course.title} grow in {rng.choice(_SKILLS)}, "
        "measured by the common performance task at the start and at the end."
    )


def _submitted(rng: Random, educator: Educator, interval: str, appraisers: Appraisers, number: int) -> Slo:
    """An objective that was handed in and returned: a weak element or two, not approved."""
    course = educator.classes[0].course
    opens = max(_session(interval).begins_on, educator.hired_on) + timedelta(days=10)
    scores = {name: rng.choice((1, 1, 2)) for name in ("goal", "evidence", "targets", "strategies")}
    return Slo(
        external_id=f"slo-2020-{number:05d}",
        employee_number=educator.employee_number,
        interval=interval,
        subject=course.subjects[0].name,
        learning_goal=_goal(rng, course, interval),
        quality_scores=scores,
        submitted_on=weekday_from(opens + timedelta(days=rng.randint(0, 21 if interval == "year" else 7))),
        approved_on=None,
        reviewer_employee_number=appraisers.choose(rng, educator, educator.home.identifier),
        attainment_percent=None,
        scored_on=None,
    )


def _approved(rng: Random, slo: Slo, educator: Educator, *, is_scored: bool) -> Slo:
    """The same objective approved, and scored unless the teacher left before its end or it was left undone."""
    expected = 3.0 + 0.4 * educator.quality
    quality = {name: int(clipped(rng.gauss(expected, 0.5) + 0.5, 2, 4)) for name in slo.quality_scores}
    if sum(quality.values()) < 10:
        quality["goal"] = quality["targets"] = 3
    approved_on = weekday_from(slo.submitted_on + timedelta(days=rng.randint(2, 12)))
    first, last = (
        (date(2020, 12, 7), date(2020, 12, 18))
        if slo.interval == "semester_1"
        else (date(2021, 4, 26), date(2021, 5, 21))
    )
    scored_on = weekday_from(day_between(rng, first, last))
    share = clipped(0.74 + 0.1 * educator.quality + rng.gauss(0.0, 0.09), 0.1, 1.0)
    students = rng.randint(18, 90)
    is_there = educator.left_on is None or educator.left_on >= scored_on
    # Whoever came in the middle of a semester has an objective for it that nobody could score any more.
    is_final = is_scored and is_there and approved_on < scored_on
    return Slo(
        external_id=slo.external_id,
        employee_number=slo.employee_number,
        interval=slo.interval,
        subject=slo.subject,
        learning_goal=slo.learning_goal,
        quality_scores=quality,
        submitted_on=slo.submitted_on,
        approved_on=approved_on,
        reviewer_employee_number=slo.reviewer_employee_number,
        attainment_percent=percent(round(students * share), students) if is_final else None,
        scored_on=scored_on if is_final else None,
    )
