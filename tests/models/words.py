"""How days, moments and money are written in bodies and events."""

from datetime import date, datetime


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def school_year(day: date) -> str:
    """From 1 July to 30 June: `2020-21`."""
    begins = day.year if day.month >= 7 else day.year - 1
    return f"{begins}-{(begins + 1) % 100:02d}"


def money(cents: int) -> str:
    """`-1250` cents: `-12.50`."""
    dollars, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{dollars}.{rest:02d}"
