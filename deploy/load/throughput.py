"""Figures: reads and writes a second of one API process that has a core for itself, beside bare FastAPI and asyncpg."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import uvloop

from deploy.bench.network import READER, load
from deploy.bench.setting import Setting
from deploy.bench.webhook_path import Earner, earners
from deploy.client import Doors
from deploy.load.callers import drive
from deploy.load.cores import confined, other_cores, pin
from deploy.load.doors import Calls, Door, Score, Webhook, pings, statements, totals
from deploy.load.profiling import Sampling
from deploy.load.results import Profile, Rate, Throughput
from deploy.load.sampled import SAMPLES
from deploy.load.served import Served, served
from deploy.load.sizes import Size
from deploy.services import SERVICES
from deploy.stack import Stack

_WARM_SECONDS = 0.2
_MOST_A_SECOND = 4_000
"""Calls that are prepared where each can be made once: more than any door here answers."""


@dataclass(frozen=True, slots=True)
class ApiFigures:
    ping: Rate
    doors: Sequence[Throughput]
    profiles: Sequence[Profile]


def throughput(setting: Setting, size: Size) -> ApiFigures:
    """On the network of the embedded engine, which is loaded if it is not. Raises BenchFailed, StackDidNotStart."""
    stack = setting.stack("embedded")
    if not stack.workspace.is_loaded:
        setting.report("starting the embedded engine")
        with stack:
            load(stack, educators=setting.educators, report=setting.report)
    with stack.postgres as server, confined(other_cores()):
        pin(server.pid, other_cores())
        return _Measuring(setting, stack, size).measure()


class _Measuring:
    """Each door in turn: ours, then ours again while it is sampled, then the floor's."""

    def __init__(self, setting: Setting, stack: Stack, size: Size) -> None:
        self._setting = setting
        self._stack = stack
        self._seconds = size.drive_seconds
        self._folder = setting.folder / "throughput"
        self._folder.mkdir(exist_ok=True)
        self._profiles: list[Profile] = []

    def measure(self) -> ApiFigures:
        found = asyncio.run(earners(self._stack, educators=self._setting.educators))
        among = asyncio.run(self._places(found))
        token = Doors(self._stack.url, self._stack.workspace).token(READER)
        educators = [educator_id for educator_id, _ in among]
        secret = self._stack.workspace.provider_secrets("bloomboard")[0]
        databases = {f"RUNG_BARE_{name.upper()}": self._stack.postgres.url(name) for name in SERVICES}
        with served("deploy.load.bare_api", environment=databases, log=self._folder / "bare.log") as bare:
            ping = self._drive(bare, pings())
            measured = [
                *self._service("credentials", [Webhook(found, secret)], bare),
                *self._service("evaluation", [Score(among)], bare),
                *self._service("compensation", [statements(educators, token), totals(educators, token)], bare),
            ]
        return ApiFigures(ping, measured, self._profiles)

    def _service(self, service: str, doors: Sequence[Door], bare: Served) -> list[Throughput]:
        """The doors of one service, by one process."""
        samples = self._folder / f"{service}.json"
        with served(
            "deploy.load.sampled",
            f"services.{service}.main",
            environment=self._environment(service) | {SAMPLES: str(samples)},
            log=self._folder / f"{service}.log",
        ) as process:
            sampling = Sampling(process.pid, samples)
            return [self._door(door, process, sampling, bare) for door in doors]

    def _door(self, door: Door, process: Served, sampling: Sampling, bare: Served) -> Throughput:
        self._setting.report(f"{door.name}: ours, then sampled, then the floor")
        asyncio.run(self._open(door, process))
        most = round(_MOST_A_SECOND * (self._seconds * 1.25 + _WARM_SECONDS))
        ours = self._drive(process, door.ours(most=most))
        sampling.begin()
        self._drive(process, door.ours(most=most))
        self._profiles.append(sampling.end(of=door.name))
        return Throughput(door.name, ours, self._drive(bare, door.floor()))

    async def _open(self, door: Door, process: Served) -> None:
        async with Doors(f"http://127.0.0.1:{process.port}", self._stack.workspace) as doors:
            await door.open(doors)

    def _drive(self, process: Served, calls: Calls) -> Rate:
        warm = max(self._seconds / 4, _WARM_SECONDS)
        return uvloop.run(
            drive(
                process.port,
                calls,
                pid=process.pid,
                database=self._stack.postgres.pid,
                warm_seconds=warm,
                seconds=self._seconds,
            )
        )

    def _environment(self, service: str) -> dict[str, str]:
        workspace = self._stack.workspace
        return {
            "RUNG_DATABASE_URL": self._stack.postgres.url(service),
            "RUNG_BUS_DATABASE_URL": self._stack.postgres.url("bus"),
            "RUNG_TOKEN_KEYS": str(workspace.issuer().jwks_path),
            "RUNG_PERSON_KEY_SECRET": workspace.person_key_secret(),
            "RUNG_PROVIDERS_FILE": str(workspace.providers_file),
        }

    async def _places(self, found: Sequence[Earner]) -> list[tuple[UUID, UUID]]:
        """The earners who have a campus, with it."""
        connection = await asyncpg.connect(self._stack.postgres.url("compensation"))
        try:
            rows = await connection.fetch(
                "SELECT educator_id, campus_id FROM bonus_total WHERE educator_id = ANY($1) AND campus_id IS NOT NULL",
                [one.educator_id for one in found],
            )
        finally:
            await connection.close()
        return [(UUID(int=row["educator_id"].int), UUID(int=row["campus_id"].int)) for row in rows]
