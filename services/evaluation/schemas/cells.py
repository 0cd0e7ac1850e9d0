"""Reads the cells of one row into values, and complains of those that are not what their column holds."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})")
_DECIMAL = re.compile(r"\d{1,6}(\.\d{1,4})?")
_WHOLE = re.compile(r"\d{1,9}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# Of this age: calendars end, and arithmetic with their ends fails.
_YEARS = range(1900, 2200)

MAX_TEXT = 255


@dataclass(slots=True)
class Cells:
    """The cells of one row. Every method answers a value in any case; where it complained, `is_broken` is set."""

    values: Mapping[str, str]
    complain: Callable[[str, str], None]
    is_broken: bool = False

    def refuse(self, column: str, detail: str) -> None:
        self.is_broken = True
        self.complain(column, detail)

    def text(self, column: str) -> str:
        """A text that must be there."""
        value = self.optional(column)
        if value is None:
            self.refuse(column, "is empty")
        return value or ""

    def optional(self, column: str) -> str | None:
        value = self.values.get(column, "")
        if len(value) > MAX_TEXT:
            self.refuse(column, f"is longer than {MAX_TEXT} characters")
        elif _CONTROL.search(value):
            self.refuse(column, "has a line break or another control character in it")
        return value or None

    def listed(self, column: str) -> tuple[str, ...]:
        """A list divided by commas inside the cell."""
        return tuple(one for part in (self.optional(column) or "").split(",") if (one := part.strip()))

    def one_of(self, column: str, known: Collection[str]) -> str:
        value = self.values.get(column, "")
        if value not in known:
            self.refuse(column, f"is none of {', '.join(sorted(known))}")
        return value

    def day(self, column: str) -> date | None:
        value = self.values.get(column, "")
        if not value:
            return None
        try:
            if _DATE.fullmatch(value) and (day := date.fromisoformat(value)).year in _YEARS:
                return day
        except ValueError:
            pass
        self.refuse(column, "is not a date like 2020-08-17")
        return None

    def required_day(self, column: str) -> date:
        value = self.day(column)
        if value is None and not self.values.get(column):
            self.refuse(column, "is empty")
        return value or date.min

    def moment(self, column: str) -> datetime | None:
        """A time with its offset, as ISO 8601 has it."""
        value = self.values.get(column, "")
        try:
            if _MOMENT.fullmatch(value) and (moment := datetime.fromisoformat(value)).year in _YEARS:
                return moment
        except ValueError:
            pass
        self.refuse(column, "is not a time like 2021-05-24T18:00:00.000Z")
        return None

    def decimal(self, column: str, *, least: str, most: str, places: int, default: str | None = None) -> Decimal:
        value = self.values.get(column, "") or default or ""
        if _DECIMAL.fullmatch(value) and len(value.partition(".")[2]) <= places:
            number = Decimal(value)
            if Decimal(least) <= number <= Decimal(most):
                return number
        self.refuse(column, f"is not a number from {least} to {most} with at most {places} decimals")
        return Decimal(least)

    def whole(self, column: str, *, least: int = 0) -> int:
        value = self.values.get(column, "")
        if not _WHOLE.fullmatch(value) or int(value) < least:
            self.refuse(column, f"is not a whole number from {least}")
            return least
        return int(value)
