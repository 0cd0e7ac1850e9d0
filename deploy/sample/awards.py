"""Who earned which micro-credential when. What a provider makes of it on the wire is in `deliveries`."""

from bisect import bisect
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random

from deploy.sample.chance import quota, stream
from deploy.sample.model import Educator, Network, Person, Role
from deploy.sample.school_calendar import YEAR

PATHWAYS = {
    "master-teacher": (
        "mc-formative-assessment",
        "mc-questioning",
        "mc-differentiation",
        "mc-data-driven-instruction",
        "mc-action-research",
    ),
    "instructional-coach": (
        "mc-instructional-coaching",
        "mc-student-engagement",
        "mc-questioning",
        "mc-leading-teams",
    ),
    "school-leader": (
        "mc-leading-teams",
        "mc-data-driven-instruction",
        "mc-family-partnership",
        "mc-classroom-culture",
    ),
}
_OUTSIDE_ANY_PATHWAY = ("mc-project-based-learning", "mc-english-learners")
CREDENTIALS = tuple(dict.fromkeys([*(code for codes in PATHWAYS.values() for code in codes), *_OUTSIDE_ANY_PATHWAY]))

# About 4,000 awards for 3,752 educators; Harmony counted 815 by September 2020, two years after the start.
_AWARDS_AN_EDUCATOR = 4_000 / 3_752
_EARLIER_SHARE = 0.2
_PROGRAMME_BEGAN_ON = date(2018, 9, 4)
_LAST_DAY = date(2021, 6, 11)
_LAST_EARLIER_DAY = date(2020, 6, 30)
_EXPIRING_SHARE = 0.2
# More than the eight a year that a stipend is paid for.
_BUSIEST = 10
_APPETITE = {
    Role.TEACHER: 1.0,
    Role.INSTRUCTIONAL_COACH: 1.5,
    Role.ASSISTANT_PRINCIPAL: 0.9,
    Role.PRINCIPAL: 0.4,
    Role.INTERVENTIONIST: 0.6,
    Role.COUNSELOR: 0.3,
    Role.LIBRARIAN: 0.3,
    Role.AIDE: 0.1,
}


@dataclass(frozen=True, slots=True)
class Award:
    award_id: str
    person: Person
    credential: str
    awarded_at: datetime
    expires_at: datetime | None


@dataclass(slots=True)
class _Plan:
    """What one educator sets out to earn, in order, and how much of it comes to be."""

    educator: Educator
    credentials: list[str]
    count: int = 0


def build_awards(seed: int, network: Network) -> tuple[Award, ...]:
    """All awards to people of the roster and to strangers, in no order of time."""
    rng = stream(seed, "awards")
    plans = _plans(rng, network)
    awards = [award for plan in plans for award in _earned(rng, plan)]
    awards += [award for stranger in network.strangers for award in _earned_by_stranger(rng, stranger)]
    return tuple(awards)


def _plans(rng: Random, network: Network) -> list[_Plan]:
    plans = [_Plan(educator, _order(rng, educator.role)) for educator in network.educators]
    settled = [
        plan
        for plan in plans
        if plan.educator.role is Role.TEACHER
        and plan.educator.left_on is None
        and plan.educator.hired_on < date(2018, 9, 1)
    ]
    settled[0].count = _BUSIEST
    for plan, codes in zip(settled[1:], PATHWAYS.values(), strict=False):
        plan.credentials = [*codes, *(code for code in CREDENTIALS if code not in codes)]
        plan.count = len(codes)
    total = round(_AWARDS_AN_EDUCATOR * len(plans))
    # A few earn much and half earn nothing: the appetite is spread log-normally.
    bounds = list(accumulate(_APPETITE[plan.educator.role] * rng.lognormvariate(0.0, 1.1) for plan in plans))
    given = sum(plan.count for plan in plans)
    kept_apart = {id(plan) for plan in settled[: 1 + len(PATHWAYS)]}
    while given < total:
        plan = plans[min(bisect(bounds, rng.random() * bounds[-1]), len(plans) - 1)]
        if id(plan) not in kept_apart and plan.count < len(CREDENTIALS):
            plan.count += 1
            given += 1
    return plans


def _order(rng: Random, role: Role) -> list[str]:
    """Most follow a pathway first, the one that their role leads to; the others take what they like."""
    rest = list(CREDENTIALS)
    rng.shuffle(rest)
    if rng.random() < 0.3:
        return rest
    names = {
        Role.INSTRUCTIONAL_COACH: ("instructional-coach",),
        Role.ASSISTANT_PRINCIPAL: ("school-leader",),
        Role.PRINCIPAL: ("school-leader",),
    }.get(role, ("master-teacher", "master-teacher", "instructional-coach", "school-leader"))
    pathway = PATHWAYS[rng.choice(names)]
    return [*pathway, *(code for code in rest if code not in pathway)]


def _earned(rng: Random, plan: _Plan) -> list[Award]:
    """The awards of one educator, all within the employment."""
    educator = plan.educator
    last = min(educator.left_on or _LAST_DAY, _LAST_DAY)
    in_year_from = max(educator.hired_on, YEAR.begins_on)
    earlier_from = max(educator.hired_on, _PROGRAMME_BEGAN_ON)
    moments = []
    for _ in range(plan.count):
        is_earlier = plan.count != _BUSIEST and rng.random() < _EARLIER_SHARE
        if is_earlier and earlier_from <= _LAST_EARLIER_DAY:
            moments.append(_moment(rng, earlier_from, _LAST_EARLIER_DAY))
        else:
            moments.append(_moment(rng, in_year_from, last))
    return [
        _award(rng, educator.person, credential, moment)
        for credential, moment in zip(plan.credentials, sorted(moments), strict=False)
    ]


def _earned_by_stranger(rng: Random, person: Person) -> list[Award]:
    codes = rng.sample(CREDENTIALS, rng.randint(1, 3))
    return [_award(rng, person, code, _moment(rng, date(2021, 3, 15), date(2021, 5, 14))) for code in codes]


def _moment(rng: Random, first: date, last: date) -> datetime:
    """A second of a day from `first` to `last`, between 14:00 and 22:59 UTC, which is the same day in Texas."""
    offset = int(rng.random() * ((last - first).days + 1))
    seconds = 14 * 3600 + int(rng.random() * 9 * 3600)
    return datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(days=offset, seconds=seconds)


def _award(rng: Random, person: Person, credential: str, awarded_at: datetime) -> Award:
    expires_at = None
    if rng.random() < _EXPIRING_SHARE:
        expires_at = awarded_at + timedelta(days=730 if awarded_at.year < 2020 else 1095)
    return Award(f"bb-{rng.getrandbits(48):012x}", person, credential, awarded_at, expires_at)


def credly_awards(seed: int, network: Network, known: tuple[Award, ...]) -> tuple[Award, ...]:
    """A few dozen awards through a second provider, none of a credential that the same person holds already."""
    rng = stream(seed, "credly-awards")
    held: dict[str, set[str]] = {}
    for award in known:
        held.setdefault(award.person.employee_number, set()).add(award.credential)
    count = quota(36 / 3_752, len(network.educators), at_least=8)
    lasting = [educator for educator in network.educators if educator.left_on is None]
    awards = []
    for educator in rng.sample(lasting, count):
        free = [code for code in CREDENTIALS if code not in held.get(educator.employee_number, set())]
        if free:
            first = max(educator.hired_on, YEAR.begins_on)
            award = _award(rng, educator.person, rng.choice(free), _moment(rng, first, _LAST_DAY))
            awards.append(replace(award, expires_at=None))
    return tuple(awards)
