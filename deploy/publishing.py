"""Takes a draft of a plan to its publication where nobody is there to comment on it: for samples and tests."""

from collections.abc import Awaitable, Callable
from typing import Any

TO_APPROVAL: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("review", None),
    ("public-comment", {"waived_because": "Nobody is asked about a plan that is only tried out."}),
    (
        "board-approval",
        {"minute_reference": "illustrative, no minutes", "approved_on": "2020-06-15", "describes_all_pay": True},
    ),
)
"""The steps before publication, each the door of the version and its body."""


async def approve_and_publish(take: Callable[[str, dict[str, Any] | None], Awaitable[Any]]) -> Any:
    """`take(door, body)` posts to a door of the version, as somebody who did not write it. What publication answers."""
    for door, body in TO_APPROVAL:
        await take(door, body)
    return await take("publication", None)
