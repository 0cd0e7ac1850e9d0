"""Uploads of past years: NDJSON, a line an SLO, read whole so that every fault is named at once."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.slo.domain.values import Interval, PastSlo
from services.slo.errors import MOST_FAULTS_NAMED, SloLinesMalformed, at_line, refuse_lines
from services.slo.schemas.rest import Goal, Percent, Scores, Storable, Subject
from shared.events.types import SchoolYearLabel
from shared.kernel.errors import FieldError
from shared.kernel.period import SchoolYear

_ONE_PLACE = Decimal("0.1")
Identifier = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable]
Day = Annotated[date, Field(ge=date(2000, 1, 1))]


class PastSloLine(BaseModel):
    """An SLO of a past year, as the district's own system kept it. Without `approved_on` it was never approved."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "external_id": "slo-2020-00001",
                    "employee_number": "100001",
                    "school_year": "2020-21",
                    "interval": "year",
                    "subject": "Theatre Arts",
                    "learning_goal": "By May, classes grow in voicing a character.",
                    "quality_scores": {"goal": 3, "evidence": 3, "targets": 2, "strategies": 4},
                    "submitted_on": "2020-09-14",
                    "approved_on": "2020-09-21",
                    "reviewer_employee_number": "100002",
                    "attainment_percent": "82.5",
                    "scored_on": "2021-05-14",
                }
            ]
        },
    )

    external_id: Identifier = Field(description="The SLO's id in the district's system; sending it twice is harmless.")
    employee_number: Identifier
    school_year: SchoolYearLabel
    interval: Interval
    subject: Subject
    learning_goal: Goal
    quality_scores: Scores = Field(description="Level of every criterion of the approval rubric.")
    submitted_on: Day
    approved_on: Day | None
    reviewer_employee_number: Identifier
    attainment_percent: Percent | None
    scored_on: Day | None

    def to_domain(self, line: int) -> PastSlo:
        percent = None if self.attainment_percent is None else Decimal(self.attainment_percent).quantize(_ONE_PLACE)
        return PastSlo(
            line=line,
            line_hash=self._digest(percent),
            external_id=self.external_id,
            employee_number=self.employee_number,
            reviewer_employee_number=self.reviewer_employee_number,
            school_year=SchoolYear.parse(self.school_year),
            interval=self.interval,
            subject=self.subject,
            learning_goal=self.learning_goal,
            scores=self.quality_scores,
            submitted_on=self.submitted_on,
            approved_on=self.approved_on,
            attainment_percent=percent,
            scored_on=self.scored_on,
        )

    def _digest(self, percent: Decimal | None) -> bytes:
        """Of the content: neither the order of members nor the spelling of the percentage makes it another line."""
        said = self.model_dump(mode="json") | {"attainment_percent": None if percent is None else str(percent)}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()


def read_past_slos(body: bytes) -> Sequence[PastSlo]:
    """The lines of an upload; empty ones are passed over. Raises SloLinesMalformed with every fault found."""
    found: list[PastSlo] = []
    faults: list[FieldError] = []
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append(PastSloLine.model_validate_json(line).to_domain(number))
        except ValidationError as error:
            faults += [
                at_line(number, FieldError("".join(f"/{part}" for part in item["loc"]), item["msg"]))
                for item in error.errors(include_url=False, include_input=False, include_context=False)
            ]
            if len(faults) > MOST_FAULTS_NAMED:
                break
    if not found and not faults:
        faults.append(FieldError("/lines", "the upload has no line: send one SLO as JSON on each line"))
    refuse_lines(SloLinesMalformed, faults)
    return found
