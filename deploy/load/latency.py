"""Figures: due to readable at one rate after another, until the product is saturated; and memory at a hundred."""

from dataclasses import dataclass, field

import uvloop

from deploy.bench.bare_path import BarePath
from deploy.bench.latency import bare_path_of
from deploy.bench.network import READER, load
from deploy.bench.passage import Path, undisturbed
from deploy.bench.setting import BenchFailed, Setting
from deploy.bench.spread import Spread
from deploy.bench.watcher import Watcher
from deploy.bench.webhook_path import WebhookPath, earners
from deploy.bench.wire import Wire
from deploy.client import Doors
from deploy.load.memory import MemoryWatch, memory_of
from deploy.load.results import Curve, Memory, Point
from deploy.load.sizes import Size
from deploy.loading import caught_up
from deploy.services import SERVICES
from deploy.stack import Stack
from deploy.workspace import Engine

WATCHED_RATE = 100
"""Awards a second at which memory is looked at; where it is not among the rates, the highest that is measured."""
_SATURATED_MS = 1_000.0
_KEEPS_UP = 0.95
_WARM_AWARDS = 50


@dataclass(slots=True)
class LatencyFigures:
    curve: Curve
    memory: list[Memory] = field(default_factory=list)


def latency(setting: Setting, engine: Engine, size: Size) -> LatencyFigures:
    """Raises BenchFailed, StackDidNotStart, KafkaDidNotStart."""
    stack = setting.stack(engine)
    setting.report(f"starting the product on the {engine} engine")
    with stack:
        if not stack.workspace.is_loaded:
            load(stack, educators=setting.educators, report=setting.report)
        return uvloop.run(_measure(setting, stack, size))


async def _measure(setting: Setting, stack: Stack, size: Size) -> LatencyFigures:
    async with (
        Doors(stack.url, stack.workspace) as doors,
        Watcher(stack.postgres.url("compensation"), channel="outbox") as watcher,
        Wire(stack.port) as wire,
    ):
        teachers = await earners(stack, educators=setting.educators)
        ours = WebhookPath(stack, wire, watcher, teachers, reader_token=doors.token(READER))
        async with await bare_path_of(stack) as floor:
            return await _Climb(setting, stack, size, ours, floor).climb()


class _Climb:
    """Rate after rate, ours and the floor by turns, each until it is saturated."""

    def __init__(self, setting: Setting, stack: Stack, size: Size, ours: WebhookPath, floor: BarePath) -> None:
        self._setting = setting
        self._stack = stack
        self._size = size
        self._ours = ours
        self._floor = floor
        self._watched = WATCHED_RATE if WATCHED_RATE in size.rates else size.rates[-1]
        self._memory: list[Memory] = []

    async def climb(self) -> LatencyFigures:
        pids = {"PostgreSQL": self._stack.postgres.pid} | {n: one.pid for n, one in self._stack.processes.items()}
        if self._stack.broker is not None:
            pids["Kafka broker"] = self._stack.broker.pid
        self._memory += memory_of(pids, when=f"{self._stack.engine}, idle")
        for path in (self._ours, self._floor):
            await undisturbed(path, per_second=25, seconds=_WARM_AWARDS / 25 if not self._size.is_short else 0.2)
        ours: list[Point] = []
        floor: list[Point] = []
        saturated_at: int | None = None
        for rate in self._size.rates:
            self._setting.report(f"{self._stack.engine}: {rate} awards a second")
            if saturated_at is None:
                with MemoryWatch(pids if rate == self._watched else {}, when=_under_load(self._stack, rate)) as memory:
                    point = await self._point(self._ours, rate)
                self._memory += memory.most
                ours += [point] if point is not None else []
                if point is None or _is_saturated(point):
                    saturated_at = rate
                    await caught_up(self._stack, SERVICES)
            point = await self._point(self._floor, rate)
            floor += [point] if point is not None else []
            if point is None or _is_saturated(point):
                break
        return LatencyFigures(Curve(self._stack.engine, ours, floor, saturated_at), self._memory)

    async def _point(self, path: Path, rate: int) -> Point | None:
        """None where not even all of those who could earn awards were enough for those under way."""
        try:
            passed = await undisturbed(path, per_second=rate, seconds=self._size.seconds_at(rate))
        except BenchFailed:
            return None
        spread = Spread.of(one.whole_ms for one in passed)
        seconds = max(one.readable for one in passed) - min(one.due for one in passed)
        return Point(rate, len(passed) / max(seconds, len(passed) / rate), spread.p50, spread.p99)


def _under_load(stack: Stack, rate: int) -> str:
    return f"{stack.engine}, {rate} awards/s"


def _is_saturated(point: Point) -> bool:
    return point.p99_ms > _SATURATED_MS or point.achieved < point.offered * _KEEPS_UP
