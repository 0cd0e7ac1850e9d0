"""Random histories of educators, and campuses, for random plans: few values, and every border among them."""

from random import Random

from services.compensation.policy.cases.events import (
    DIMENSIONS,
    attribute,
    award,
    growth,
    observation,
    placement,
    rating,
    revoked,
    roster,
    slo,
)
from tests.support.random_plans import CAMPUS_NUMBERS, CUT_OFF_BORDERS, LEAVE, OFFERS, TEAMS, WORDS
from tests.support.reference import Event

CAMPUSES = ["campus-1", "campus-2", "campus-3"]
_DAYS = ["2020-08-31", "2020-09-01", "2020-12-01", "2021-01-15", "2021-01-16", "2021-04-30", "2021-05-31", "2021-06-30"]
_BEGUN = ["2014-08-01", "2019-01-15", "2020-01-15", "2020-08-03", "2020-11-01"]
_PERCENTS = ["0", "12.5", "50", "63.5", "90.25", "100"]
_MOMENTS = ["2019-11-05T12:00:00Z", "2020-09-01T12:00:00Z", "2021-05-31T20:59:59Z", "2021-07-02T00:00:00Z"]
_CREDENTIALS = ["mc-a", "mc-b", "mc-c"]
_QUALITIES = ["2", "2.75", "3.333333", "4"]


def random_campuses(rng: Random) -> dict[str, dict[str, str]]:
    """What is kept of each campus, of some nothing and of some no number."""
    values = ["0", "0.5", "1.37", "3", "4", "n/a"]
    return {campus: {code: rng.choice(values) for code in CAMPUS_NUMBERS if rng.random() < 0.8} for campus in CAMPUSES}


def random_history(rng: Random) -> list[Event]:
    """All that was ever published about one educator, in any order; now and then about somebody not on the roster."""
    events = [_roster(rng)] if rng.random() < 0.97 else []
    events += [_observation(rng, number) for number in range(rng.randint(0, 4))]
    events += [
        growth(number, rng.choice(_PERCENTS), year=_year(rng), measure=rng.choice(["nwea-map", "staar"]))
        for number in range(rng.randint(0, 3))
    ]
    for number in range(rng.randint(0, 4)):
        score, attained = rng.choice([None, 1, 2, 3, 4, 5]), rng.choice([None, *_PERCENTS])
        day, at, year = rng.choice(_DAYS), rng.choice([None, *CUT_OFF_BORDERS]), _year(rng)
        events.append(
            slo(
                number,
                score,
                approved_on=day,
                approved_at=at,
                attainment=attained,
                year=year,
                quality=rng.choice(_QUALITIES),
            )
        )
    for number in range(rng.randint(0, 4)):
        given = award(number, rng.choice(_CREDENTIALS), at=rng.choice(_MOMENTS))
        events.append(given)
        if rng.random() < 0.1:
            events.append(revoked(given))
    for year in ("2018-19", "2019-20", "2020-21"):
        if rng.random() < 0.6:
            events.append(rating(year, rng.randint(1, 5), score=rng.choice(["1", "2.5", "3.333333", "4"])))
    events += _attributes(rng)
    events += _placements(rng)
    rng.shuffle(events)
    return events


def _year(rng: Random) -> str:
    return rng.choice(["2020-21", "2020-21", "2020-21", "2019-20", "2019-20", "2018-19", "2021-22"])


def _roster(rng: Random) -> Event:
    parts = [
        {
            "role": rng.choice(["teacher", "teacher", "instructional_coach", "principal", "other"]),
            "group": rng.choice(["tested", "non_tested", "none"]),
            "fte": rng.choice(["1.00", "1.00", "0.5", "0.333333"]),
            "from": rng.choice(_BEGUN),
            "to": rng.choice([None, None, None, "2021-01-14", "2021-03-31"]),
            "campus": rng.choice(CAMPUSES),
            "district": rng.choice(["district-1", "district-2"]),
        }
        for _ in range(rng.choice([1, 1, 1, 2]))
    ]
    hired_on = rng.choice([None, "2015-08-03", "2015-08-04", "2020-10-01", "2020-10-02"])
    return roster(*parts, hired_on=hired_on)


def _observation(rng: Random, name: int) -> Event:
    levels = {
        domain: [rng.randint(1, 4) for _ in range(rng.randint(1, count))]
        for domain, count in DIMENSIONS.items()
        if rng.random() < 0.8
    }
    day, at = rng.choice(_DAYS), rng.choice([None, *CUT_OFF_BORDERS])
    return observation(name, levels, on=day, finalized_at=at, year=_year(rng))


def _attributes(rng: Random) -> list[Event]:
    events = []
    for year in ("2018-19", "2019-20", "2020-21", "2021-22"):
        for code, words in WORDS.items():
            if rng.random() < 0.6:
                events.append(attribute(code, rng.choice([*words, "other"]), year=year))
        if rng.random() < 0.8:
            # Kept item by item, it says nothing of a team.
            item = rng.choice([None, None, None, None, "a"])
            events.append(attribute("team", rng.choice([*TEAMS, *TEAMS, "7"]), item=item, year=year))
        away = [item for item in LEAVE if rng.random() < 0.3]
        events += [attribute("absence_days", rng.choice(["0.5", "2", "5"]), item=item, year=year) for item in away]
        for offer in OFFERS:
            if rng.random() < 0.7:
                answer = rng.choice(["accepted", "accepted", "declined", "other"])
                events.append(attribute("offer", answer, item=offer, year=year))
        if rng.random() < 0.6:
            events.append(attribute("salary", rng.choice(["50000", "61234.56", "none", "0.005"]), year=year))
        if rng.random() < 0.6:
            events.append(attribute("level", rng.choice(["1", "2.5", "3", "-0.5", "3.3333333"]), year=year))
    return events


def _placements(rng: Random) -> list[Event]:
    """On the plan's own ladder and another one, of rungs that may not be there any more."""
    events = []
    for year in ("2016-17", "2018-19", "2019-20", "2020-21", "2021-22"):
        for kind in ("placed", "confirmed", "brought_along"):
            if rng.random() < 0.35:
                given = {
                    "ladder": rng.choice(["random", "random", "designation"]),
                    "through": rng.choice([None, "2019-20", "2020-21", "2024-25"]),
                    "reached": rng.choice([None, "r0"]) if kind == "placed" else None,
                    "by": rng.choice(["person", "board"]) if kind == "confirmed" else None,
                    "withdrawn": rng.random() < 0.1,
                    "lapsed": kind == "placed" and rng.random() < 0.1,
                }
                events.append(placement(rng.choice(["r0", "r1", "r2", "r3", "r9"]), year=year, kind=kind, **given))
    return events
