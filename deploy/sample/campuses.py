"""Districts, campuses, and how many people work on each in which role. The numbers add up exactly."""

from dataclasses import dataclass

from deploy.sample.chance import stream
from deploy.sample.curriculum import Band
from deploy.sample.model import Campus, District, Role

# Harmony's size in 2020: 7 districts, 58 campuses, 3,752 educators.
_FULL_EDUCATORS = 3_752
_FULL_CAMPUSES = 58
_FULL_DISTRICTS = 7

_FEWEST_ON_CAMPUS = 12
_FEWEST_CAMPUSES = 4
FEWEST_EDUCATORS = _FEWEST_ON_CAMPUS * _FEWEST_CAMPUSES

_PARTS = ("North", "South", "East", "West", "Central", "Lakes", "Hills")
# Neighbours in this order share grades, so that people can serve two campuses of a district even in a small sample.
_BANDS = (Band.ELEMENTARY, Band.K8, Band.MIDDLE, Band.HIGH, Band.ELEMENTARY)
_RELATIVE_SIZE = {Band.ELEMENTARY: 1.0, Band.K8: 1.25, Band.MIDDLE: 0.95, Band.HIGH: 1.15}
_TEACHERS_SHARE = 0.75
_SUPPORT_CYCLE = (Role.COUNSELOR, Role.AIDE, Role.INTERVENTIONIST, Role.AIDE, Role.LIBRARIAN, Role.AIDE)


@dataclass(frozen=True, slots=True)
class Staffing:
    """The posts of one campus."""

    campus: Campus
    roles: tuple[Role, ...]


def build_staffing(seed: int, educators: int) -> tuple[Staffing, ...]:
    """Campuses with their posts, `educators` of them in all. Raises ValueError below the smallest network."""
    if educators < FEWEST_EDUCATORS:
        raise ValueError(f"A sample network needs at least {FEWEST_EDUCATORS} educators, not {educators}.")
    campuses = _campuses(educators)
    headcounts = _headcounts(seed, campuses, educators)
    rng = stream(seed, "staffing")
    return tuple(
        Staffing(campus, _roles(headcount, spread=rng.choice((-8, 0, 8))))
        for campus, headcount in zip(campuses, headcounts, strict=True)
    )


def _campuses(educators: int) -> tuple[Campus, ...]:
    count = max(_FEWEST_CAMPUSES, round(_FULL_CAMPUSES * educators / _FULL_EDUCATORS))
    district_count = max(2, round(_FULL_DISTRICTS * count / _FULL_CAMPUSES))
    districts = [
        District(f"D{number + 1}", f"Sample District {_PARTS[number] if number < len(_PARTS) else number + 1}")
        for number in range(district_count)
    ]
    campuses = []
    for number in range(count):
        band = _BANDS[number % len(_BANDS)]
        name = f"Sample Campus {number + 1:02d} {band.value}"
        campuses.append(Campus(f"C{number + 1:03d}", name, band, districts[number * district_count // count]))
    return tuple(campuses)


def _headcounts(seed: int, campuses: tuple[Campus, ...], educators: int) -> list[int]:
    """Split `educators` by relative size, with the largest remainders rounded up so that nobody is lost."""
    rng = stream(seed, "headcounts")
    weights = [_RELATIVE_SIZE[campus.band] * rng.uniform(0.7, 1.3) for campus in campuses]
    to_share = educators - _FEWEST_ON_CAMPUS * len(campuses)
    shares = [to_share * weight / sum(weights) for weight in weights]
    counts = [int(share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda at: counts[at] - shares[at])
    for at in by_remainder[: to_share - sum(counts)]:
        counts[at] += 1
    return [_FEWEST_ON_CAMPUS + count for count in counts]


def _one_to_three(headcount: int) -> int:
    return 1 + (headcount > 45) + (headcount > 75)


def _roles(headcount: int, *, spread: int) -> tuple[Role, ...]:
    """One principal, one to three assistant principals and coaches by size, three quarters teachers, then support."""
    assistants = _one_to_three(headcount)
    coaches = _one_to_three(headcount + spread)
    teachers = min(round(_TEACHERS_SHARE * headcount), headcount - 1 - assistants - coaches)
    support = headcount - 1 - assistants - coaches - teachers
    return (
        Role.PRINCIPAL,
        *[Role.ASSISTANT_PRINCIPAL] * assistants,
        *[Role.INSTRUCTIONAL_COACH] * coaches,
        *[Role.TEACHER] * teachers,
        *(_SUPPORT_CYCLE[at % len(_SUPPORT_CYCLE)] for at in range(support)),
    )
