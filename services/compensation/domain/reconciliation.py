"""What a reconciliation looks at, and what it found."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple


class Check(NamedTuple):
    """`pairs` is the query that gives what is compared: a place, what is expected there, what is found."""

    code: str
    compares: str
    unit: Literal["cents", "rows"]
    pairs: str


class Found(NamedTuple):
    """What a check came to: how many places it compared, both sums, how many differ, and the first of those."""

    check: Check
    compared: int
    expected: int
    actual: int
    differing: int
    places: Sequence[dict[str, Any]]

    @property
    def holds(self) -> bool:
        return not self.differing
