"""Days and school years as callers may name them: of this age, since calendars end and arithmetic with them does."""

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.kernel.period import SchoolYear

_SCHOOL_YEAR = r"^2[01]\d{2}-\d{2}$"

Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2200, 1, 1))]


def is_school_year(text: str) -> bool:
    """True for `2020-21` and its like, from 2000 to 2199."""
    return re.fullmatch(_SCHOOL_YEAR, text) is not None and (int(text[:4]) + 1) % 100 == int(text[5:])


def _followed(text: str) -> str:
    # The pattern beside it is for the OpenAPI document and does not see that the years follow each other.
    return str(SchoolYear.parse(text))


SchoolYearName = Annotated[str, AfterValidator(_followed), Field(pattern=_SCHOOL_YEAR, examples=["2020-21"])]
"""A school year in an address or a body."""
