"""Plan versions: published by another person, one for a year, and never changed; a new one pays everybody anew."""

import asyncio
from typing import Any

import pytest

from services.compensation.policy.plan_book import PlanBook
from services.compensation.service import recalculation
from tests.support.compensation import APPROVER, PLAN, WRITER, Compensation
from tests.support.factories.events import awarded, educator_id, rostered

ANA = educator_id(1)
CHEAPER = PLAN.replace(b'"200.00"', b'"150.00"')


async def refusal(compensation: Compensation, path: str, as_: dict[str, Any]) -> tuple[int, str]:
    answer = await compensation.call("POST", f"{path}/publication", as_=as_)
    return answer.status_code, answer.json()["code"]


async def test_who_wrote_a_version_cannot_publish_it(compensation: Compensation) -> None:
    path = f"/plans/{await compensation.approved()}"

    assert await refusal(compensation, path, WRITER) == (403, "writer-cannot-publish")
    assert (await compensation.call("GET", path, as_=WRITER)).json()["state"] == "board_approved"
    assert (await compensation.call("POST", f"{path}/publication", as_=APPROVER)).status_code == 200


async def test_everybody_is_told_how_far_the_recalculation_has_come(
    compensation: Compensation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalculation, "CHUNK", 2)
    await compensation.take_in(*(rostered(educator_id(number)) for number in range(3)))
    path = f"/plans/{await compensation.announce()}/recalculation"

    async def progress() -> tuple[int, int, bool]:
        told = (await compensation.call("GET", path, as_=WRITER)).json()
        return told["educators"], told["educators_total"], told["finished_at"] is not None

    assert await progress() == (0, 3, False)
    for _ in ("divided into ranges", "the first range"):
        async with compensation.engine.begin() as connection:
            await recalculation.recalculate_next(connection, compensation.clock, PlanBook())
    assert await progress() == (2, 3, False)
    await compensation.recalculate()
    await compensation.take_in(rostered(educator_id(3)))
    assert await progress() == (3, 3, True)


async def test_several_workers_share_a_recalculation(
    compensation: Compensation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalculation, "CHUNK", 2)
    await compensation.take_in(*(rostered(educator_id(number)) for number in range(9)))
    path = f"/plans/{await compensation.announce()}/recalculation"

    async def next_range(book: PlanBook) -> int | None:
        async with compensation.engine.begin() as connection:
            return await recalculation.recalculate_next(connection, compensation.clock, book)

    async def work() -> list[int]:
        book, done = PlanBook(), list[int]()
        while (educators := await next_range(book)) is not None:
            done.append(educators)
        return done

    assert await next_range(PlanBook()) == 0
    one, other = await asyncio.gather(work(), work())

    assert one
    assert other
    assert sum(one + other) == 9
    told = (await compensation.call("GET", path, as_=WRITER)).json()
    assert told["educators"] == 9
    assert told["finished_at"] is not None
    assert await compensation.rows("SELECT * FROM recalculation_range") == []
    decided = await compensation.rows("SELECT educator_id, sequence FROM statement")
    assert len({row["educator_id"] for row in decided}) == len(decided) == 9


async def test_a_version_is_published_once(compensation: Compensation) -> None:
    path = f"/plans/{await compensation.publish()}"
    assert await refusal(compensation, path, APPROVER) == (409, "plan-already-published")

    await compensation.publish(CHEAPER)
    assert await refusal(compensation, path, APPROVER) == (409, "plan-already-published")


async def test_the_next_version_of_a_year_pays_everybody_of_it_anew_and_the_statements_before_stand(
    compensation: Compensation,
) -> None:
    first = await compensation.publish()
    await compensation.take_in(rostered(ANA), awarded(ANA, 1))
    before = await compensation.statement(ANA)
    second = await compensation.publish(CHEAPER)
    after = await compensation.statement(ANA)

    assert [(part["plan"]["version"], part["total"]["amount"]) for part in (before, after)] == [
        (1, "200.00"),
        (2, "150.00"),
    ]
    states = await compensation.rows("SELECT id, state FROM plan_version ORDER BY version")
    assert [(str(row["id"]), row["state"]) for row in states] == [(first, "superseded"), (second, "published")]
    kept = await compensation.rows("SELECT plan_version_id FROM statement ORDER BY sequence")
    assert list(dict.fromkeys(str(row["plan_version_id"]) for row in kept)) == [first, second]
    entries = await compensation.rows("SELECT amount_cents FROM ledger_entry ORDER BY sequence")
    assert [row["amount_cents"] for row in entries] == [20_000, -5_000]
