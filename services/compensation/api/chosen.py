"""Which statement a door is asked for: the plan year, and a moment or a number where it is not the standing one."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AfterValidator, AwareDatetime

from services.compensation.domain import Choice
from shared.events.types import SchoolYearLabel
from shared.kernel.errors import FieldError
from shared.web.errors import MalformedRequest

PlanYear = Annotated[SchoolYearLabel, Query(description="The school year that the plan pays for.")]
_SEQUENCE_MAX = 2**31 - 1
_YEARS = range(1970, 2200)


def _is_in_reach(moment: datetime) -> datetime:
    """At the ends of the calendar a moment has no other time zone."""
    if moment.year not in _YEARS:
        raise ValueError(f"is not a moment from {_YEARS.start} to {_YEARS.stop - 1}: correct the year")
    return moment


async def _choice(
    as_of: Annotated[
        Annotated[AwareDatetime, AfterValidator(_is_in_reach)] | None,
        Query(
            description="A moment (RFC 3339): the statement that stood then, the same bytes as then.",
            examples=["2021-06-01T12:00:00Z"],
        ),
    ] = None,
    sequence: Annotated[int | None, Query(ge=1, le=_SEQUENCE_MAX, description="The statement of this number.")] = None,
) -> Choice:
    if as_of is not None and sequence is not None:
        raise MalformedRequest(
            "as_of and sequence each name a statement: send one of them.",
            errors=[FieldError("/query/sequence", "is given beside as_of: leave one of them out")],
        )
    return Choice(as_of, sequence)


Chosen = Annotated[Choice, Depends(_choice)]
"""Parameter of a route that shows the standing statement or one before it."""
