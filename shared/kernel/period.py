"""The school year: the period that evidence is counted in and that a plan version is pinned to."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

_LABEL = re.compile(r"(\d{4})-(\d{2})")
_FIRST_MONTH = 7
_FIRST, LAST_YEAR = 1900, 2199


@dataclass(frozen=True, slots=True, order=True)
class SchoolYear:
    """A school year from 1 July to 30 June, written `2020-21`.

    TSDS PEIMS and OneRoster name a school year by the year it ends in; the label here carries both.
    """

    starts_in: int

    @classmethod
    def parse(cls, label: str) -> Self:
        """Read `2020-21`. Raises ValueError where the form or the years are not right."""
        match = _LABEL.fullmatch(label)
        if match is None or (int(match[1]) + 1) % 100 != int(match[2]) or not _FIRST <= int(match[1]) <= LAST_YEAR:
            raise ValueError(f"{label!r} is not a school year: write it like 2020-21")
        return cls(int(match[1]))

    @classmethod
    def containing(cls, day: date) -> Self:
        return cls(day.year if day.month >= _FIRST_MONTH else day.year - 1)

    @property
    def begins_on(self) -> date:
        return date(self.starts_in, _FIRST_MONTH, 1)

    @property
    def ends_on(self) -> date:
        return date(self.starts_in + 1, 6, 30)

    def __str__(self) -> str:
        return f"{self.starts_in}-{(self.starts_in + 1) % 100:02d}"
