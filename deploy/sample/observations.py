"""Classroom observations of the sample year, scored on the illustrative H-TESS rubric, version 1."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from deploy.sample.appraisers import Appraisers
from deploy.sample.chance import clipped, stream
from deploy.sample.model import Educator, Network, Observation, Score
from deploy.sample.school_calendar import school_days, weekday_from

RUBRIC = "h-tess"
RUBRIC_VERSION = 1

# Dimension code and how a sentence of evidence names what was seen.
_SEEN = {
    "learning_objectives": "The learning objective",
    "content_knowledge": "Explanation of the content",
    "questioning_and_discussion": "The use of questions and discussion",
    "student_engagement": "Engagement in the task",
    "use_of_assessment": "Checking for understanding",
    "differentiation": "Support at different levels",
    "classroom_culture": "The tone of the classroom",
    "classroom_management": "The handling of routines and transitions",
    "growth_goals": "The growth goal for the class",
    "progress_monitoring": "Progress monitoring",
    "planning_and_reflection": "Planning with reflection",
    "family_communication": "Communication with families",
    "professional_learning": "Use of professional learning",
    "collaboration": "Work with the team",
}
DIMENSIONS = tuple(_SEEN)

_NOTED = {
    1: ("was not yet in place.", "was missing for most of the visit."),
    2: ("was in place for part of the visit.", "was begun but not carried through."),
    3: ("was clear and consistent.", "was in place throughout the visit."),
    4: ("was carried by the class itself.", "was a model that others could visit."),
}
_EVIDENCE = {
    (dimension, level): tuple(f"{seen} {noted}" for noted in endings)
    for dimension, seen in _SEEN.items()
    for level, endings in _NOTED.items()
}

_FIRST_DAY = date(2020, 9, 8)
_LAST_DAY = date(2021, 5, 14)
_FEWEST, _MOST = 3, 6

# Chosen so that about a quarter of the scores are basic, half proficient, a fifth distinguished and one in a hundred
# unsatisfactory, and so that two visits to one educator agree more than visits to two educators.
_MEAN_LEVEL = 2.95
_SPREAD_OF_QUALITY = 0.45
_SPREAD_OF_DIMENSION = 0.2
_SPREAD_OF_VISIT = 0.4
_SPREAD_OF_APPRAISER = 0.12
_GAIN_A_VISIT = 0.03


def build_observations(seed: int, network: Network, appraisers: Appraisers) -> tuple[Observation, ...]:
    """Three to six visits to every educator, each on a school day within the employment."""
    rng = stream(seed, "observations")
    leniency = {educator.employee_number: rng.gauss(0.0, _SPREAD_OF_APPRAISER) for educator in appraisers.everyone}
    observations: list[Observation] = []
    for educator in network.educators:
        observations += _visits(rng, educator, appraisers, leniency, len(observations))
    return tuple(observations)


def _visits(
    rng: Random, educator: Educator, appraisers: Appraisers, leniency: dict[str, float], before: int
) -> list[Observation]:
    days = school_days(max(educator.hired_on, _FIRST_DAY), min(educator.left_on or _LAST_DAY, _LAST_DAY))
    chosen = sorted(rng.sample(days, min(rng.randint(_FEWEST, _MOST), len(days))))
    strengths = [rng.gauss(0.0, _SPREAD_OF_DIMENSION) for _ in DIMENSIONS]
    formal = set(rng.sample(range(len(chosen)), 1 + (len(chosen) > 4)))
    visits = []
    for at, day in enumerate(chosen):
        campus = educator.assignments[at % len(educator.assignments)].campus
        appraiser = appraisers.choose(rng, educator, campus.identifier)
        base = _MEAN_LEVEL + _SPREAD_OF_QUALITY * educator.quality + leniency[appraiser] + _GAIN_A_VISIT * at
        visits.append(
            Observation(
                external_id=f"obs-2020-{before + at + 1:06d}",
                employee_number=educator.employee_number,
                campus=campus.identifier,
                observed_on=day,
                kind="formal" if at in formal else "walkthrough",
                announced=at in formal and rng.random() < 0.8,
                appraiser_employee_number=appraiser,
                finalized_at=_finalized_at(rng, day),
                scores=tuple(
                    _score(rng, dimension, base + strength)
                    for dimension, strength in zip(DIMENSIONS, strengths, strict=True)
                ),
            )
        )
    return visits


def _score(rng: Random, dimension: str, expected: float) -> Score:
    level = int(clipped(rng.gauss(expected, _SPREAD_OF_VISIT) + 0.5, 1, 4))
    sentences = _EVIDENCE[dimension, level]
    return Score(dimension, level, sentences[rng.random() < 0.5])


def _finalized_at(rng: Random, observed_on: date) -> datetime:
    """Within ten working days, as comparable systems ask for (T-TESS), in the afternoon in Texas."""
    day = weekday_from(observed_on + timedelta(days=rng.randint(1, 12)))
    return datetime(day.year, day.month, day.day, rng.randint(20, 22), rng.randint(0, 59), tzinfo=UTC)
