"""The compensation service on a real database with the sample plan published, and what to ask it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from deploy.publishing import approve_and_publish, to_approval
from services.compensation import bootstrap
from services.compensation.handlers import handler
from services.compensation.policy.plan_book import PlanBook
from services.compensation.service.common_facts import settle_next
from services.compensation.service.recalculation import recalculate_next
from services.compensation.settings import Settings
from shared.events.registry import Event
from shared.messaging.received import ReceivedEvent
from tests.support.factories.events import received
from tests.support.service import RunningService, running_service
from tests.support.web import StandingClock

PLAN = (Path(bootstrap.__file__).parent / "plans/harmony-pbcs-2020-21.yaml").read_bytes()
SHARED_PLAN = b"""
language: 1
code: shared
plan_year: 2020-21
title: A pot for those who were rarely away, and an amount by the need of the campus
illustrative: true
source: illustrative
currency: USD
time_zone: America/Chicago
performance_period: {begins_on: 2020-08-17, ends_on: 2021-05-28, reference_on: 2021-05-28, source: illustrative}
eligibility: {roles: [teacher], source: illustrative}
rounding: {mode: half_up, points_places: 2, amounts: cent, source: illustrative}
proration: {by: days_times_fte, fte_at_most: "1.0", leavers: by_days, source: illustrative}
measures:
  - code: away
    title: Days absent
    take: attribute
    attribute: absence_days
    except_items: [military]
    otherwise: "0"
    source: illustrative
  - {code: need, title: Need of the campus, take: campus_attribute, attribute: need, source: illustrative}
gates:
  - {code: present, title: At most five days absent, measure: away, at_most: 5, source: illustrative}
components:
  - code: share
    title: Share of the pot
    pay: pot
    total: "1000.00"
    shared: equally
    at_most_each: "600.00"
    requires: [present]
    prorates: false
    source: illustrative
  - code: by-need
    title: By need
    pay: per_unit
    measure: need
    at_most: "4"
    amount: "100.00"
    prorates: false
    source: illustrative
"""
"""A plan that looks at all educators at once, and at campuses."""
OFFERED = PLAN.replace(
    b"components:\n",
    b"""offers:
  - code: stay
    title: Stay for another year
    terms: Who takes it stays until June 2022.
    source: illustrative
components:
""",
).replace(b"    pay: per_award\n", b"    pay: per_award\n    offer: stay\n")
"""A plan whose stipends are an offer, to be answered before any of it is approved."""
WRITER = {"roles": ["hr"], "sub": "hr-writer"}
APPROVER = {"roles": ["hr"], "sub": "hr-approver"}
RELEASER = {"roles": ["hr"], "sub": "hr-releaser"}
PAYROLL = {"roles": ["payroll"], "sub": "client:payroll"}
STATE = {
    "statement": "SELECT * FROM statement ORDER BY educator_id, plan_year, sequence",
    "ledger_entry": "SELECT * FROM ledger_entry ORDER BY educator_id, plan_year, sequence, component",
    "bonus_total": "SELECT * FROM bonus_total ORDER BY educator_id, plan_year",
}


class Compensation:
    """What tests do to the service."""

    def __init__(self, running: RunningService) -> None:
        self.running = running
        self.engine = running.runtime.engine
        self.clock = running.clock
        self._book = PlanBook()

    async def call(self, method: str, path: str, *, as_: dict[str, Any], **request: Any) -> httpx.Response:
        if method != "GET":
            request.setdefault("headers", {}).setdefault("Idempotency-Key", f'"{uuid4()}"')
        # A token of this moment: tests move the clock by months.
        now = int(self.clock.moment.timestamp())
        return await self.running.call(
            method, f"/compensation/v1{path}", as_={"iat": now, "exp": now + 3600, **as_}, **request
        )

    async def publish(self, document: bytes = PLAN) -> str:
        """Write and publish a plan and recalculate everybody; the id of its version."""
        version_id = await self.announce(document)
        await self.recalculate()
        return version_id

    async def announce(self, document: bytes = PLAN) -> str:
        """Write and publish a plan; the recalculation is left to whoever works on this database."""
        version_id = await self.write(document)
        await approve_and_publish(partial(self.step, version_id), self.clock.now())
        return version_id

    async def approved(self, document: bytes = PLAN) -> str:
        """Write a plan and take it up to its publication."""
        version_id = await self.write(document)
        for door, body in to_approval(self.clock.now()):
            await self.step(version_id, door, body)
        return version_id

    async def write(self, document: bytes = PLAN) -> str:
        """The id of a draft."""
        headers = {"Content-Type": "application/yaml"}
        written = await self.call("POST", "/plans", as_=WRITER, content=document, headers=headers)
        assert written.status_code == 201, written.text
        return str(written.json()["id"])

    async def step(self, version_id: str, door: str, body: Any = None, *, as_: dict[str, Any] = APPROVER) -> Any:
        """A step of a version's life that is granted; what it answers."""
        answer = await self.call("POST", f"/plans/{version_id}/{door}", as_=as_, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def recalculate(self) -> None:
        """Settle what is asked for and decide everybody, until nothing is due."""
        done: int | None = 0
        while done is not None:
            async with self.engine.begin() as connection:
                is_settled = await settle_next(connection, self.clock)
            async with self.engine.begin() as connection:
                done = await recalculate_next(connection, self.clock, self._book)
            if is_settled:
                done = 0

    async def run_what_ifs(self) -> None:
        """Run those that are asked for, until none is due."""
        while await bootstrap.run_what_if(self.running.runtime):
            pass

    async def what_if(self, **question: Any) -> dict[str, Any]:
        """Ask what it would come to, run it, and look at it."""
        body = {"title": "A question", "plan_year": "2020-21", **question}
        asked = await self.call("POST", "/what-ifs", as_=WRITER, json=body)
        assert asked.status_code == 202, asked.text
        await self.run_what_ifs()
        answer = await self.call("GET", f"/what-ifs/{asked.json()['id']}", as_=WRITER)
        found: dict[str, Any] = answer.json()
        return found

    async def take_in(self, *events: Event) -> None:
        """One batch, as the consumer takes it in."""
        await self.take_in_received([received(event) for event in events])

    async def take_in_received(self, batch: Sequence[ReceivedEvent]) -> None:
        async with self.engine.begin() as connection:
            await handler(self.clock, self._book)(connection, batch)

    async def statement(self, educator: UUID) -> dict[str, Any]:
        answer = await self.call("GET", f"/educators/{educator}/statement", as_=WRITER, params={"plan_year": "2020-21"})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = json.loads(answer.content)
        return body

    async def rows(self, query: str) -> list[dict[str, Any]]:
        async with self.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(text(query))).mappings()]

    async def state(self) -> dict[str, list[dict[str, Any]]]:
        """All that guarantee 4 speaks of, row by row."""
        return {table: await self.rows(query) for table, query in STATE.items()}


class TickingClock(StandingClock):
    """Never shows one moment twice, as a real clock: what must be one moment has to be asked for once."""

    def now(self) -> datetime:
        self.advance(microseconds=1)
        return self.moment


@asynccontextmanager
async def running_compensation(database: str) -> AsyncIterator[Compensation]:
    async with running_service(
        "compensation", Settings, bootstrap.MIGRATIONS, bootstrap.api, database=database, clock=TickingClock()
    ) as running:
        yield Compensation(running)
