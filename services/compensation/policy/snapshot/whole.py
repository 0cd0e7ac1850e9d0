"""A snapshot as a whole: all its files from the records of everybody, and the manifest that vouches for them."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.compensation.policy.snapshot.columns import Shown, educator_columns, reason_codes, values_of
from services.compensation.policy.snapshot.counts import Counts, counts_of
from services.compensation.policy.snapshot.files import (
    csv_bytes,
    dictionary_csv,
    dictionary_rows,
    json_bytes,
    parquet_bytes,
    parquet_writer,
)
from services.compensation.policy.snapshot.generalising import STEPS, generalised
from services.compensation.policy.snapshot.records import Record, Terms

NOT_IN_IT = (
    (
        "Attendance of professional learning communities, dosage of coaching, and micro-credentials that were begun "
        "but not awarded are kept by other services and do not reach this one."
    ),
    "Content of coaching is confidential between coach and teacher, and leaves nobody's hands.",
    "Students' data are not kept: growth and SLO attainment come as shares of students.",
    "Surveys and interviews are the evaluator's own.",
)


@dataclass(frozen=True, slots=True)
class Cover:
    """What the manifest says besides the files' own content."""

    number: int
    as_of: datetime
    suppress_below: int
    is_settled: bool


def snapshot_files(records: Sequence[Record], terms: Terms, cover: Cover) -> dict[str, bytes]:
    """The files by name. Rows stand in the order of their pseudonyms, which tells nothing of when anybody came."""
    plan, year = terms.plan, terms.plan.calendar.plan_year
    ordered = sorted(records, key=lambda one: one.pseudonym)
    traits = generalised([one.traits for one in ordered], cover.suppress_below)
    rows = [Shown(one, step, shown, year) for one, (step, shown) in zip(ordered, traits, strict=True)]
    columns = educator_columns(plan)
    named, values = [column for column, _ in columns], values_of(columns, rows)
    counts = counts_of(ordered, year, cover.suppress_below)
    dictionary = dictionary_rows([("educators", named), ("counts", counts.columns)])
    files = {
        "educators.csv": csv_bytes(named, values),
        "educators.parquet": parquet_bytes(named, values),
        "counts.csv": csv_bytes(counts.columns, counts.rows),
        "counts.parquet": parquet_bytes(counts.columns, counts.rows),
        "data_dictionary.csv": dictionary_csv(dictionary),
        "data_dictionary.json": json_bytes(dictionary),
    }
    files["manifest.json"] = json_bytes(_manifest(rows, counts, terms, cover, files))
    return files


def file_hash(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def _manifest(
    rows: Sequence[Shown], counts: Counts, terms: Terms, cover: Cover, files: Mapping[str, bytes]
) -> dict[str, Any]:
    plan = terms.plan
    steps = Counter(row.step for row in rows)
    return {
        "plan_year": plan.calendar.plan_year,
        "number": cover.number,
        "as_of": cover.as_of.isoformat(),
        "plan": {
            "code": plan.plan.code,
            "title": plan.plan.title,
            "version": plan.version,
            "content_hash": plan.content_hash,
            "illustrative": plan.plan.illustrative,
        },
        "files": {name: {"sha256": file_hash(content), "bytes": len(content)} for name, content in files.items()},
        "rows": {"educators": len(rows), "counts": len(counts.rows)},
        "written_by": parquet_writer(),
        "pseudonyms": {
            "method": "HMAC-SHA-256 under the installation's key, 20 hex digits",
            "key_mark": terms.pseudonyms.key_mark,
            "note": "Snapshots with the same mark can be linked person by person; with another mark they cannot.",
        },
        "comparison_attribute": terms.comparison_attribute,
        "suppression": {
            "below": cover.suppress_below,
            "rows": "Every combination of cohort, role, subject group, campus, district and comparison group is shared "
            f"by {cover.suppress_below} rows at least, or none of it is shown.",
            "rows_by_step": {
                told: _told(steps[number], cover.suppress_below)
                for number, (told, _) in enumerate((*STEPS, ("nothing", None)))
            },
            "counts": f"Counts from 1 to {cover.suppress_below - 1} are not shown, nor what would give one away.",
            "other_reasons": counts.pooled,
            "use": "counts.* may be published; educators.* is for the evaluator alone.",
        },
        "reason_codes": reason_codes(plan),
        "known_weaknesses": _weaknesses(rows, terms, cover),
        "not_in_it": NOT_IN_IT,
    }


def _weaknesses(rows: Sequence[Shown], terms: Terms, cover: Cover) -> list[str]:
    """What is incomplete, in numbers: grantees disclose known weaknesses of data (TIF Annual Performance Report)."""
    records = [row.record for row in rows]
    lacking = {
        "have no finalized observation": sum(one.observations == 0 for one in records),
        "are teachers of tested subjects without a growth score": sum(
            one.growth is None and one.traits.subject_group == "tested" for one in records
        ),
        "are teachers of subjects without tests and have no approved SLO": sum(
            one.slos == 0 and one.traits.subject_group == "non_tested" for one in records
        ),
        "have approved SLOs of which none is scored": sum(
            one.slos > 0 and one.slo_attainment is None for one in records
        ),
        "have no summative rating": sum(one.rating_level is None for one in records),
        "have no day of hire on file": sum(one.traits.cohort == "unknown" for one in records),
        "have a statement by an earlier version of the plan: their recalculation was under way": sum(
            one.plan_version != terms.plan.version for one in records
        ),
    }
    found = [
        f"{_told(count, cover.suppress_below)} of {len(records)} {what}." for what, count in lacking.items() if count
    ]
    if any(one.is_retained is None for one in records):
        found.append("Retention is not known yet: it is read off the roster of 1 October after the plan year.")
    if not any(one.standing.is_paid for one in records):
        found.append("Payroll has accepted nothing of the year yet.")
    if not cover.is_settled:
        found.append("The plan year is not closed: what depends on all educators is an estimate.")
    return found


def _told(count: int, below: int) -> str:
    return f"Fewer than {below}" if 0 < count < below else str(count)
