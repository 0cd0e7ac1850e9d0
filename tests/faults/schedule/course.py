"""The course of a run: faults strike while people work, everything is mended and settles, and is then checked."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from deploy.services import SERVICES
from tests.faults.schedule import evidence
from tests.faults.schedule.checker import check
from tests.faults.schedule.district import ACTS, District
from tests.faults.schedule.faults import KINDS, Fault
from tests.faults.schedule.rebuilding import NAME as REBUILD
from tests.faults.schedule.rebuilding import check_rebuild
from tests.faults.schedule.world import World

CALLERS = 5
_PAUSE_SECONDS = 0.25
_AT_ONCE = 4
_SETTLED_SECONDS = 180.0
_ROUNDS_A_REBUILD = 5


@dataclass
class Happening:
    """A fault as it was inflicted, in seconds of the run."""

    fault: Fault
    began: float
    ended: float | None = None
    trouble: str | None = None


@dataclass
class Round:
    """A number of faults, the time that all took to settle when they were over, and what the checks found."""

    number: int
    began: float
    healed: float = 0.0
    settled: float | None = None
    found: dict[str, list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        wrong = [name for name, found in self.found.items() if found]
        seconds = (self.settled or self.healed) - self.healed
        return f"round {self.number} settled after {seconds:.1f} s: {', '.join(wrong) or 'everything holds'}"


@dataclass
class Course:
    """One run over `faults`; `tell` is told of each fault that is over, `tell_round` of each round that was checked."""

    world: World
    district: District
    seed: int
    faults: Sequence[Fault]
    faults_a_round: int
    tell: Callable[[], None] = lambda: None
    tell_round: Callable[[Round], None] = lambda _round: None
    happenings: list[Happening] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.epoch = time.monotonic()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._targets: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def now(self) -> float:
        return time.monotonic() - self.epoch

    @property
    def held(self) -> bool:
        """Whether nothing was lost, nothing paid twice, and everybody was answered."""
        return not self.troubles and all(not found for one in self.rounds for found in one.found.values())

    async def run(self) -> None:
        """Ends at the first round after which something does not hold."""
        for start in range(0, len(self.faults), self.faults_a_round):
            is_last = start + self.faults_a_round >= len(self.faults)
            one = Round(len(self.rounds) + 1, self.now())
            self.rounds.append(one)
            await self._strike(self.faults[start : start + self.faults_a_round], one)
            await self._settle(one)
            if one.settled is None:
                return
            await self._check(one, with_rebuild=is_last or one.number % _ROUNDS_A_REBUILD == 0)
            self.tell_round(one)
            if not self.held:
                return

    async def _strike(self, faults: Sequence[Fault], one: Round) -> None:
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for number in range(CALLERS):
                group.create_task(self._work(random.Random(f"{self.seed} {one.number} {number}"), over))
            async with asyncio.TaskGroup() as striking:
                for fault in faults:
                    await asyncio.sleep(fault.after_seconds)
                    await self._slots.acquire()
                    await self._targets[fault.target].acquire()
                    striking.create_task(self._inflict(fault))
            for link in self.world.links.values():
                link.mend()
            one.healed = self.now()
            over.set()

    async def _inflict(self, fault: Fault) -> None:
        happening = Happening(fault, self.now())
        self.happenings.append(happening)
        try:
            await KINDS[fault.kind].inflict(self.world, fault)
        except Exception as error:  # noqa: BLE001 - told in the report, which fails of it
            happening.trouble = repr(error)
            self.troubles.append(f"{self.now():.1f} s, {fault} was not inflicted: {error!r}")
        finally:
            happening.ended = self.now()
            self._targets[fault.target].release()
            self._slots.release()
            self.tell()

    async def _work(self, rng: random.Random, over: asyncio.Event) -> None:
        acts, weights = zip(*ACTS, strict=True)
        while not over.is_set():
            act = rng.choices(acts, weights)[0]
            try:
                await act(self.district, rng)
            except Exception as error:  # noqa: BLE001 - told in the report, which fails of it
                self.troubles.append(f"{self.now():.1f} s, {act.__name__}: {type(error).__name__}: {error}")
            await asyncio.sleep(rng.expovariate(1 / _PAUSE_SECONDS))

    def _urls(self) -> dict[str, str]:
        return {service: self.world.database(service) for service in SERVICES}

    async def _settle(self, one: Round) -> None:
        """Wait until nothing is under way. Half-open connections stay: somebody has to give them up."""
        under_way: object = None
        while self.now() - one.healed < _SETTLED_SECONDS:
            try:
                under_way = await evidence.what_is_under_way(self._urls(), self.world.broker.bootstrap)
            except Exception as error:  # noqa: BLE001 - a server that is still coming up
                under_way = repr(error)
            if not under_way:
                one.settled = self.now()
                for link in self.world.links.values():
                    link.give_up_half_open()
                return
            await asyncio.sleep(0.2)
        self.troubles.append(f"round {one.number} did not settle within {_SETTLED_SECONDS:.0f} s: {under_way}")

    async def _check(self, one: Round, *, with_rebuild: bool) -> None:
        found = await evidence.gather(self._urls(), self.world.broker.bootstrap)
        one.found = await asyncio.to_thread(check, found, self.district.promises)
        if with_rebuild:
            one.found[REBUILD] = await check_rebuild(self.world, one.number)
