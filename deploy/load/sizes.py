"""How much is measured: the full size for the page, the short one to see that everything can still be measured."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """`educators` of the loaded network; seconds of each drive; the backlog in events; rates in awards a second;
    databases in facts, the first one taken in by the service itself."""

    educators: int
    drive_seconds: float
    rates: Sequence[int]
    least_awards: int
    rate_seconds: float
    backlog: int
    facts: Sequence[int]
    events_measured: int
    is_short: bool = False

    def seconds_at(self, per_second: int) -> float:
        """Low rates take longer to show a p99."""
        return max(self.rate_seconds, self.least_awards / per_second)


FULL = Size(
    educators=1_000,
    drive_seconds=6.0,
    rates=(10, 25, 50, 100, 150, 200, 300, 400, 500, 600, 800),
    least_awards=120,
    rate_seconds=4.0,
    backlog=100_000,
    facts=(10_000, 100_000, 300_000, 1_000_000),
    events_measured=400,
)
SHORT = Size(
    educators=60,
    drive_seconds=0.3,
    rates=(25,),
    least_awards=8,
    rate_seconds=0.3,
    backlog=12_000,
    facts=(400, 800),
    events_measured=20,
    is_short=True,
)
