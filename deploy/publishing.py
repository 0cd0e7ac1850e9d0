"""Takes a draft of a plan to its publication where nobody is there to comment on it: for samples and tests."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

_SAMPLE_ZONE = ZoneInfo("America/Chicago")

Steps = tuple[tuple[str, dict[str, Any] | None], ...]
"""Doors of a version, each with its body."""


def to_approval(now: datetime) -> Steps:
    """The steps before publication, taken today: no board votes on a version before it is written."""
    voted_on = now.astimezone(_SAMPLE_ZONE).date().isoformat()
    return (
        ("review", None),
        ("public-comment", {"waived_because": "Nobody is asked about a plan that is only tried out."}),
        (
            "board-approval",
            {"minute_reference": "illustrative, no minutes", "approved_on": voted_on, "describes_all_pay": True},
        ),
    )


async def approve_and_publish(take: Callable[[str, dict[str, Any] | None], Awaitable[Any]], now: datetime) -> Any:
    """`take(door, body)` posts to a door of the version, as somebody who did not write it. What publication answers."""
    for door, body in to_approval(now):
        await take(door, body)
    return await take("publication", None)
