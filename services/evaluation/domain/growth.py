"""The growth of a tested teacher's students: one number an educator, school year and measure. Nothing of students."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from shared.events.evaluation import GrowthScored


@dataclass(frozen=True, slots=True)
class GrowthScore:
    """`percent_met` is the share of `students` that met their expected growth, 0 to 100, at most two decimals."""

    growth_id: UUID
    educator_id: UUID
    school_year: str
    measure: str
    percent_met: Decimal
    students: int
    version: int = 1


@dataclass(frozen=True, slots=True)
class GrowthEntry:
    """One line of a growth file, with the educator found."""

    educator_id: UUID
    school_year: str
    measure: str
    percent_met: Decimal
    students: int


def take_entry(known: GrowthScore | None, entry: GrowthEntry, *, new_id: UUID) -> GrowthScore:
    """The score that `entry` makes of what is known: `known` itself where nothing differs.

    Only another percentage is a new version, since it alone is published.
    """
    if known is None:
        return GrowthScore(
            new_id, entry.educator_id, entry.school_year, entry.measure, entry.percent_met, entry.students
        )
    version = known.version + (entry.percent_met != known.percent_met)
    return GrowthScore(
        known.growth_id,
        known.educator_id,
        known.school_year,
        known.measure,
        entry.percent_met,
        entry.students,
        version,
    )


def growth_event(score: GrowthScore) -> GrowthScored:
    return GrowthScored(
        educator_id=score.educator_id,
        growth_id=score.growth_id,
        version=score.version,
        school_year=score.school_year,
        measure=score.measure,
        percent_met=plain(score.percent_met),
    )


def plain(number: Decimal) -> str:
    """`Decimal("63.50")` -> `"63.5"`: one spelling for one number, never an exponent."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
