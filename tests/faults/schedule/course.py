"""The course of a run: faults strike while people work, everything is mended and settles, and is then checked."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from deploy.services import SERVICES
from tests.faults.schedule import evidence
from tests.faults.schedule.checker import CHECKS, check
from tests.faults.schedule.district import ACTS, District
from tests.faults.schedule.faults import KINDS, Fault, struck_by
from tests.faults.schedule.rebuilding import NAME as REBUILD
from tests.faults.schedule.rebuilding import check_rebuild
from tests.faults.schedule.world import World

CALLERS = 5
_PAUSE_SECONDS = 0.25
_AT_ONCE = 4
_SETTLED_SECONDS = 180.0
_TRIES = 4
_TRY_AGAIN_SECONDS = 0.7
_MISSES = 10
"""More of them than this and the count, and the faults do not do what they are for."""
_ROUNDS_A_REBUILD = 5


@dataclass
class Happening:
    """A fault as it was inflicted, in seconds of the run, and how much it struck: 0 is a miss."""

    fault: Fault
    began: float
    ended: float | None = None
    hits: int = 0
    trouble: str | None = None

    @property
    def has_missed(self) -> bool:
        return self.ended is not None and self.trouble is None and not self.hits


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
    """One run over `faults` until `count` of them have struck.

    `tell` is told of each that has, `tell_round` of each round that was checked.
    """

    world: World
    district: District
    seed: int
    faults: Iterator[Fault]
    count: int
    faults_a_round: int
    tell: Callable[[], None] = lambda: None
    tell_round: Callable[[Round], None] = lambda _round: None
    happenings: list[Happening] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    broken_off: str | None = None

    def __post_init__(self) -> None:
        self.epoch = time.monotonic()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._targets: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def now(self) -> float:
        return time.monotonic() - self.epoch

    @property
    def inflicted(self) -> int:
        """How many faults have struck something."""
        return sum(one.hits > 0 for one in self.happenings)

    @property
    def is_sound(self) -> bool:
        """Whether nothing that was looked at so far was lost or paid twice, and everybody was answered."""
        found = any(what for one in self.rounds for what in one.found.values())
        return not (self.troubles or self.world.given_up or found)

    @property
    def held(self) -> bool:
        """Whether all was done that was to be done, and everything was found to be sound."""
        return self.is_sound and not any(self.shortcomings())

    def shortcomings(self) -> Iterator[str]:
        """What is missing of the run, so that it proves nothing, whatever it has found."""
        if self.broken_off:
            yield f"the run was broken off by {self.broken_off}"
        if self.inflicted < self.count:
            yield f"{self.inflicted} of {self.count} faults were inflicted"
        for one in self.rounds:
            if one.settled is None:
                yield f"round {one.number} did not settle"
            if missing := CHECKS.keys() - one.found.keys():
                yield f"round {one.number} was not checked for: {', '.join(sorted(missing))}"
        if not self.rounds or REBUILD not in self.rounds[-1].found:
            yield "nothing was rebuilt from the log in the end"
        yield from self.world.crashed
        for name, promised in self.district.promises.counted().items():
            if not promised:
                yield f"no acknowledged calls for: {name}"

    async def run(self) -> None:
        """Ends at the first round after which something does not hold."""
        try:
            while self.inflicted < self.count and self.is_sound:
                await self._round()
        except BaseException as error:
            self.broken_off = "an interruption" if isinstance(error, asyncio.CancelledError) else repr(error)
            raise

    async def _round(self) -> None:
        one = Round(len(self.rounds) + 1, self.now())
        self.rounds.append(one)
        goal = min(self.inflicted + self.faults_a_round, self.count)
        await self._strike(goal, one)
        await self._settle(one)
        if one.settled is not None:
            is_last = self.inflicted >= self.count
            await self._check(one, with_rebuild=is_last or one.number % _ROUNDS_A_REBUILD == 0)
            self.tell_round(one)

    async def _strike(self, goal: int, one: Round) -> None:
        """Until `goal` faults have struck; further ones stand in for those that missed."""
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for number in range(CALLERS):
                group.create_task(self._work(random.Random(f"{self.seed} {one.number} {number}"), over))
            while self.is_sound and (missing := goal - self.inflicted) > 0:
                await self._inflict_all(islice(self.faults, missing))
            for link in self.world.links.values():
                link.mend()
            one.healed = self.now()
            over.set()

    async def _inflict_all(self, faults: Iterable[Fault]) -> None:
        async with asyncio.TaskGroup() as striking:
            for fault in faults:
                await asyncio.sleep(fault.after_seconds)
                await self._slots.acquire()
                for struck in struck_by(fault):
                    await self._targets[struck].acquire()
                striking.create_task(self._inflict(fault))
        missed = sum(one.has_missed for one in self.happenings)
        if missed > self.count + _MISSES:
            self.troubles.append(f"{missed} faults struck nothing")

    async def _inflict(self, fault: Fault) -> None:
        happening = Happening(fault, self.now())
        self.happenings.append(happening)
        try:
            for _ in range(_TRIES):
                happening.hits = await KINDS[fault.kind].inflict(self.world, fault)
                if happening.hits:
                    self.tell()
                    break
                await asyncio.sleep(_TRY_AGAIN_SECONDS)
        except Exception as error:  # noqa: BLE001 - told in the report, which fails of it
            happening.trouble = repr(error)
            self.troubles.append(f"{self.now():.1f} s, {fault} was not inflicted: {error!r}")
        finally:
            happening.ended = self.now()
            for struck in struck_by(fault):
                self._targets[struck].release()
            self._slots.release()

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
        order = self.world.ordered_after
        found = await evidence.gather(
            self._urls(), self.world.broker.bootstrap, self.district.pull, ordered_after=order
        )
        one.found = await asyncio.to_thread(check, found, self.district.promises)
        if with_rebuild:
            one.found[REBUILD] = await check_rebuild(self.world, one.number)
