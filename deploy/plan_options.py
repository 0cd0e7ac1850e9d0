"""What the options of `rung plan` take: each refuses by its name, and says the form, what a door would refuse."""

from datetime import date, datetime
from uuid import UUID

import typer
from pydantic import TypeAdapter, ValidationError

from shared.events.types import SchoolYearLabel

_CHARACTERS_AT_LEAST = 3
_REFERENCE_AT_MOST, _REASON_AT_MOST = 200, 2000


def version_id(text: str) -> UUID:
    """The id of a plan version."""
    try:
        return UUID(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is no id of a version: rung plan list shows them") from None


def day(text: str) -> date:
    """A day in the ISO form."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is no day: say it like 2026-11-29") from None


def moment(text: str) -> datetime:
    """With a zone or without one."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is no moment: say it like 2027-01-15T17:00") from None


def plan_year(text: str) -> str:
    """A school year."""
    try:
        return TypeAdapter(SchoolYearLabel).validate_python(text)
    except ValidationError:
        raise typer.BadParameter(f"{text} is no school year: say it like 2021-22") from None


def reason(text: str) -> str:
    """Why a step is taken."""
    return _within(text, _REASON_AT_MOST)


def minute_reference(text: str) -> str:
    """A place in the board's minutes."""
    return _within(text, _REFERENCE_AT_MOST)


def _within(text: str, at_most: int) -> str:
    if not _CHARACTERS_AT_LEAST <= len(text) <= at_most:
        raise typer.BadParameter(f"say it in {_CHARACTERS_AT_LEAST} to {at_most} characters: these are {len(text)}")
    return text
