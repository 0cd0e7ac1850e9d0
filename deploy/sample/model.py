"""The values that the sample network is made of. They hold no behaviour beyond what can be read off them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from deploy.sample.curriculum import Band, Course


class Role(StrEnum):
    """A role as OneRoster 1.2 writes it in roles.csv; `ext:` marks the extended vocabulary."""

    PRINCIPAL = "principal"
    ASSISTANT_PRINCIPAL = "ext:assistantPrincipal"
    INSTRUCTIONAL_COACH = "ext:instructionalCoach"
    TEACHER = "teacher"
    COUNSELOR = "counselor"
    LIBRARIAN = "ext:librarian"
    INTERVENTIONIST = "ext:interventionist"
    AIDE = "aide"


@dataclass(frozen=True, slots=True)
class District:
    identifier: str
    name: str


@dataclass(frozen=True, slots=True)
class Campus:
    identifier: str
    name: str
    band: Band
    district: District


@dataclass(frozen=True, slots=True)
class Person:
    """Who someone is, whether or not the roster knows them."""

    employee_number: str
    given_name: str
    family_name: str
    username: str
    email: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """One role on one campus; `ends_on` is the last day of it, the full-time equivalent is in hundredths."""

    identifier: str
    campus: Campus
    role: Role
    fte_hundredths: int
    is_primary: bool
    begins_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class TaughtClass:
    """One class with its one teacher; `begins_on` and `ends_on` stand only where the teacher came late or left."""

    identifier: str
    course: Course
    campus: Campus
    section: int
    terms: tuple[str, ...]
    begins_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Educator:
    """A person with a place in the network. `quality` is the latent trait that all evidence of them leans on."""

    person: Person
    role: Role
    hired_on: date
    left_on: date | None
    assignments: tuple[Assignment, ...]
    classes: tuple[TaughtClass, ...]
    quality: float

    @property
    def employee_number(self) -> str:
        return self.person.employee_number

    @property
    def home(self) -> Campus:
        return self.assignments[0].campus

    @property
    def is_tested(self) -> bool:
        """Whether at least one class is tested by STAAR."""
        return any(taught.course.is_tested for taught in self.classes)


@dataclass(frozen=True, slots=True)
class Network:
    districts: tuple[District, ...]
    campuses: tuple[Campus, ...]
    educators: tuple[Educator, ...]
    strangers: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Score:
    dimension: str
    level: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Observation:
    external_id: str
    employee_number: str
    campus: str
    observed_on: date
    kind: str
    announced: bool
    appraiser_employee_number: str
    finalized_at: datetime
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class GrowthScore:
    employee_number: str
    measure: str
    students: int
    students_met: int


@dataclass(frozen=True, slots=True)
class Slo:
    """A student learning objective with what became of it; `approved_on` and `scored_on` may have stayed empty."""

    external_id: str
    employee_number: str
    interval: str
    subject: str
    learning_goal: str
    quality_scores: Mapping[str, int]
    submitted_on: date
    approved_on: date | None
    reviewer_employee_number: str
    attainment_percent: str | None
    scored_on: date | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook call as a provider makes it."""

    webhook_id: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed after the bulk roster: the first newcomer is one whom a provider had named before the roster did."""

    newcomers: tuple[Educator, ...]
    promoted: Educator
    resigned: Educator
    withdrawn: Educator


@dataclass(frozen=True, slots=True)
class Sample:
    seed: int
    network: Network
    observations: tuple[Observation, ...]
    growth_scores: tuple[GrowthScore, ...]
    slos: tuple[Slo, ...]
    bloomboard: tuple[Delivery, ...]
    credly: tuple[Delivery, ...]
    delta: Delta
