"""Fills the posts of the campuses with people: when they were hired, how much they work, what they teach."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from random import Random

from deploy.sample.campuses import Staffing
from deploy.sample.chance import clipped, day_between, quota, stream
from deploy.sample.curriculum import POSTS, Course
from deploy.sample.model import Assignment, Campus, Educator, Network, Person, Role, TaughtClass
from deploy.sample.names import people
from deploy.sample.school_calendar import CONTRACT_BEGINS_ON, FALL, FULL_YEAR, SPRING, weekday_from

PART_TIME_SHARE = 0.04
LATE_HIRE_SHARE = 0.04
LEAVER_SHARE = 0.04
TWO_CAMPUS_SHARE = 0.012
STRANGERS_SHARE = 0.0016

_PART_TIME = (50, 60, 70, 75, 80, 90)
_SPLITS = ((50, 50), (60, 40), (80, 20), (50, 30), (40, 40))
_LATE_HIRES = (date(2020, 9, 21), date(2021, 3, 1))
_LAST_DAYS = (date(2020, 11, 6), date(2021, 4, 30))
# Who leads or coaches has taught before; years of service count for the ladder.
_LEAST_YEARS = {Role.PRINCIPAL: 6, Role.ASSISTANT_PRINCIPAL: 4, Role.INSTRUCTIONAL_COACH: 3}
_MOST_YEARS = 20


@dataclass(slots=True)
class _Post:
    """One person's place while it is being decided."""

    campus: Campus
    role: Role
    course: Course | None
    hired_on: date
    began_on: date
    left_on: date | None = None
    fte: int = 100
    second: Campus | None = None
    second_fte: int = 0
    quality: float = field(default=0.0)


def build_network(seed: int, staffing: Sequence[Staffing]) -> Network:
    """The whole network. Employee numbers run in the order of hiring, and strangers' numbers come last."""
    campuses = tuple(staffed.campus for staffed in staffing)
    posts = _posts(seed, staffing)
    _mark_special_cases(stream(seed, "special-cases"), posts, campuses)
    posts.sort(key=lambda post: post.hired_on)
    named = people(seed)
    sections: dict[str, int] = defaultdict(int)
    educators = tuple(_educator(post, person, sections) for post, person in zip(posts, named, strict=False))
    strangers = tuple(islice(named, quota(STRANGERS_SHARE, len(posts), at_least=3)))
    districts = tuple(dict.fromkeys(campus.district for campus in campuses))
    return Network(districts, campuses, educators, strangers)


def _posts(seed: int, staffing: Sequence[Staffing]) -> list[_Post]:
    rng = stream(seed, "posts")
    posts = []
    for staffed in staffing:
        courses = iter(_courses(rng, staffed))
        for role in staffed.roles:
            years = _years_of_service(rng, role)
            hired_on = weekday_from(date(CONTRACT_BEGINS_ON.year - years, 8, rng.randint(1, 5)))
            if years and rng.random() < 0.15:
                hired_on = weekday_from(day_between(rng, hired_on, date(hired_on.year + 1, 4, 30)))
            began_on = _role_began_on(rng, role, hired_on, years)
            course = next(courses) if role is Role.TEACHER else None
            quality = clipped(rng.gauss(0.0, 1.0) + 0.05 * (min(years, 8) - 4), -2.6, 2.6)
            posts.append(_Post(staffed.campus, role, course, hired_on, began_on, quality=quality))
    return posts


def _courses(rng: Random, staffed: Staffing) -> list[Course]:
    """The courses of a campus's teachers: every post of its curriculum in turn, the odd ones out by lot.

    Also the smallest campus has a semester course where its curriculum knows one, so that two SLOs a year occur.
    """
    wheel = POSTS[staffed.campus.band]
    teachers = sum(role is Role.TEACHER for role in staffed.roles)
    whole, rest = divmod(teachers, len(wheel))
    courses = [*wheel * whole, *rng.sample(wheel, rest)]
    by_semester = [course for course in wheel if course.by_semester]
    if by_semester and not any(course.by_semester for course in courses):
        courses[-1] = rng.choice(by_semester)
    return courses


def _years_of_service(rng: Random, role: Role) -> int:
    years = int(rng.expovariate(1 / 4.5))
    return min(_MOST_YEARS, years + _LEAST_YEARS.get(role, 0))


def _role_began_on(rng: Random, role: Role, hired_on: date, years: int) -> date:
    if years < 2 or (role not in _LEAST_YEARS and rng.random() < 0.8):
        return hired_on
    return weekday_from(date(CONTRACT_BEGINS_ON.year - rng.randint(0, min(years - 1, 6)), 8, 3))


def _mark_special_cases(rng: Random, posts: list[_Post], campuses: Sequence[Campus]) -> None:
    """Part-timers may also come late or leave; whoever serves two campuses does so the whole year."""
    ordinary = [post for post in posts if post.role not in (Role.PRINCIPAL, Role.ASSISTANT_PRINCIPAL)]
    rng.shuffle(ordinary)
    on_two = _on_two_campuses(rng, ordinary, campuses, quota(TWO_CAMPUS_SHARE, len(posts), at_least=2))
    rest = [post for post in ordinary if id(post) not in on_two]
    late_count, leaver_count = quota(LATE_HIRE_SHARE, len(posts)), quota(LEAVER_SHARE, len(posts))
    for post in rest[:late_count]:
        post.hired_on = post.began_on = weekday_from(day_between(rng, *_LATE_HIRES))
    for post in rest[late_count : late_count + leaver_count]:
        post.left_on = day_between(rng, *_LAST_DAYS)
    for post in rng.sample(rest, quota(PART_TIME_SHARE, len(posts))):
        post.fte = rng.choice(_PART_TIME)


def _on_two_campuses(rng: Random, posts: list[_Post], campuses: Sequence[Campus], count: int) -> set[int]:
    """Give `count` of the posts a second campus of the same district that has grades for their course."""
    chosen: set[int] = set()
    for post in posts:
        if len(chosen) == count:
            break
        others = [
            campus
            for campus in campuses
            if campus != post.campus and campus.district == post.campus.district and _fits(post.course, campus)
        ]
        if others and (post.course is None or post.course.sections > 1):
            post.second = rng.choice(others)
            post.fte, post.second_fte = rng.choice(_SPLITS)
            post.began_on = CONTRACT_BEGINS_ON
            post.hired_on = min(post.hired_on, CONTRACT_BEGINS_ON)
            chosen.add(id(post))
    return chosen


def _fits(course: Course | None, campus: Campus) -> bool:
    return course is None or any(grade in campus.band.grades for grade in course.grades)


def _educator(post: _Post, person: Person, sections: dict[str, int]) -> Educator:
    number = person.employee_number
    first = Assignment(
        f"role-{number}-1",
        post.campus,
        post.role,
        post.fte,
        is_primary=True,
        begins_on=post.began_on,
        ends_on=post.left_on,
    )
    assignments = [first]
    if post.second is not None:
        second = replace(
            first, identifier=f"role-{number}-2", campus=post.second, fte_hundredths=post.second_fte, is_primary=False
        )
        assignments.append(second)
    places = [assignment.campus for assignment in assignments]
    classes = teach(post.course, places, post.hired_on, post.left_on, sections) if post.course else ()
    return Educator(person, post.role, post.hired_on, post.left_on, tuple(assignments), classes, post.quality)


def teach(
    course: Course, places: Sequence[Campus], hired_on: date, left_on: date | None, sections: dict[str, int]
) -> tuple[TaughtClass, ...]:
    """The classes of one teacher; those of a semester that the teacher was not there for fall away.

    `sections` counts the classes of each campus so far, and goes on counting here.
    """
    classes = []
    for at in range(course.sections):
        sessions = ((FALL, SPRING)[at % 2],) if course.by_semester else (FALL, SPRING)
        begins, ends = sessions[0].begins_on, sessions[-1].ends_on
        if hired_on > ends or (left_on is not None and left_on < begins):
            continue
        campus = places[at % len(places)]
        sections[campus.identifier] += 1
        section = sections[campus.identifier]
        classes.append(
            TaughtClass(
                identifier=f"class-{campus.identifier}-{section:03d}",
                course=course,
                campus=campus,
                section=section,
                terms=tuple(session.identifier for session in sessions),
                begins_on=hired_on if hired_on > max(begins, FULL_YEAR.begins_on) else None,
                ends_on=left_on if left_on is not None and left_on < ends else None,
            )
        )
    return tuple(classes)


def later_hire(person: Person, pattern: Educator, hired_on: date, sections: dict[str, int]) -> Educator:
    """Someone new in the same kind of post as the teacher `pattern`, on the same campus."""
    identifier = f"role-{person.employee_number}-1"
    assignment = Assignment(
        identifier, pattern.home, Role.TEACHER, 100, is_primary=True, begins_on=hired_on, ends_on=None
    )
    classes = teach(pattern.classes[0].course, [pattern.home], hired_on, None, sections)
    return Educator(person, Role.TEACHER, hired_on, None, (assignment,), classes, quality=0.0)
