"""Writes the sample into a folder: the only part that touches the disk. The same sample gives the same bytes."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from deploy.sample.build import DEFAULT_SEED, HARMONY_EDUCATORS, build_sample
from deploy.sample.deliveries import rfc3339
from deploy.sample.growth import percent
from deploy.sample.model import Delivery, GrowthScore, Observation, Sample, Slo
from deploy.sample.observations import RUBRIC, RUBRIC_VERSION
from deploy.sample.oneroster import Row, Table, bulk_tables, delta_tables
from deploy.sample.school_calendar import YEAR
from deploy.sample.summary import SampleSummary, describe, summarise

_GROWTH_HEADER = ("employee_number", "school_year", "measure", "percent_met", "students")
# The earliest moment that a zip can hold: a file's own time would differ from one writing to the next.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def write_sample(folder: Path, *, seed: int = DEFAULT_SEED, educators: int = HARMONY_EDUCATORS) -> SampleSummary:
    """Write the sample network into `folder`, which is made if need be; files of the same names are replaced.

    Raises ValueError where `educators` is below the smallest network, and OSError where the folder cannot be written.
    """
    sample = build_sample(seed=seed, educators=educators)
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {name: (folder / name).write_bytes(content) for name, content in contents(sample)}
    summary = summarise(sample, sizes)
    (folder / "SAMPLE.md").write_text(describe(summary), encoding="utf-8", newline="\n")
    return summary


def contents(sample: Sample) -> Iterable[tuple[str, bytes]]:
    """Each file of the sample with its bytes, SAMPLE.md left out."""
    yield "roster.zip", zipped(bulk_tables(sample.network))
    yield "roster-delta.zip", zipped(delta_tables(sample.delta))
    yield "observations.ndjson", _ndjson(map(_observation, sample.observations))
    yield "growth-scores.csv", _csv(_GROWTH_HEADER, map(_growth_score, sample.growth_scores))
    yield "slos.ndjson", _ndjson(map(_slo, sample.slos))
    yield "awards-bloomboard.ndjson", _ndjson(map(_delivery, sample.bloomboard))
    yield "awards-credly.ndjson", _ndjson(map(_delivery, sample.credly))


def zipped(tables: Sequence[Table]) -> bytes:
    """A OneRoster zip with the files at its root.

    Stored, not compressed: two builds of zlib may compress the same text to different bytes.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for table in tables:
            entry = zipfile.ZipInfo(f"{table.name}.csv", _ZIP_TIME)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, _csv(table.header, table.rows))
    return buffer.getvalue()


def _csv(header: Row, rows: Iterable[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _ndjson(lines: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)


def _observation(observation: Observation) -> dict[str, Any]:
    return {
        "external_id": observation.external_id,
        "employee_number": observation.employee_number,
        "campus": observation.campus,
        "observed_on": observation.observed_on,
        "kind": observation.kind,
        "announced": observation.announced,
        "appraiser_employee_number": observation.appraiser_employee_number,
        "rubric": RUBRIC,
        "rubric_version": RUBRIC_VERSION,
        "finalized_at": rfc3339(observation.finalized_at),
        "scores": [
            {"dimension": score.dimension, "level": score.level, "evidence": score.evidence}
            for score in observation.scores
        ],
    }


def _growth_score(score: GrowthScore) -> Row:
    share = percent(score.students_met, score.students)
    return (score.employee_number, str(YEAR), score.measure, share, str(score.students))


def _slo(slo: Slo) -> dict[str, Any]:
    return {
        "external_id": slo.external_id,
        "employee_number": slo.employee_number,
        "school_year": str(YEAR),
        "interval": slo.interval,
        "subject": slo.subject,
        "learning_goal": slo.learning_goal,
        "quality_scores": slo.quality_scores,
        "submitted_on": slo.submitted_on,
        "approved_on": slo.approved_on,
        "reviewer_employee_number": slo.reviewer_employee_number,
        "attainment_percent": slo.attainment_percent,
        "scored_on": slo.scored_on,
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {"webhook_id": delivery.webhook_id, "body": delivery.body}
