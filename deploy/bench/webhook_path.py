"""Our path: a signed award at the webhook, as a provider sends it, to the educator's new statement."""

import json
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from deploy.bench.passage import Passage, seen_in_time
from deploy.bench.setting import BenchFailed
from deploy.bench.watcher import PLAN_YEAR, Watcher
from deploy.bench.wire import Wire
from deploy.sample import build_sample
from deploy.sample.awards import CREDENTIALS
from deploy.sample.model import Educator, Role
from deploy.stack import Stack
from shared.kernel.clock import SystemClock
from shared.kernel.ids import uuid7
from shared.web.webhooks import sign

_PATH = "/credentials/v1/webhooks/bloomboard"
_AWARDED_AT = "2021-05-20T16:00:00Z"
_LOOKED_AT_EVERY = 20


@dataclass(slots=True)
class Earner:
    """A teacher who earns awards, one at a time: each makes the statement that follows `sequence`."""

    educator_id: UUID
    employee_number: str
    email: str
    sequence: int
    earned: int = 0


async def earners(stack: Stack, *, educators: int) -> list[Earner]:
    """Teachers of the loaded sample network who were there all year. Raises BenchFailed where there are none."""
    teachers = {one.employee_number: one for one in build_sample(educators=educators).network.educators if _stays(one)}
    connection = await asyncpg.connect(stack.postgres.url("compensation"))
    try:
        rows = await connection.fetch(
            "SELECT educator_id, employee_number, sequence FROM bonus_total WHERE plan_year = $1"
            " ORDER BY statement_hash",
            PLAN_YEAR,
        )
    finally:
        await connection.close()
    found = [
        Earner(UUID(int=row["educator_id"].int), number, teachers[number].person.email, row["sequence"])
        for row in rows
        if (number := row["employee_number"]) in teachers
    ]
    if not found:
        raise BenchFailed("the sample network has no teachers with statements")
    return found


def _stays(educator: Educator) -> bool:
    return educator.role is Role.TEACHER and educator.left_on is None and educator.hired_on.year < 2020


class WebhookPath:
    """Awards to `earners` in turn. Every twentieth statement is also read over REST, to see that it is the new one."""

    def __init__(
        self, stack: Stack, wire: Wire, watcher: Watcher, earners: Sequence[Earner], *, reader_token: str
    ) -> None:
        self._wire = wire
        self._watcher = watcher
        self._free = deque(earners)
        self._secret = stack.workspace.provider_secrets("bloomboard")[0]
        self._reading = {"Authorization": f"Bearer {reader_token}"}
        self._clock = SystemClock()
        self._sent = 0
        self.reading_ms: list[float] = []
        """How long a GET of the statement took, of those that were made."""

    async def pass_one(self, due: float) -> Passage:
        if not self._free:
            raise BenchFailed("every teacher has an award under way: the product does not keep up")
        earner = self._free.popleft()
        self._sent += 1
        is_looked_at = self._sent % _LOOKED_AT_EVERY == 0
        seen = self._watcher.expect((earner.educator_id, earner.sequence + 1))
        body = self._notice(earner)
        now = self._clock.now()
        headers = sign(self._secret, webhook_id=str(uuid7(now)), sent_at=now, body=body)
        answer = await self._wire.call("POST", _PATH, {"Content-Type": "application/json", **headers}, body)
        accepted = time.perf_counter()
        if answer.status != 200 or json.loads(answer.body)["state"] != "earned":
            raise BenchFailed(f"the webhook answered {answer.status}: {answer.body[:500]!r}")
        readable = await seen_in_time(seen)
        earner.sequence += 1
        earner.earned += 1
        if is_looked_at:
            await self._look(earner)
        self._free.append(earner)
        return Passage(due, accepted, readable)

    def _notice(self, earner: Earner) -> bytes:
        # The employee number is different for each earner, so that not all have the same credentials.
        turn = earner.earned + int.from_bytes(earner.educator_id.bytes[-2:])
        data: dict[str, Any] = {
            "award_id": f"bench-{earner.employee_number}-{earner.sequence}",
            "credential_id": CREDENTIALS[turn % len(CREDENTIALS)],
            "recipient": {"email": earner.email, "employee_id": earner.employee_number},
            "awarded_at": _AWARDED_AT,
            "expires_at": None,
            "evidence_url": "https://example.org/evidence",
        }
        notice = {"type": "credential.awarded", "timestamp": self._clock.now().isoformat(), "data": data}
        return json.dumps(notice).encode()

    async def _look(self, earner: Earner) -> None:
        path = f"/compensation/v1/educators/{earner.educator_id}/statement?plan_year={PLAN_YEAR}"
        began = time.perf_counter()
        answer = await self._wire.call("GET", path, self._reading)
        self.reading_ms.append((time.perf_counter() - began) * 1000)
        if answer.status != 200 or answer.headers["rung-statement-sequence"] != str(earner.sequence):
            raise BenchFailed(f"a statement that was seen could not be read: {answer.status}")
