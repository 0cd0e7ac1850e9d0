"""What changed at the end of the sample year, after the bulk roster was taken: the cast of the tours."""

from collections import defaultdict
from dataclasses import replace
from datetime import date
from itertools import islice

from deploy.sample.chance import stream
from deploy.sample.model import Delta, Educator, Network, Role
from deploy.sample.names import people
from deploy.sample.people import later_hire

TAKEN_ON = date(2021, 5, 24)
_LAST_DAY_AS_TEACHER = date(2021, 5, 14)
_FIRST_DAY_AS_COACH = date(2021, 5, 17)
_RESIGNED_ON = date(2021, 5, 21)
# The first newcomer worked for weeks before anyone told the roster: awards came for a stranger in the meantime.
_HIRED_ON = (date(2021, 3, 8), date(2021, 5, 10), date(2021, 5, 17))


def build_delta(seed: int, network: Network) -> Delta:
    """Three newcomers, a teacher who becomes a coach, one who resigns and one whom the roster takes back."""
    rng = stream(seed, "delta")
    steady = [educator for educator in network.educators if _is_steady(educator)]
    untested = [educator for educator in steady if not educator.is_tested]
    promoted, resigned, withdrawn = rng.sample(steady, 3)
    already = len(network.educators) + len(network.strangers)
    unheard_of = islice(people(seed), already, already + len(_HIRED_ON) - 1)
    # Their classes are counted from 900, clear of every number that the bulk roster gave.
    sections: dict[str, int] = defaultdict(lambda: 900)
    newcomers = tuple(
        later_hire(person, pattern, hired_on, sections)
        for person, pattern, hired_on in zip(
            [network.strangers[0], *unheard_of], rng.sample(untested, len(_HIRED_ON)), _HIRED_ON, strict=True
        )
    )
    return Delta(newcomers, _promoted(promoted), _resigned(resigned), withdrawn)


def _is_steady(educator: Educator) -> bool:
    """A teacher on one campus, full time, there since before the year and to its end."""
    return (
        educator.role is Role.TEACHER
        and educator.left_on is None
        and educator.hired_on < date(2020, 8, 1)
        and len(educator.assignments) == 1
        and educator.assignments[0].fte_hundredths == 100
    )


def _promoted(educator: Educator) -> Educator:
    as_teacher = replace(educator.assignments[0], ends_on=_LAST_DAY_AS_TEACHER)
    as_coach = replace(
        educator.assignments[0],
        identifier=f"role-{educator.employee_number}-2",
        role=Role.INSTRUCTIONAL_COACH,
        begins_on=_FIRST_DAY_AS_COACH,
        ends_on=None,
    )
    classes = tuple(replace(taught, ends_on=_LAST_DAY_AS_TEACHER) for taught in educator.classes)
    return replace(educator, role=Role.INSTRUCTIONAL_COACH, assignments=(as_teacher, as_coach), classes=classes)


def _resigned(educator: Educator) -> Educator:
    assignment = replace(educator.assignments[0], ends_on=_RESIGNED_ON)
    classes = tuple(replace(taught, ends_on=_RESIGNED_ON) for taught in educator.classes)
    return replace(educator, left_on=_RESIGNED_ON, assignments=(assignment,), classes=classes)
