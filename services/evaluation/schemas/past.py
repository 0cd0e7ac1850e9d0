"""The bodies of the bulk doors, read line by line: observations as NDJSON, growth scores as CSV."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from typing import IO, Annotated

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from services.evaluation.domain.line_faults import LineFaults
from services.evaluation.domain.observation import ObservationKind
from services.evaluation.domain.past import GrowthLine, PastObservation, PastScore
from services.evaluation.schemas.cells import Cells
from services.evaluation.schemas.dates import Day, is_school_year
from services.evaluation.schemas.tabular import Layout, read_table

_LONGEST_LINE_BYTES = 256 * 1024
_BATCH = 500

GROWTH_COLUMNS = ("employee_number", "school_year", "measure", "percent_met", "students")


def _plain_text(value: object) -> object:
    if isinstance(value, str) and "\0" in value:
        raise ValueError("has the character U+0000, which cannot be stored")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is not a time of this age") from None


_Number = Annotated[str, BeforeValidator(_plain_text), Field(min_length=1, max_length=255)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _ScoreLine(_Line):
    dimension: Annotated[str, Field(max_length=64)]
    level: Annotated[int, Field(strict=True, ge=1, le=5)]
    evidence: Annotated[str, BeforeValidator(_plain_text), Field(max_length=4000)] = ""


class PastObservationLine(_Line):
    """One line of the body of the bulk door for observations."""

    external_id: _Number
    employee_number: _Number
    campus: _Number
    observed_on: Day
    kind: ObservationKind
    announced: Annotated[bool, Field(strict=True)]
    appraiser_employee_number: _Number
    rubric: Annotated[str, Field(max_length=64)]
    rubric_version: Annotated[int, Field(strict=True, ge=1, le=10_000)]
    finalized_at: Annotated[AwareDatetime, AfterValidator(_in_utc)]
    scores: Annotated[list[_ScoreLine], Field(min_length=1, max_length=100)]

    def to_domain(self, line: int, digest: str) -> PastObservation:
        return PastObservation(
            line=line,
            external_id=self.external_id,
            digest=digest,
            employee_number=self.employee_number,
            appraiser_employee_number=self.appraiser_employee_number,
            campus=self.campus,
            observed_on=self.observed_on,
            kind=self.kind,
            is_announced=self.announced,
            rubric=self.rubric,
            rubric_version=self.rubric_version,
            finalized_at=self.finalized_at,
            scores=tuple(PastScore(one.dimension, one.level, one.evidence) for one in self.scores),
        )


_LINE = TypeAdapter(PastObservationLine)


def read_past_observations(body: IO[bytes], faults: LineFaults) -> Iterator[list[PastObservation]]:
    """The lines in batches, so that a season is never in memory at once; broken ones are left out, and told of.

    Raises LinesRefused where there are too many faults to go on.
    """
    batch: list[PastObservation] = []
    number = 0
    while raw := body.readline(_LONGEST_LINE_BYTES + 1):
        number += 1
        if len(raw) > _LONGEST_LINE_BYTES:
            faults.add(number, "", f"is longer than {_LONGEST_LINE_BYTES} bytes")
            faults.refuse()
        if raw.strip() and (line := _past_observation(number, raw, faults)) is not None:
            batch.append(line)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if number == 0:
        faults.add(1, "", "the body is empty: send one JSON object a line")
    yield batch


def _past_observation(number: int, raw: bytes, faults: LineFaults) -> PastObservation | None:
    try:
        line = _LINE.validate_json(raw)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False, include_context=False):
            faults.add(number, "/".join(map(str, one["loc"])), one["msg"])
        return None
    return line.to_domain(number, _digest(line))


def _digest(line: PastObservationLine) -> str:
    """Of what the line says: neither spelling nor the order of members and scores makes another digest."""
    scores = sorted((one.dimension, one.level, one.evidence) for one in line.scores)
    return hashlib.sha256(_LINE.dump_json(line, exclude={"scores"}) + orjson.dumps(scores)).hexdigest()


def read_growth_lines(body: bytes) -> list[GrowthLine]:
    """Raises LinesRefused."""
    faults = LineFaults()
    found: list[GrowthLine] = []
    number = 1
    for number, values in read_table(BytesIO(body), Layout(GROWTH_COLUMNS), faults.add):
        cells = Cells(values, partial(faults.add, number))
        line = _growth_line(number, cells)
        if not cells.is_broken:
            found.append(line)
    faults.refuse()
    if not found:
        faults.add(number, "", "the file has a header and no rows")
        faults.refuse()
    return found


def _growth_line(number: int, cells: Cells) -> GrowthLine:
    year = cells.text("school_year")
    if not is_school_year(year):
        cells.refuse("school_year", "is not a school year like 2020-21")
    measure = cells.text("measure")
    if not _is_code(measure):
        cells.refuse("measure", "is not a code of small letters, digits and hyphens, like nwea-map")
    return GrowthLine(
        line=number,
        employee_number=cells.text("employee_number"),
        school_year=year,
        measure=measure,
        percent_met=cells.decimal("percent_met", least="0", most="100", places=2),
        students=cells.whole("students", least=1),
    )


def _is_code(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalnum() and text == text.lower() and len(text) <= 64
