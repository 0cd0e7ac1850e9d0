"""Field types that several events share."""

from functools import lru_cache
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from shared.kernel.period import SchoolYear


@lru_cache(maxsize=512)
def _school_year(label: str) -> str:
    return str(SchoolYear.parse(label))


EducatorId = Annotated[UUID, Field(description="The educator, the same in every service; says nothing of who it is.")]
Version = Annotated[
    int, Field(ge=1, description="Version of the aggregate this event shows whole; the highest one stands.")
]
SchoolYearLabel = Annotated[
    str,
    AfterValidator(_school_year),
    Field(pattern=r"^\d{4}-\d{2}$", examples=["2020-21"], description="School year, 1 July to 30 June."),
]
DecimalString = Annotated[
    str,
    Field(pattern=r"^-?\d{1,9}(\.\d{1,6})?$", examples=["3.75"], description="Exact decimal number as text."),
]
