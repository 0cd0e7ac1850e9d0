"""Loads the sample network through the same public doors as real data, with a progress bar."""

import asyncio
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from deploy.client import Doors, Person, in_parts
from deploy.publishing import approve_and_publish
from deploy.sample import write_sample
from deploy.sample.awards import CREDENTIALS, PATHWAYS
from deploy.services import SERVICES
from deploy.stack import Stack
from shared.kernel.clock import SystemClock
from shared.web.tokens import Role

PLAN = Path(__file__).parents[1] / "services/compensation/plans/harmony-pbcs-2020-21.yaml"
PLAN_YEAR = "2020-21"
WRITER = Person("hr:plan-writer", (Role.HR,))
APPROVER = Person("hr:plan-approver", (Role.HR,))
_NDJSON = "application/x-ndjson"
_LINES_AT_ONCE = 1500
_CALLS_AT_ONCE = 16


class SampleLoader:
    """Loads a folder written by `deploy.sample.write_sample`; every step can be repeated harmlessly."""

    def __init__(self, stack: Stack, doors: Doors, folder: Path, progress: Progress) -> None:
        self._stack = stack
        self._doors = doors
        self._folder = folder
        self._progress = progress

    async def load(self) -> None:
        """Raises DoorRefused where a door does not take what it is given."""
        await self.load_network()
        await self._step(
            "observations", self._parts("observations.ndjson"), "/evaluation/v1/observations/bulk", _NDJSON
        )
        await self._step("growth scores", [self._read("growth-scores.csv")], "/evaluation/v1/growth-scores", "text/csv")
        await self._step("SLOs", self._parts("slos.ndjson"), "/slo/v1/slos/bulk", _NDJSON)
        await self._ratings()
        for provider in ("bloomboard", "credly"):
            await self._awards(provider)
        task = self._progress.add_task("statements", total=None)
        await caught_up(self._stack, SERVICES)
        self._progress.update(task, total=1, completed=1)

    async def load_network(self) -> None:
        """What the season of work stands on: catalogue, plan and roster. Raises DoorRefused."""
        await self._catalogue()
        await self._plan()
        await self._step("roster", [self._read("roster.zip")], "/evaluation/v1/roster/imports", "application/zip")
        await caught_up(self._stack, ("slo", "credentials"))

    async def _catalogue(self) -> None:
        for code in CREDENTIALS:
            title = code.removeprefix("mc-").replace("-", " ").capitalize()
            await self._doors.call(
                "PUT", f"/credentials/v1/micro-credentials/{code}", WRITER, json={"title": title, "clock_hours": 15}
            )
        for code, credentials in PATHWAYS.items():
            body = {"title": code.replace("-", " ").capitalize(), "credentials": list(credentials)}
            await self._doors.call("PUT", f"/credentials/v1/pathways/{code}", WRITER, json=body)

    async def _plan(self) -> None:
        answer = await self._doors.call(
            "POST", "/compensation/v1/plans", WRITER, content=PLAN.read_bytes(), media_type="application/yaml"
        )
        version = f"/compensation/v1/plans/{answer.json()['id']}"

        async def take(door: str, body: Any) -> Any:
            return await self._doors.call("POST", f"{version}/{door}", APPROVER, json=body)

        await approve_and_publish(take, SystemClock().now())

    async def _ratings(self) -> None:
        await self._doors.call("POST", "/evaluation/v1/summative-ratings/bulk", WRITER, json={"school_year": PLAN_YEAR})

    def _read(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def _parts(self, name: str) -> list[bytes]:
        return list(in_parts(self._read(name).splitlines(keepends=True), _LINES_AT_ONCE))

    async def _step(self, name: str, parts: Sequence[bytes], path: str, media_type: str) -> None:
        task = self._progress.add_task(name, total=len(parts))
        for part in parts:
            await self._doors.call("POST", path, WRITER, content=part, media_type=media_type)
            self._progress.advance(task)

    async def _awards(self, provider: str) -> None:
        notices = [json.loads(line) for line in self._read(f"awards-{provider}.ndjson").splitlines()]
        task = self._progress.add_task(f"awards by {provider}", total=len(notices))
        turns: list[list[dict[str, object]]] = [notices[turn::_CALLS_AT_ONCE] for turn in range(_CALLS_AT_ONCE)]
        try:
            async with asyncio.TaskGroup() as group:
                for turn in turns:
                    group.create_task(self._send(provider, turn, task))
        except ExceptionGroup as refused:
            # One tells all: the others failed for the same cause, or were cancelled.
            raise refused.exceptions[0] from None

    async def _send(self, provider: str, notices: Sequence[dict[str, object]], task: TaskID) -> None:
        for notice in notices:
            body = json.dumps(notice["body"]).encode()
            await self._doors.send_award(provider, body, webhook_id=str(notice["webhook_id"]))
            self._progress.advance(task)


def progress_bar() -> Progress:
    return Progress(
        TextColumn("  {task.description:<22}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )


async def load_sample(stack: Stack) -> None:
    """Write the sample network into a temporary folder and load it into `stack`."""
    with tempfile.TemporaryDirectory() as name:
        write_sample(Path(name))
        with progress_bar() as progress:
            async with Doors(stack.url, stack.workspace) as doors:
                await SampleLoader(stack, doors, Path(name), progress).load()
    stack.workspace.note_loaded()


_CONSUMED: dict[str, tuple[str, ...]] = {
    "evaluation": (),
    "slo": ("evaluation",),
    "credentials": ("evaluation",),
    "compensation": ("evaluation", "slo", "credentials"),
}
_RECORDED = "SELECT count(*) AS recorded, count(*) FILTER (WHERE published_seq IS NULL) AS waiting FROM outbox"
_TAKEN_IN = "SELECT coalesce(sum(next_offset), 0) FROM consumer_offset WHERE topic = $1"
_RECALCULATING = "SELECT count(*) FROM recalculation WHERE finished_at IS NULL"


async def caught_up(stack: Stack, services: Sequence[str]) -> None:
    """Wait until all that was recorded is published and taken in by `services`.

    Looks into the databases, as whoever runs the product may: no door promises that nothing is under way.
    """
    connections = {name: await asyncpg.connect(stack.postgres.url(name)) for name in SERVICES}
    try:
        while not all([await _is_caught_up(connections, service) for service in services]):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.1)
    finally:
        for connection in connections.values():
            await connection.close()


async def _is_caught_up(connections: "dict[str, asyncpg.Connection[asyncpg.Record]]", service: str) -> bool:
    for source in _CONSUMED[service]:
        row = await connections[source].fetchrow(_RECORDED)
        taken_in = await connections[service].fetchval(_TAKEN_IN, f"{source}.events")
        if row is None or row["waiting"] or taken_in < row["recorded"]:
            return False
    if service == "compensation":
        return not await connections[service].fetchval(_RECALCULATING)
    return True
