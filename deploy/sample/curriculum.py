"""What is taught where: subjects, courses and posts of a campus. Which of them STAAR tests is decided here alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

GRADES = ("KG", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12")


class Band(StrEnum):
    """The grades of a campus."""

    ELEMENTARY = "Elementary"
    MIDDLE = "Middle"
    HIGH = "High"
    K8 = "K-8"

    @property
    def grades(self) -> tuple[str, ...]:
        first, last = _SPANS[self]
        return GRADES[first : last + 1]


_SPANS = {Band.ELEMENTARY: (0, 5), Band.MIDDLE: (6, 8), Band.HIGH: (9, 12), Band.K8: (0, 8)}


@dataclass(frozen=True, slots=True)
class Subject:
    code: str
    name: str


MATH = Subject("MATH", "Mathematics")
READING = Subject("ELAR", "English Language Arts and Reading")
SCIENCE = Subject("SCI", "Science")
SOCIAL = Subject("SOC", "Social Studies")

_SPECIALS = {
    "ART": Subject("ART", "Art"),
    "MUS": Subject("MUS", "Music"),
    "PE": Subject("PE", "Physical Education"),
    "TECH": Subject("TECH", "Technology Applications"),
    "ROBO": Subject("ROBO", "Robotics"),
    "SPAN": Subject("SPAN", "Spanish"),
    "ESL": Subject("ESL", "ESL Support"),
    "SPED": Subject("SPED", "Special Education"),
}

_EVERY_GRADE = frozenset(GRADES)
_GRADES_3_TO_8 = frozenset(GRADES[3:9])

# STAAR as the roster door reads it: grades 3-8 by subject, and the five end-of-course tests in whatever grade.
_TESTED: dict[str, frozenset[str]] = {
    "MATH": _GRADES_3_TO_8,
    "ELAR": _GRADES_3_TO_8,
    "SCI": frozenset({"05", "08"}),
    "SOC": frozenset({"08"}),
    "ALG1": _EVERY_GRADE,
    "BIO": _EVERY_GRADE,
    "ENG1": _EVERY_GRADE,
    "ENG2": _EVERY_GRADE,
    "USH": _EVERY_GRADE,
}
_END_OF_COURSE = frozenset({"ALG1", "BIO", "ENG1", "ENG2", "USH"})


@dataclass(frozen=True, slots=True)
class Course:
    """One course: `sections` is how many classes of it make up a teacher's day."""

    code: str
    title: str
    subjects: tuple[Subject, ...]
    grades: tuple[str, ...]
    sections: int
    homeroom: bool = False
    by_semester: bool = False

    @property
    def is_tested(self) -> bool:
        return any(
            grade in _TESTED.get(subject.code, frozenset()) for subject in self.subjects for grade in self.grades
        )

    @property
    def is_end_of_course(self) -> bool:
        return any(subject.code in _END_OF_COURSE for subject in self.subjects)


def _spoken(grade: str) -> str:
    return "Kindergarten" if grade == "KG" else f"Grade {int(grade)}"


def _self_contained(grade: str) -> Course:
    core = (MATH, READING, SCIENCE, SOCIAL)
    return Course(f"HR-{grade}", f"{_spoken(grade)} homeroom", core, (grade,), 1, homeroom=True)


def _core(grade: str, *subjects: Subject, sections: int) -> Course:
    code = "-".join(subject.code for subject in subjects)
    title = " and ".join(subject.name for subject in subjects)
    return Course(f"{code}-{grade}", f"{_spoken(grade)} {title}", subjects, (grade,), sections)


def _special(code: str, band: Band, *, by_semester: bool = False) -> Course:
    subject = _SPECIALS[code]
    title = f"{subject.name}, {band.value.lower()} grades"
    sections = 2 if by_semester else 3
    return Course(f"{code}-{band.name}", title, (subject,), band.grades, sections, by_semester=by_semester)


def _high(code: str, title: str, grades: str, *, by_semester: bool = False) -> Course:
    sections = 2 if by_semester else 3
    return Course(code, title, (Subject(code, title),), tuple(grades.split()), sections, by_semester=by_semester)


def _times(count: int, courses: Iterable[Course]) -> list[Course]:
    return [course for course in courses for _ in range(count)]


def _elementary_posts() -> list[Course]:
    posts = _times(3, [_self_contained(grade) for grade in GRADES[:4]])
    for grade in ("04", "05"):
        posts += _times(2, [_core(grade, MATH, SCIENCE, sections=2), _core(grade, READING, SOCIAL, sections=2)])
    posts += [_special(code, Band.ELEMENTARY) for code in ("ART", "MUS", "PE", "PE", "TECH", "ESL", "ESL")]
    return posts + _times(2, [_special("SPED", Band.ELEMENTARY)])


def _middle_posts() -> list[Course]:
    posts: list[Course] = []
    for grade in ("06", "07", "08"):
        posts += _times(2, [_core(grade, MATH, sections=3), _core(grade, READING, sections=3)])
        posts += [_core(grade, SCIENCE, sections=3), _core(grade, SOCIAL, sections=3)]
    posts.append(_high("ALG1", "Algebra I", "08 09"))
    posts += [_special(code, Band.MIDDLE) for code in ("ART", "MUS", "PE", "PE", "SPAN", "ESL", "SPED", "SPED")]
    return posts + [_special(code, Band.MIDDLE, by_semester=True) for code in ("TECH", "ROBO")]


def _high_posts() -> list[Course]:
    twice = [
        _high("ALG1", "Algebra I", "08 09"),
        _high("GEOM", "Geometry", "09 10"),
        _high("ENG1", "English I", "09"),
        _high("ENG2", "English II", "10"),
        _high("BIO", "Biology", "09"),
        _high("USH", "U.S. History", "11"),
        _special("PE", Band.HIGH),
        _special("SPAN", Band.HIGH),
        _special("SPED", Band.HIGH),
    ]
    once = [
        _high("ALG2", "Algebra II", "10 11"),
        _high("PRECAL", "Precalculus", "11 12"),
        _high("ENG3", "English III", "11"),
        _high("ENG4", "English IV", "12"),
        _high("CHEM", "Chemistry", "10 11"),
        _high("PHYS", "Physics", "11 12"),
        _high("WGEO", "World Geography", "09"),
        _high("WHIST", "World History", "10"),
        _high("COMPSCI", "Computer Science", "10 11 12"),
        _high("ENGR", "Engineering Design", "10 11 12"),
        _high("GOVT", "Government and Economics", "12", by_semester=True),
        _high("HEALTH", "Health", "09 10", by_semester=True),
        _high("SPEECH", "Professional Communications", "09 10 11 12", by_semester=True),
        _special("ART", Band.HIGH),
        _special("MUS", Band.HIGH),
        _special("ESL", Band.HIGH),
    ]
    return _times(2, twice) + once


POSTS: dict[Band, tuple[Course, ...]] = {
    Band.ELEMENTARY: tuple(_elementary_posts()),
    Band.MIDDLE: tuple(_middle_posts()),
    Band.HIGH: tuple(_high_posts()),
    Band.K8: (*_elementary_posts(), *_middle_posts()),
}
