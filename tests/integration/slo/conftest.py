"""The slo service on a real database, with a roster of three people."""

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from deploy.postgres import PostgresServer
from services.slo import bootstrap
from services.slo.handlers import on_events
from services.slo.settings import Settings
from shared.events.evaluation import EducatorRostered
from shared.messaging.consumer import ReceivedEvent
from tests.support.service import RunningService, running_service
from tests.support.slo import CAMPUS, COLLEAGUE, GOOD_SCORES, REVIEWER, TEACHER, rostered
from tests.support.web import NOON

Claims = dict[str, Any]
DRAFT: dict[str, Any] = {
    "school_year": "2020-21",
    "interval": "year",
    "subject": "Theatre Arts",
    "learning_goal": "Students voice a character.",
    "standards": ["TEKS 117.315(c)(2)"],
    "population": {"below": 9, "typical": 11},
    "targets": {"below": {"text": "gain two levels", "percent": "80"}, "typical": {"text": "gain one level"}},
    "strategies": ["weekly rehearsal"],
    "assessments": ["performance task"],
}


@dataclass
class Slos:
    """Calls of the slo service by the people of the tests."""

    service: RunningService
    teacher: Claims = field(
        default_factory=lambda: {"roles": ["educator"], "sub": "teacher", "educator_id": str(TEACHER)}
    )
    colleague: Claims = field(
        default_factory=lambda: {"roles": ["educator"], "sub": "colleague", "educator_id": str(COLLEAGUE)}
    )
    reviewer: Claims = field(
        default_factory=lambda: {
            "roles": ["slo-reviewer"],
            "sub": "reviewer",
            "educator_id": str(REVIEWER),
            "campus_ids": [str(CAMPUS)],
        }
    )
    hr: Claims = field(default_factory=lambda: {"roles": ["hr"], "sub": "hr"})
    keys: "itertools.count[int]" = field(default_factory=itertools.count)

    async def call(self, method: str, path: str, as_: Claims, **request: Any) -> httpx.Response:
        return await self.service.call(method, f"/slo/v1{path}", as_=as_, **request)

    async def step(
        self, path: str, body: dict[str, Any], as_: Claims | None = None, *, key: str | None = None, **headers: str
    ) -> httpx.Response:
        """A call with an Idempotency-Key, a new one where none is given."""
        headers = {"Idempotency-Key": key or f"key-{next(self.keys)}"} | headers
        return await self.call("POST", path, as_ or self.reviewer, json=body, headers=headers)

    async def start(self, as_: Claims | None = None, **changes: Any) -> dict[str, Any]:
        answer = await self.call("POST", "/slos", as_ or self.teacher, json=DRAFT | changes)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def submitted(self, as_: Claims | None = None, **changes: Any) -> str:
        slo_id = (await self.start(as_, **changes))["slo_id"]
        answer = await self.call("POST", f"/slos/{slo_id}/submission", as_ or self.teacher)
        assert answer.status_code == 200, answer.text
        return slo_id

    async def approved(self) -> str:
        slo_id = await self.submitted()
        answer = await self.step(f"/slos/{slo_id}/review", {"decision": "approve", "scores": GOOD_SCORES})
        assert answer.status_code == 200, answer.text
        return slo_id

    async def bring(self, *events: EducatorRostered) -> None:
        """What the consumer does with events of the roster."""
        received = [ReceivedEvent(UUID(int=n + 1), event, NOON, None) for n, event in enumerate(events)]
        async with self.service.runtime.engine.begin() as connection:
            await on_events(connection, received)

    async def recorded(self) -> list[dict[str, Any]]:
        """The events recorded for publication, in their order."""
        rows = await self.query("SELECT type, key, data FROM outbox ORDER BY position")
        return [json.loads(row.data) | {"type": row.type.split(".")[3], "key": row.key} for row in rows]

    async def query(self, sql: str, **values: Any) -> list[Any]:
        async with self.service.runtime.engine.begin() as connection:
            result = await connection.execute(text(sql), values)
            return list(result) if result.returns_rows else []


@pytest.fixture(scope="session")
async def slo_service(postgres: PostgresServer) -> AsyncIterator[RunningService]:
    """One service for all tests: each of them finds its tables empty, which is faster than a database of its own."""
    postgres.create_database("slo_tests")
    database = postgres.url("slo_tests")
    async with running_service("slo", Settings, bootstrap.MIGRATIONS, bootstrap.api, database=database) as service:
        yield service
    postgres.drop_database("slo_tests")


@pytest.fixture
async def slos(slo_service: RunningService) -> Slos:
    slo_service.clock.moment = NOON
    slos = Slos(slo_service)
    await slos.query("TRUNCATE educator, idempotency_key, outbox RESTART IDENTITY CASCADE")
    await slos.bring(rostered(TEACHER, "100001"), rostered(REVIEWER, "100002"), rostered(COLLEAGUE, "100003"))
    return slos
