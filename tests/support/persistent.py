"""Callers as they are in life: they try again until they are answered, and remember what they were promised."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from deploy.client import DoorRefused, Doors
from deploy.loading import WRITER
from shared.kernel.clock import SystemClock
from shared.kernel.ids import uuid7

_PAUSE_SECONDS = 0.1
_LINES_AT_ONCE = 10
_PASSING = (" 502 ", " 503 ", " 504 ")


@dataclass
class Acknowledged:
    """What was answered with success, and so must never be lost."""

    awards: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    observations: set[str] = field(default_factory=set)
    calls: int = 0
    repeated: int = 0


class PersistentCallers:
    """Providers and a district, sending through `doors` while the other side may die at any moment."""

    def __init__(self, doors: Doors, folder: Path) -> None:
        self._doors = doors
        self._notices = [
            (provider, json.loads(line))
            for provider in ("bloomboard", "credly")
            for line in (folder / f"awards-{provider}.ndjson").read_bytes().splitlines()
        ]
        lines = (folder / "observations.ndjson").read_bytes().splitlines(keepends=True)
        self._parts = [lines[start : start + _LINES_AT_ONCE] for start in range(0, len(lines), _LINES_AT_ONCE)]
        self.calls = len(self._notices) + len(self._parts)
        self.acknowledged = Acknowledged()

    async def send_everything(self, *, senders: int) -> None:
        """All awards of both providers and all observations of the sample, several callers at a time."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._load_observations())
            for turn in range(senders):
                group.create_task(self._send_awards(self._notices[turn::senders]))

    async def _send_awards(self, notices: Sequence[tuple[str, dict[str, Any]]]) -> None:
        for provider, notice in notices:
            body = json.dumps(notice["body"]).encode()
            while True:
                try:
                    receipt = await self._doors.send_award(provider, body, webhook_id=notice["webhook_id"])
                except (httpx.TransportError, DoorRefused) as fault:
                    await self._wait(fault)
                else:
                    self.acknowledged.awards[provider, notice["webhook_id"]] = receipt
                    self.acknowledged.calls += 1
                    break

    async def _load_observations(self) -> None:
        for part in self._parts:
            key = {"Idempotency-Key": f'"{uuid7(SystemClock().now())}"'}
            while True:
                try:
                    await self._doors.call(
                        "POST",
                        "/evaluation/v1/observations/bulk",
                        WRITER,
                        content=b"".join(part),
                        media_type="application/x-ndjson",
                        headers=key,
                    )
                except (httpx.TransportError, DoorRefused) as fault:
                    await self._wait(fault)
                else:
                    self.acknowledged.observations |= {json.loads(line)["external_id"] for line in part}
                    self.acknowledged.calls += 1
                    break

    async def _wait(self, fault: Exception) -> None:
        """Only what may pass is tried again: no connection, or a server that says it cannot for the moment."""
        if isinstance(fault, DoorRefused) and not any(status in str(fault) for status in _PASSING):
            raise fault
        self.acknowledged.repeated += 1
        await asyncio.sleep(_PAUSE_SECONDS)
