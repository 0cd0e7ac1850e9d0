"""The evaluation service with the small network of `roster_files`, and its people as callers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from services.evaluation import bootstrap
from services.evaluation.schemas.rules import read_rubrics
from shared.kernel.ids import derived_id
from tests.support.roster_files import Files, network, roster_zip
from tests.support.service import RunningService

HR = {"roles": ["hr"], "sub": "hr-1"}
ADMIN = {"roles": ["admin"], "sub": "admin-1"}
RUBRIC = read_rubrics(bootstrap.RUBRICS).get("h-tess", 1)
C1 = derived_id("campus", "c1")
C2 = derived_id("campus", "c2")
IMPORTS = "/evaluation/v1/roster/imports"
OBSERVATIONS = "/evaluation/v1/observations"


@dataclass(frozen=True)
class School:
    """The running service and the ids of its educators by the names of the small network."""

    service: RunningService
    ids: dict[str, UUID]

    def as_(self, key: str, *roles: str, campuses: Sequence[UUID] = (C1,)) -> dict[str, Any]:
        """The claims of somebody of the network."""
        return {
            "roles": list(roles or ("educator",)),
            "sub": key,
            "educator_id": str(self.ids[key]),
            "campus_ids": [str(one) for one in campuses],
        }

    @property
    def amy(self) -> dict[str, Any]:
        """The appraiser of the first campus."""
        return self.as_("amy", "appraiser")

    @property
    def pam(self) -> dict[str, Any]:
        """The principal of the first campus."""
        return self.as_("pam", "principal")

    async def call(self, method: str, path: str, as_: dict[str, Any], **request: Any) -> httpx.Response:
        return await self.service.call(method, path, as_=as_, **request)

    async def events(self, kind: str) -> list[dict[str, Any]]:
        """What was recorded of a type, in the order of its recording."""
        async with self.service.runtime.engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT data FROM outbox WHERE type = :type ORDER BY position"),
                {"type": f"rung.evaluation.{kind}.v1"},
            )
            return [json.loads(row.data) for row in rows]

    async def schedule(self, as_: dict[str, Any] | None = None, key: str = "k1", **changes: Any) -> httpx.Response:
        body = {
            "educator_id": str(self.ids["ana"]),
            "campus_id": str(C1),
            "planned_on": "2021-03-01",
            **changes,
        }
        return await self.call("POST", OBSERVATIONS, as_ or self.amy, json=body, headers={"Idempotency-Key": key})

    async def score_all(self, observation: str, level: int = 3) -> str:
        """Score what finalizing needs, and set the day; returns the last ETag."""
        tag = '"v1"'
        for dimension in RUBRIC.required_dimensions():
            answer = await self.call(
                "PUT",
                f"{OBSERVATIONS}/{observation}/scores/{dimension}",
                self.amy,
                json={"level": level, "evidence": f"seen: {dimension}"},
                headers={"If-Match": tag},
            )
            assert answer.status_code == 200, answer.text
            tag = answer.headers["ETag"]
        answer = await self.call(
            "PATCH",
            f"{OBSERVATIONS}/{observation}",
            self.amy,
            json={"observed_on": "2021-03-01"},
            headers={"If-Match": tag},
        )
        return answer.headers["ETag"]

    async def score_refused(self, observation: str, tag: str) -> str:
        """The code of the problem that scoring is answered with."""
        answer = await self.call(
            "PUT",
            f"{OBSERVATIONS}/{observation}/scores/differentiation",
            self.amy,
            json={"level": 3, "evidence": "groups"},
            headers={"If-Match": tag},
        )
        return str(answer.json()["code"])

    async def finalized(self, key: str = "k1", level: int = 3) -> tuple[str, str]:
        """A finalized observation of ana by amy: its id and ETag."""
        observation = (await self.schedule(key=key)).json()["observation_id"]
        await self.score_all(observation, level)
        answer = await self.call(
            "POST", f"{OBSERVATIONS}/{observation}/finalization", self.amy, headers={"Idempotency-Key": f"final-{key}"}
        )
        assert answer.status_code == 200, answer.text
        return observation, answer.headers["ETag"]


async def import_files(
    service: RunningService,
    files: Files | None = None,
    *,
    mode: str = "bulk",
    on: str | None = None,
    as_: dict[str, Any] | None = None,
) -> httpx.Response:
    return await service.call(
        "POST",
        IMPORTS,
        as_=as_ or HR,
        content=roster_zip(network() if files is None else files, mode=mode),
        headers={"Content-Type": "application/zip"},
        params={} if on is None else {"effective_on": on},
    )


async def educator_ids(service: RunningService) -> dict[str, UUID]:
    answer = await service.call("GET", "/evaluation/v1/educators", as_=HR)
    return {one["email"].partition("@")[0]: UUID(one["educator_id"]) for one in answer.json()["items"]}


def past_line(number: int = 1, **changes: Any) -> dict[str, Any]:
    """One line of the bulk door for observations."""
    scores = [
        {"dimension": dimension, "level": 3, "evidence": f"seen {dimension}"} for dimension in RUBRIC.dimensions()
    ]
    line = {
        "external_id": f"old-{number}",
        "employee_number": "100001",
        "campus": "101001",
        "observed_on": "2020-10-01",
        "kind": "formal",
        "announced": True,
        "appraiser_employee_number": "100004",
        "rubric": "h-tess",
        "rubric_version": 1,
        "finalized_at": "2020-10-05T20:30:00Z",
        "scores": scores,
    }
    return line | changes


def ndjson(*lines: Any) -> bytes:
    return b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
