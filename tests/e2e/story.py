"""What must hold of the whole product on any engine: one class, told once for each of them."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.client import DoorRefused, Doors
from deploy.loading import PLAN
from deploy.stack import Stack
from deploy.workspace import Engine
from services.compensation import bootstrap
from services.compensation.settings import Settings
from shared.db import migrations
from shared.runtime import Runtime
from tests.support.books import cents
from tests.support.compensation import STATE
from tests.support.numbers import whole_number
from tests.support.outside import HR, PAYROLL, PLAN_YEAR, Outside, award_notice, line_sums
from tests.support.reference import read_raw_plan, reference
from tests.support.stack import (
    by_educator,
    load_small_sample,
    published_events,
    rows,
    running_stack,
    settled,
)

EDUCATORS = whole_number("EDUCATORS", 150)
CREDENTIALS = ("mc-family-partnership", "mc-english-learners", "mc-classroom-culture", "mc-project-based-learning")


@dataclass(frozen=True)
class Network:
    """A small network at work: the launcher's hold on it, the doors, and a client that nobody knows."""

    stack: Stack
    doors: Doors
    outside: Outside
    client: httpx.AsyncClient


@asynccontextmanager
async def a_year_of_work(folder: Path, engine: Engine) -> AsyncIterator[Network]:
    with running_stack(folder, engine) as stack:
        async with (
            Doors(stack.url, stack.workspace) as doors,
            httpx.AsyncClient(base_url=stack.url, timeout=30) as client,
        ):
            await load_small_sample(stack, doors, educators=EDUCATORS)
            await settled(stack)
            yield Network(stack, doors, Outside(doors), client)


class Story:
    """In this order: the later parts go on from where the earlier ones left the network."""

    async def test_statement_ledger_totals_and_payroll_say_the_same_to_the_cent(self, network: Network) -> None:
        outside = network.outside
        totals = await outside.totals_by_pages()
        assert len(totals) == EDUCATORS
        assert {
            educator: cents(row["total"]["amount"]) for educator, row in (await outside.totals_by_lines()).items()
        } == totals
        assert await outside.totals_by_csv() == totals
        for educator, total in totals.items():
            statement = await outside.statement(educator)
            assert cents(statement["total"]["amount"]) == total
            assert sum(cents(part["amount"]["amount"]) for part in statement["components"]) == total
            assert sum(cents(entry["amount"]["amount"]) for entry in await outside.ledger(educator)) == total
        batch = await outside.pay()
        content = await outside.pull(batch)
        assert line_sums(content) == {educator: total for educator, total in totals.items() if total}
        assert cents(batch["control_total"]["amount"]) == sum(totals.values())
        assert batch["content_hash"] == hashlib.sha256(content).hexdigest()
        assert (await outside.acknowledge(batch))["state"] == "acknowledged"
        assert sum(map(bool, totals.values())) > EDUCATORS // 3

    async def test_an_exact_reference_comes_to_the_same_from_the_published_events(self, network: Network) -> None:
        """The reference knows the plan document and the events, and not one line of the policy."""
        plan = read_raw_plan(PLAN.read_text())
        found = {
            educator: reference(plan, events)
            for educator, events in by_educator(await published_events(network.stack)).items()
        }
        expected = {educator: outcome for educator, outcome in found.items() if outcome is not None}
        assert len(expected) == EDUCATORS
        for educator, outcome in expected.items():
            statement = await network.outside.statement(educator)
            said = {
                "role": statement["eligibility"].get("role"),
                "total": cents(statement["total"]["amount"]),
                "components": {part["code"]: cents(part["amount"]["amount"]) for part in statement["components"]},
                "gates": {gate["code"]: gate["met"] for gate in statement["gates"]},
                "rung": statement["ladder"]["rung"],
            }
            assert said == {name: outcome[name] for name in said}
        assert len({outcome["rung"] for outcome in expected.values()}) > 2

    async def test_the_log_alone_rebuilds_the_same_rows(self, network: Network) -> None:
        """Guarantee 4, over the real bus: read from its beginning into an empty database."""
        await settled(network.stack)
        network.stack.postgres.create_database("rebuilt")
        runtime = Runtime.of("compensation", Settings(**_settings(network.stack)))
        await asyncio.to_thread(migrations.upgrade, bootstrap.MIGRATIONS, runtime.settings.database_url)
        async with runtime:
            assert await bootstrap.rebuild_from_log(runtime) == EDUCATORS
        for table, query in STATE.items():
            lived = await rows(network.stack, "compensation", query)
            assert len(lived) >= EDUCATORS, table
            assert await rows(network.stack, "rebuilt", query) == lived, table

    async def test_an_award_and_an_observation_change_their_educator_only(self, network: Network) -> None:
        outside = network.outside
        before = await outside.totals_by_lines()
        chosen, credential = await self._somebody_with_room(outside)
        educator = await outside.educator(chosen)
        await outside.award(educator, credential)
        after_award = await self._changed(outside, chosen, before[chosen]["statement_hash"])
        stipend = {"micro-credential-stipend": "200.00"}
        assert self._difference(before[chosen], after_award) == stipend
        await outside.observe(educator, level=4)
        await self._changed(outside, chosen, after_award["statement_hash"])
        await settled(network.stack)
        after = await outside.totals_by_lines()
        assert {one for one in after if after[one] != before[one]} == {chosen}

    async def test_what_changed_after_a_batch_is_paid_in_the_next_one(self, network: Network) -> None:
        """Guarantee 7: the first batch keeps its bytes, the second has the differences and nothing else."""
        outside = network.outside
        [first] = await network.doors.get("/compensation/v1/payout-batches", PAYROLL)
        content = await outside.pull(first)
        paid = line_sums(content)
        totals = await outside.totals_by_pages()
        due = {one: total - paid.get(one, 0) for one, total in totals.items() if total != paid.get(one, 0)}
        assert len(due) == 1
        second = await outside.pay()
        assert line_sums(await outside.pull(second)) == due
        assert await outside.pull(first) == content
        with pytest.raises(DoorRefused, match="nothing-to-pay"):
            await outside.pay()

    async def test_a_listener_that_comes_back_misses_nothing(self, network: Network) -> None:
        """The stream of changes resumes by `Last-Event-ID`."""
        outside = network.outside
        place, _ = (await self._listen(network, None, count=0))[0]
        chosen, credential = await self._somebody_with_room(outside)
        educator = await outside.educator(chosen)
        before = await outside.statement(chosen)
        await outside.award(educator, credential)
        (_, _), (place, first) = await self._listen(network, place, count=1)
        assert (first["educator_id"], first["plan_year"]) == (chosen, PLAN_YEAR)
        assert first["total_cents"] == cents(before["total"]["amount"]) + 20_000
        await outside.observe(educator, level=1)
        (_, _), (_, second) = await self._listen(network, place, count=1)
        assert (second["educator_id"], second["sequence"]) == (chosen, first["sequence"] + 1)

    async def test_a_notice_that_nobody_signed_changes_nothing(self, network: Network) -> None:
        before = await network.outside.totals_by_lines()
        chosen, credential = await self._somebody_with_room(network.outside)
        educator = await network.outside.educator(chosen)
        body = award_notice(educator["employee_number"], credential)
        answer = await network.client.post("/credentials/v1/webhooks/bloomboard", content=body)
        assert answer.status_code in (400, 401), answer.text
        await settled(network.stack)
        assert await network.outside.totals_by_lines() == before

    async def _somebody_with_room(self, outside: Outside) -> tuple[str, str]:
        """A teacher employed on the day of the visit who can still earn a stipend, and for what."""
        for educator in sorted(await outside.totals_by_lines()):
            statement = await outside.statement(educator)
            stipend = next(part for part in statement["components"] if part["code"] == "micro-credential-stipend")
            seen = {award.get("credential") for award in stipend["counted"] + stipend["not_counted"]}
            free = [credential for credential in CREDENTIALS if credential not in seen]
            eligibility = statement["eligibility"]
            if (
                not free
                or not eligibility["eligible"]
                or eligibility["role"] != "teacher"
                or len(stipend["counted"]) > 5
            ):
                continue
            person = await outside.educator(educator)
            if person["status"] == "active" and all(part["ends_on"] is None for part in person["assignments"]):
                return educator, free[0]
        raise AssertionError("the sample has no teacher with room for a stipend")

    async def _changed(self, outside: Outside, educator: str, known: str) -> dict[str, Any]:
        async with asyncio.timeout(30):
            while True:
                row = (await outside.totals_by_lines())[educator]
                if row["statement_hash"] != known:
                    return row
                await asyncio.sleep(0.05)

    def _difference(self, before: dict[str, Any], after: dict[str, Any]) -> dict[str, str]:
        parts = {
            code: cents(amount) - cents(before["components"][code]) for code, amount in after["components"].items()
        }
        return {code: f"{amount / 100:.2f}" for code, amount in parts.items() if amount}

    async def _listen(self, network: Network, place: str | None, *, count: int) -> list[tuple[str, dict[str, Any]]]:
        """The place that the stream begins at, and `count` changes with theirs."""
        headers = {"Authorization": f"Bearer {network.doors.token(HR)}"}
        headers |= {"Last-Event-ID": place} if place is not None else {}
        received: list[tuple[str, dict[str, Any]]] = []
        async with (
            asyncio.timeout(30),
            network.client.stream("GET", "/compensation/v1/changes", headers=headers) as stream,
        ):
            assert stream.status_code == 200
            async for message in _messages(stream):
                if "id" in message:
                    received.append((message["id"], json.loads(message.get("data", "{}"))))
                if len(received) > count:
                    break
        return received


async def _messages(stream: httpx.Response) -> AsyncIterator[dict[str, str]]:
    """Server-sent events, each as its fields."""
    fields: dict[str, str] = {}
    async for line in stream.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        else:
            yield fields
            fields = {}


def _settings(stack: Stack) -> dict[str, Any]:
    """For a process beside the running ones: the same bus, an empty database."""
    return {
        "database_url": stack.postgres.url("rebuilt"),
        "bus_database_url": stack.postgres.url("bus") if stack.broker is None else None,
        "kafka_bootstrap": stack.broker.bootstrap if stack.broker else None,
        "token_keys": str(stack.workspace.issuer().jwks_path),
        "person_key_secret": stack.workspace.person_key_secret(),
    }
