"""The whole product as its launcher starts it, on a small sample network that came in through the public doors."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from rich.progress import Progress

from deploy.client import Doors
from deploy.kafka_jars import resolve_jars
from deploy.loading import SampleLoader, caught_up
from deploy.sample import write_sample
from deploy.server_folder import free_port
from deploy.services import SERVICES
from deploy.stack import Stack
from deploy.workspace import Engine
from tests.support.messaging import until
from tests.support.reference import Event
from tests.support.servers import KAFKA_JARS

PUBLISHERS = ("evaluation", "slo", "credentials")


@dataclass(frozen=True)
class Published:
    """An event as its service's outbox has it."""

    id: UUID
    type: str
    key: str
    data: dict[str, Any]
    recorded_at: datetime


@contextmanager
def running_stack(folder: Path, engine: Engine) -> Iterator[Stack]:
    """Everything on servers of its own, under `folder`; ended with all its processes when the block ends."""
    (folder / engine).mkdir(parents=True)
    if engine == "kafka":
        # The jars alone: the rest of that folder is the data of whoever runs the product here.
        jars = resolve_jars(KAFKA_JARS)
        (folder / engine / jars.name).symlink_to(jars)
    with pytest.MonkeyPatch.context() as patch:
        # A cluster that others use would bring their events along.
        patch.delenv("RUNG_KAFKA_BOOTSTRAP", raising=False)
        with Stack(folder, engine, port=free_port()) as stack:
            yield stack


async def load_small_sample(stack: Stack, doors: Doors, *, educators: int) -> None:
    """Load a sample network of `educators` as `make run` loads the whole one."""
    folder = stack.workspace.root / "sample"
    write_sample(folder, educators=educators)
    with Progress(disable=True) as progress:
        await SampleLoader(stack, doors, folder, progress).load()


async def settled(stack: Stack) -> None:
    """Wait until every event is published and taken in, compensation's own published too."""
    await caught_up(stack, SERVICES)
    await until(lambda: _nothing_waits(stack), seconds=30)


async def _nothing_waits(stack: Stack) -> bool:
    return not await rows(stack, "compensation", "SELECT 1 FROM outbox WHERE published_seq IS NULL LIMIT 1")


async def rows(stack: Stack, service: str, query: str, *values: object) -> Sequence[Any]:
    connection = await asyncpg.connect(stack.postgres.url(service))
    try:
        found: Sequence[Any] = await connection.fetch(query, *values)
        return found
    finally:
        await connection.close()


async def published_events(stack: Stack) -> list[Published]:
    """What the three other services told compensation, each service's events in their order."""
    query = "SELECT id, type, key, data, recorded_at FROM outbox ORDER BY position"
    return [
        Published(row["id"], row["type"], row["key"], json.loads(row["data"]), row["recorded_at"])
        for service in PUBLISHERS
        for row in await rows(stack, service, query)
    ]


def by_educator(events: Sequence[Published]) -> dict[str, list[Event]]:
    """In the form that the reference evaluator reads."""
    sorted_out: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        sorted_out[event.key].append((event.type, event.data))
    return dict(sorted_out)
