"""Random facts for the comparison of evaluators: few values, and every border among them."""

from typing import Any

from hypothesis import strategies as st

from services.compensation.policy.cases.events import (
    DIMENSIONS,
    award,
    growth,
    observation,
    rating,
    revoked,
    roster,
    slo,
)
from tests.support.reference import Event

_FINALIZED = [None, "2021-07-15T16:59:59.999999-05:00", "2021-07-15T17:00:00-05:00"]
_APPROVED = [None, "2020-12-01T22:59:59.999999Z", "2020-12-01T23:00:00Z"]
_DAYS = [
    "2020-07-15",
    "2020-08-16",
    "2020-08-17",
    "2020-09-01",
    "2020-10-31",
    "2020-12-01",
    "2020-12-02",
    "2021-01-15",
    "2021-01-16",
    "2021-02-28",
    "2021-03-01",
    "2021-03-02",
    "2021-04-30",
    "2021-05-01",
    "2021-05-28",
    "2021-05-31",
    "2021-06-05",
    "2021-06-06",
    "2021-06-30",
]
_MOMENTS = [
    "2019-03-01T12:00:00Z",
    "2020-07-01T03:59:59.999999Z",
    "2020-07-01T04:00:00Z",
    "2020-07-01T04:59:59Z",
    "2020-07-01T00:00:00-05:00",
    "2020-10-01T12:00:00.5Z",
    "2020-10-01T12:00:00Z",
    "2021-05-31T20:59:59Z",
    "2021-05-31T21:00:00Z",
    "2021-07-01T03:59:59Z",
    "2021-07-01T04:00:00Z",
    "2021-07-01T04:59:59.999999Z",
    "2021-07-01T05:00:00Z",
    "2022-02-02T02:02:02Z",
]
_CREDENTIALS = ["mc-a", "mc-b", "mc-c", "mc-d", "mc-e", "mc-leading-teams", "mc-data-driven-instruction"]
_PATHWAY = ["mc-leading-teams", "mc-data-driven-instruction", "mc-family-partnership", "mc-classroom-culture"]
_PERCENTS = ["0", "12.5", "49.999999", "50", "63.5", "90.25", "99.5", "99.500001", "100"]
_FTE = ["1.00", "1.00", "0.5", "0.333333", "0.6", "1.5", "-0.5", "0"]


def _some(draw: Any, values: list[Any]) -> Any:
    return draw(st.sampled_from(values))


def _roster(draw: Any) -> Event:
    if draw(st.booleans()):
        group = _some(draw, ["tested", "non_tested", "none"])
        return roster({"role": _some(draw, ["teacher", "principal"]), "group": group, "fte": _some(draw, _FTE)})
    parts = [
        {
            "role": _some(draw, ["teacher", "teacher", "principal", "instructional_coach", "other"]),
            "group": _some(draw, ["tested", "non_tested", "none"]),
            "fte": _some(draw, _FTE),
            "primary": _some(draw, [number == 0, True, False]),
            "from": _some(draw, ["2015-08-01", *_DAYS]),
            "to": _some(draw, [None, None, *_DAYS]),
        }
        for number in range(draw(st.integers(0, 3)))
    ]
    return roster(
        *parts,
        hired_on=_some(draw, [None, "2021-03-01", "2020-05-29", "2019-01-15", "2018-05-28", "2016-02-29"]),
        ended_on=_some(draw, [None, None, None, *_DAYS]),
    )


def _observation(draw: Any, name: int) -> Event:
    low = draw(st.integers(1, 4))
    domains = sorted(DIMENSIONS) if low > 1 else draw(st.lists(st.sampled_from(sorted(DIMENSIONS)), unique=True))
    levels = {
        domain: draw(st.lists(st.integers(low, 4), min_size=1, max_size=DIMENSIONS[domain])) for domain in domains
    }
    year = _some(draw, ["2020-21", "2020-21", "2020-21", "2019-20", "2021-22"])
    day, at = _some(draw, _DAYS), _some(draw, _FINALIZED)
    return observation(name, levels, on=day, finalized_at=at, year=year, version=draw(st.integers(1, 3)))


def _awards(draw: Any) -> list[Event]:
    events = []
    complete = _PATHWAY if draw(st.booleans()) else []
    for number, credential in enumerate([*complete, *draw(st.lists(st.sampled_from(_CREDENTIALS), max_size=9))]):
        given = award(number, credential, at=_some(draw, _MOMENTS), expires_at=_some(draw, [None, None, *_MOMENTS]))
        events.append(given)
        if draw(st.integers(0, 7)) == 0:
            events.append(revoked(given))
    return events


@st.composite
def histories(draw: Any) -> list[Event]:
    """All that was ever published about one educator, in any order, some of it twice."""
    events = [_roster(draw)] if draw(st.integers(0, 20)) else []
    events += [_observation(draw, number) for number in range(draw(st.integers(0, 4)))]
    for number in range(draw(st.integers(0, 2))):
        year = _some(draw, ["2020-21", "2020-21", "2019-20"])
        measure = _some(draw, ["nwea-map", "staar"])
        events.append(growth(number, _some(draw, _PERCENTS), year=year, measure=measure))
    for number in range(draw(st.integers(0, 3))):
        attainment = _some(draw, [None, *_PERCENTS])
        score = _some(draw, [None, 1, 2, 3, 4, 5])
        day, at = _some(draw, _DAYS), _some(draw, _APPROVED)
        events.append(slo(number, score, approved_on=day, approved_at=at, attainment=attainment))
    events += _awards(draw)
    for year in draw(st.lists(st.sampled_from(["2017-18", "2018-19", "2019-20", "2020-21", "2021-22"]), unique=True)):
        for name in range(draw(st.integers(1, 2))):
            score = _some(draw, ["1", "2.5", "3.333333", "5"])
            events.append(rating(year, draw(st.integers(1, 5)), score=score, name=name))
    repeated = draw(st.lists(st.sampled_from(events), max_size=2)) if events else []
    published: list[Event] = draw(st.permutations(events + repeated))
    return published
