"""One award on its way, and many of them at a steady rate that waits for nobody."""

import asyncio
import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from deploy.bench.setting import BenchFailed

_LOST_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Passage:
    """When (monotonic seconds) an award was due to be sent, was accepted, and its statement could be read."""

    due: float
    accepted: float
    readable: float

    @property
    def accepting_ms(self) -> float:
        return (self.accepted - self.due) * 1000

    @property
    def whole_ms(self) -> float:
        """From due to readable: what waits before it is even accepted is in it."""
        return (self.readable - self.due) * 1000

    @property
    def recalculating_ms(self) -> float:
        """From accepted to readable; a statement may even be readable before the answer has come all the way."""
        return max(0.0, self.readable - self.accepted) * 1000


class Path(Protocol):
    async def pass_one(self, due: float) -> Passage:
        """Send the next award and wait until its statement can be read. Raises BenchFailed."""
        ...


async def at_rate(path: Path, *, per_second: int, seconds: float) -> list[Passage]:
    """Open loop: each award is sent when it is due, whatever became of those before it. Raises BenchFailed."""
    began = time.perf_counter()
    under_way = []
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(round(per_second * seconds)):
                due = began + number / per_second
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                under_way.append(group.create_task(path.pass_one(due)))
    except* BenchFailed as several:
        raise several.exceptions[0] from None
    return [task.result() for task in under_way]


async def undisturbed(path: Path, *, per_second: int, seconds: float) -> list[Passage]:
    """The same without the garbage collector's rounds in this process, which would be taken for the product's time."""
    gc.collect()
    gc.disable()
    try:
        return await at_rate(path, per_second=per_second, seconds=seconds)
    finally:
        gc.enable()


async def seen_in_time(seen: "asyncio.Future[float]", works: "Sequence[asyncio.Task[None]]" = ()) -> float:
    """What `seen` comes to. Raises BenchFailed where it comes to nothing, or one of the `works` behind it ended."""
    awaited: list[asyncio.Future[Any]] = [seen, *works]
    await asyncio.wait(awaited, timeout=_LOST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for work in works:
        if work.done() and not work.cancelled() and (error := work.exception()) is not None:
            raise BenchFailed(f"the floor broke down: {error!r}") from error
    if not seen.done():
        raise BenchFailed(f"an award had no new statement within {_LOST_SECONDS:.0f} s")
    return seen.result()
