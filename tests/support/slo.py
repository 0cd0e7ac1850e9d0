"""SLOs as the tests of the slo service write them."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.slo.domain.states import SloState
from services.slo.domain.values import Attainment, Interval, PastSlo, Slo, SloContent, StartingLevel, Target
from shared.events.evaluation import Assignment, EducatorRostered, EducatorStatus, StaffRole, SubjectGroup
from shared.kernel.period import SchoolYear
from shared.kernel.person_key import PersonKeyKind, person_key
from tests.support.service import PERSON_KEY_SECRET

TEACHER = UUID("01930000-0000-7000-8000-000000000001")
REVIEWER = UUID("01930000-0000-7000-8000-000000000002")
COLLEAGUE = UUID("01930000-0000-7000-8000-000000000003")
CAMPUS = UUID("01930000-0000-7000-8000-00000000000c")
OTHER_CAMPUS = UUID("01930000-0000-7000-8000-00000000000d")
GOOD_SCORES = {"goal": 3, "evidence": 3, "targets": 2, "strategies": 4}

CONTENT = SloContent(
    subject="Theatre Arts",
    learning_goal="Students voice a character.",
    standards=("TEKS 117.315(c)(2)",),
    population={StartingLevel.BELOW: 9, StartingLevel.TYPICAL: 11, StartingLevel.ABOVE: 0},
    targets={
        StartingLevel.BELOW: Target("gain two levels", Decimal("80.0")),
        StartingLevel.TYPICAL: Target("gain one"),
    },
    strategies=("weekly rehearsal",),
    assessments=("performance task",),
)


def slo_in(state: SloState, **changes: Any) -> Slo:
    """An SLO that has come to `state` the plain way."""
    fields: dict[str, Any] = {
        "slo_id": UUID(int=5),
        "educator_id": TEACHER,
        "school_year": SchoolYear(2020),
        "interval": Interval.YEAR,
        "content": CONTENT,
        "state": state,
    }
    if state in (SloState.APPROVED, SloState.SCORED):
        fields |= {"version": 1, "approved_on": date(2020, 9, 21), "quality_score": Decimal("3.00")}
    if state is SloState.SCORED:
        fields |= {"version": 2, "attainment": Attainment(Decimal("82.5"), 4, date(2021, 5, 14), 40, 33)}
    return Slo(**(fields | changes))


def past(**changes: Any) -> PastSlo:
    """A line of an upload, scored."""
    fields: dict[str, Any] = {
        "line": 1,
        "line_hash": bytes(32),
        "external_id": "slo-2020-00001",
        "employee_number": "100001",
        "reviewer_employee_number": "100002",
        "school_year": SchoolYear(2020),
        "interval": Interval.YEAR,
        "subject": "Theatre Arts",
        "learning_goal": "Students voice a character.",
        "scores": GOOD_SCORES,
        "submitted_on": date(2020, 9, 14),
        "approved_on": date(2020, 9, 21),
        "attainment_percent": Decimal("82.5"),
        "scored_on": date(2021, 5, 14),
    }
    return PastSlo(**(fields | changes))


def number_key(number: str) -> str:
    return person_key(PERSON_KEY_SECRET.encode(), PersonKeyKind.EMPLOYEE_NUMBER, number)


def rostered(
    educator: UUID,
    number: str,
    *,
    version: int = 1,
    campuses: dict[UUID, date | None] | None = None,
    ended_on: date | None = None,
) -> EducatorRostered:
    """The roster's word on an educator: `campuses` names the last day on each, None while it lasts."""
    places = {CAMPUS: None} if campuses is None else campuses
    return EducatorRostered(
        educator_id=educator,
        version=version,
        status=EducatorStatus.ACTIVE if ended_on is None else EducatorStatus.ENDED,
        employee_number=number,
        person_keys=[number_key(number)],
        hired_on=None,
        ended_on=ended_on,
        assignments=[
            Assignment(
                assignment_id=UUID(int=at + 1),
                campus_id=campus,
                district_id=UUID(int=6),
                role=StaffRole.TEACHER,
                subject_group=SubjectGroup.NON_TESTED,
                full_time_equivalent="1.00",
                is_primary=at == 0,
                begins_on=date(2018, 8, 1),
                ends_on=ends_on,
            )
            for at, (campus, ends_on) in enumerate(places.items())
        ],
    )
