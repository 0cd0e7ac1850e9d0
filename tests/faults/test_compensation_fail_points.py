"""Compensation is killed before and after each write that it makes, one at a time; all that it was at ends the same.

The steps are not listed anywhere: each run dies some steps later than the one before, until one comes to its end alive.
"""

from typing import Any
from uuid import UUID

from services.compensation.service.plans import publish_plan
from shared.db.engine import create_engine
from shared.kernel.clock import SystemClock
from tests.support.backlog import SECOND_PLAN, Books, append, not_published_in_order
from tests.support.compensation import APPROVER, PAYROLL, PLAN, WRITER, running_compensation
from tests.support.factories.events import a_year_of, awarded, educator_id, rostered, scored
from tests.support.mortals import Claims, Deaths, Mortal, Stage

ANA, BEN = educator_id(1), educator_id(2)
API = "services.compensation.main"


async def test_the_steps_of_a_payout_batch(deaths: Deaths, database: str) -> None:
    async with running_compensation(database) as service:
        await service.publish()
        await service.take_in(rostered(ANA), awarded(ANA, 1), rostered(BEN), awarded(BEN, 1))

    async def play(api: Mortal, stage: Stage) -> Any:
        async def take(path: str, by: Claims, **request: Any) -> Any:
            return (await api.take("POST", f"/compensation/v1/payout-batches{path}", by=by, **request)).json()

        batch = await take("", WRITER, json={"plan_year": "2020-21", "pay_date": "2021-11-15"})
        await take(f"/{batch['id']}/approval", APPROVER)
        sealed = await take(f"/{batch['id']}/seal", WRITER)
        pulled = await api.take("GET", f"/compensation/v1/payout-batches/{batch['id']}/lines", by=PAYROLL)
        counted = {name: sealed[name] for name in ("line_count", "control_total", "content_hash")}
        done = await take(f"/{batch['id']}/acknowledgements", PAYROLL, json=counted | {"rejected": []})
        return (
            sealed["control_total"],
            done["state"],
            len(pulled.content.splitlines()),
            await stage.rows(
                "SELECT state, line_count, control_total_cents FROM payout_batch",
                "SELECT number, educator_id, component, amount_cents, state FROM payout_line ORDER BY number",
                "SELECT ledger_entry_id, released_at FROM payout_entry ORDER BY ledger_entry_id",
                "SELECT type, count(*) FROM outbox GROUP BY type ORDER BY type",
            ),
        )

    assert await deaths.everywhere(API, database, play) > 100


async def test_the_versions_of_a_plan(deaths: Deaths, database: str) -> None:
    """Each is written by one person and published by another, the second in the place of the first."""
    async with running_compensation(database) as service:
        await service.take_in(rostered(ANA), awarded(ANA, 1))

    async def play(api: Mortal, stage: Stage) -> Any:
        for document in (PLAN, SECOND_PLAN):
            version = (await api.take("POST", "/compensation/v1/plans", by=WRITER, content=document)).json()["id"]
            await api.take("POST", f"/compensation/v1/plans/{version}/publication", by=APPROVER)
        return await stage.rows(
            "SELECT version, content_hash, state, written_by, published_by, event_id IS NOT NULL FROM plan_version"
            " ORDER BY version",
            "SELECT version FROM recalculation JOIN plan_version ON id = plan_version_id ORDER BY version",
            "SELECT type, data::json->>'version' FROM outbox ORDER BY position",
        )

    assert await deaths.everywhere(API, database, play) > 80


async def test_the_worker_that_takes_in_sweeps_and_publishes(deaths_of_workers: Deaths, database: str) -> None:
    """Consumer, recalculation and relay in one process, and a plan version that is published half way.

    After it nothing comes of Ana: what she is paid by it is left to the recalculation alone.
    """
    earlier, later = a_year_of(ANA), [rostered(BEN), scored(BEN), awarded(BEN, 1)]
    async with running_compensation(database) as service:
        await service.announce()
        written = await service.call("POST", "/plans", as_=WRITER, content=SECOND_PLAN)
        second = UUID(written.json()["id"])

    async def play(worker: Mortal, stage: Stage) -> Any:
        books = Books(stage.database)
        await append(stage.bus, earlier)
        await worker.until(lambda: books.has_reached(len(earlier)))
        await _publish(stage.database, second)
        await append(stage.bus, later)
        await worker.until(lambda: books.is_settled(len(earlier + later)))
        assert await not_published_in_order(stage.bus, books) == []
        offsets = "SELECT topic, sum(next_offset) FROM consumer_offset GROUP BY topic ORDER BY topic"
        return await books.outcome(), await stage.rows(offsets)

    assert await deaths_of_workers.everywhere("services.compensation.worker", database, play) > 200


async def _publish(database: str, plan_version_id: UUID) -> None:
    """As the API does; it is not the process that dies here."""
    engine = create_engine(database)
    async with engine.begin() as connection:
        await publish_plan(connection, SystemClock(), plan_version_id, by="hr-approver")
    await engine.dispose()
