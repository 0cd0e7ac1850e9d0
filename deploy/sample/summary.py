"""Counts a sample, and tells in words what it is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.sample.deliveries import AWARDED, REVOKED
from deploy.sample.model import Sample
from deploy.sample.school_calendar import CONTRACT_BEGINS_ON


@dataclass(frozen=True, slots=True)
class TourCast:
    """Employee numbers of the people whom the delta roster is about."""

    newcomers: tuple[str, ...]
    formerly_unknown: str
    promoted: str
    resigned: str
    withdrawn: str


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """What was written: how many of each, and the size of each file in bytes (SAMPLE.md itself left out)."""

    seed: int
    districts: int
    campuses: int
    educators: int
    roles: Mapping[str, int]
    special_cases: Mapping[str, int]
    records: Mapping[str, int]
    file_bytes: Mapping[str, int]
    cast: TourCast


def summarise(sample: Sample, file_bytes: Mapping[str, int]) -> SampleSummary:
    network, delta = sample.network, sample.delta
    return SampleSummary(
        seed=sample.seed,
        districts=len(network.districts),
        campuses=len(network.campuses),
        educators=len(network.educators),
        roles=_roles(sample),
        special_cases=_special_cases(sample),
        records=_records(sample),
        file_bytes=file_bytes,
        cast=TourCast(
            newcomers=tuple(educator.employee_number for educator in delta.newcomers),
            formerly_unknown=delta.newcomers[0].employee_number,
            promoted=delta.promoted.employee_number,
            resigned=delta.resigned.employee_number,
            withdrawn=delta.withdrawn.employee_number,
        ),
    )


def _roles(sample: Sample) -> dict[str, int]:
    names: Counter[str] = Counter()
    for educator in sample.network.educators:
        if educator.classes:
            names["teacher, tested" if educator.is_tested else "teacher, non-tested"] += 1
        else:
            names[educator.role.value] += 1
    return dict(names.most_common())


def _special_cases(sample: Sample) -> dict[str, int]:
    educators = sample.network.educators
    totals = [sum(one.fte_hundredths for one in educator.assignments) for educator in educators]
    return {
        "part-time": sum(total < 100 for total in totals),
        "hired in mid-year": sum(educator.hired_on > CONTRACT_BEGINS_ON.replace(day=31) for educator in educators),
        "left in mid-year": sum(educator.left_on is not None for educator in educators),
        "on two campuses": sum(len(educator.assignments) == 2 for educator in educators),
        "unknown to the roster": len(sample.network.strangers),
    }


def _records(sample: Sample) -> dict[str, int]:
    lines = Counter(delivery.webhook_id for delivery in sample.bloomboard)
    kinds = Counter({delivery.webhook_id: delivery.body["type"] for delivery in sample.bloomboard}.values())
    return {
        "classes": sum(len(educator.classes) for educator in sample.network.educators),
        "observations": len(sample.observations),
        "growth scores": len(sample.growth_scores),
        "SLOs": len(sample.slos),
        "SLOs not approved": sum(slo.approved_on is None for slo in sample.slos),
        "SLOs approved but not scored": sum(
            slo.approved_on is not None and slo.scored_on is None for slo in sample.slos
        ),
        "BloomBoard awards": kinds[AWARDED],
        "BloomBoard revocations": kinds[REVOKED],
        "BloomBoard revocations before their award": _revoked_first(sample),
        "BloomBoard calls made twice": sum(count - 1 for count in lines.values()),
        "Credly events": len(sample.credly),
    }


def _revoked_first(sample: Sample) -> int:
    seen: set[str] = set()
    early = 0
    for delivery in sample.bloomboard:
        award_id = delivery.body["data"]["award_id"]
        if delivery.body["type"] == AWARDED:
            seen.add(award_id)
        else:
            early += award_id not in seen
    return early


def describe(summary: SampleSummary) -> str:
    """The text of SAMPLE.md."""
    cast = summary.cast
    return f"""# The sample network, school year 2020-21

Everything in this folder is invented: every person, name, address, campus, score and award. It was drawn by chance
from seed {summary.seed}; the same seed and size give the same bytes. Only the size is real: 7 districts, 58 campuses
and 3,752 educators is how large Harmony Public Schools was in 2020. There are no students in it. `example.org` is
reserved for examples, and nobody receives mail there. The H-TESS scores and the credentials are illustrative.

{summary.districts} districts, {summary.campuses} campuses, {summary.educators:,} educators.

## People
{_table("role", summary.roles)}

Among them:
{_table("case", summary.special_cases)}

## Their year
{_table("record", summary.records)}

## Files
{_table("file", summary.file_bytes, unit="bytes")}

- `roster.zip`: OneRoster 1.2 CSV, bulk. End dates are exclusive, as OneRoster has them: an `endDate` is the first day
  on which the role is over. A class or course runs in both semesters unless it names one.
- `roster-delta.zip`: OneRoster 1.2 CSV, delta, taken on 2021-05-24: {len(cast.newcomers)} newcomers
  ({", ".join(cast.newcomers)}), of whom {cast.formerly_unknown} already holds awards that came for a person unknown to
  the roster; {cast.promoted} goes from teacher to instructional coach; {cast.resigned} resigns (end dates);
  {cast.withdrawn} is withdrawn (rows `tobedeleted`).
- `observations.ndjson`, `growth-scores.csv`, `slos.ndjson`: the bodies of the bulk doors, a line each. A principal is
  appraised by the principal of a neighbouring campus, everyone else on their own campus.
- `awards-bloomboard.ndjson`, `awards-credly.ndjson`: a webhook call a line, `webhook_id` and `body`, in the order of
  arrival. Some calls come twice, and some revocations come before their award.
"""


def _table(title: str, numbers: Mapping[str, int], *, unit: str = "number") -> str:
    rows = "\n".join(f"| {name} | {number:,} |" for name, number in numbers.items())
    return f"| {title} | {unit} |\n|---|---:|\n{rows}"
