"""A call with an Idempotency-Key does its work once, on a real database, whoever repeats it and whenever."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import APIRouter, Request, Response
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db import idempotency as kept
from shared.db.base import new_metadata
from shared.db.engine import create_engine
from shared.db.idempotency import KEPT_FOR, forget_answers, idempotency_table, keep_forgetting
from shared.kernel.assertions import InvariantBroken
from shared.kernel.errors import RungError
from shared.web import idempotency
from shared.web.auth import CurrentPrincipal
from shared.web.idempotency import (
    Answer,
    IdempotencyKey,
    IdempotencyKeyReused,
    IdempotentCall,
    StillRunning,
    call_of,
    run_once,
)
from tests.support.serving import eventually
from tests.support.web import StandingClock, app_of, bearer, calling

NOW = datetime(2021, 3, 1, 12, 0, tzinfo=UTC)
CALL = IdempotentCall(principal="payroll", operation="prepare_batch", key="k1", body_hash=b"one")


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    metadata = new_metadata()
    idempotency_table(metadata)
    made = create_engine(database, pool_size=12)
    async with made.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(text("CREATE TABLE batch (number serial, name text)"))
    yield made
    await made.dispose()


async def prepare(connection: AsyncConnection, name: str = "march") -> Answer:
    statement = text("INSERT INTO batch (name) VALUES (:name) RETURNING number")
    number = await connection.scalar(statement, {"name": name})
    return Answer(201, f'{{"batch":{number},"name":"{name}"}}'.encode(), {"Content-Type": "application/json"})


async def send(engine: AsyncEngine, call: IdempotentCall = CALL, *, now: datetime = NOW) -> Answer:
    async with engine.begin() as connection:
        return await run_once(connection, call, now=now, work=lambda: prepare(connection))


async def count(engine: AsyncEngine, table: str = "batch") -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def test_the_second_sending_gets_the_first_answer_to_the_byte(engine: AsyncEngine) -> None:
    first = await send(engine)
    second = await send(engine, now=NOW + timedelta(days=29))

    assert not first.is_replayed
    assert second == replace(first, is_replayed=True)
    assert await count(engine) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(CALL, key="k2", body_hash=b"two"),
        replace(CALL, principal="another payroll", body_hash=b"two"),
        replace(CALL, operation="seal_batch", body_hash=b"two"),
    ],
    ids=["key", "principal", "operation"],
)
async def test_another_key_principal_or_operation_is_another_call(engine: AsyncEngine, other: IdempotentCall) -> None:
    await send(engine)
    assert not (await send(engine, other)).is_replayed
    assert await count(engine) == 2


async def test_parts_of_a_call_are_not_mixed_up_by_where_one_ends(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await run_once(
            connection, replace(CALL, principal="a", operation="bc"), now=NOW, work=lambda: prepare(connection)
        )
        other = replace(CALL, principal="ab", operation="c", body_hash=b"two")
        async with engine.begin() as second:
            assert not (await run_once(second, other, now=NOW, work=lambda: prepare(second))).is_replayed


async def test_the_same_key_with_another_body_is_422_and_changes_nothing(engine: AsyncEngine) -> None:
    await send(engine)
    with pytest.raises(IdempotencyKeyReused) as refused:
        await send(engine, replace(CALL, body_hash=b"two"))
    assert refused.value.status == 422
    assert await count(engine) == 1


async def test_an_error_takes_the_key_back_with_the_work_so_that_it_may_be_sent_again(engine: AsyncEngine) -> None:
    class PlanClosed(RungError):
        status = 409

    async def fails(connection: AsyncConnection) -> Answer:
        await prepare(connection)
        raise PlanClosed("The plan is closed.")

    with pytest.raises(PlanClosed):
        async with engine.begin() as connection:
            await run_once(connection, CALL, now=NOW, work=lambda: fails(connection))
    assert await count(engine) == 0
    assert await count(engine, "idempotency_key") == 0

    assert not (await send(engine, replace(CALL, body_hash=b"mended"))).is_replayed
    assert await count(engine) == 1


async def test_an_error_cannot_be_passed_off_as_an_answer(engine: AsyncEngine) -> None:
    async def answers_409() -> Answer:
        return Answer(409, b"{}")

    with pytest.raises(InvariantBroken):
        async with engine.begin() as connection:
            await run_once(connection, CALL, now=NOW, work=answers_409)


async def test_a_twin_in_the_middle_of_the_first_is_told_to_wait(engine: AsyncEngine) -> None:
    working, may_end = asyncio.Event(), asyncio.Event()

    async def slow() -> Answer:
        async with engine.begin() as connection:

            async def work() -> Answer:
                answer = await prepare(connection)
                working.set()
                await may_end.wait()
                return answer

            return await run_once(connection, CALL, now=NOW, work=work)

    first = asyncio.create_task(slow())
    await working.wait()
    with pytest.raises(StillRunning) as refused:
        await send(engine)
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (409, "1")
    may_end.set()
    answer = await first
    assert await send(engine) == replace(answer, is_replayed=True)
    assert await count(engine) == 1


async def test_of_many_at_once_one_works_and_all_others_wait_or_get_its_answer(engine: AsyncEngine) -> None:
    for number in range(15):
        call = replace(CALL, key=f"race-{number}")
        results = await asyncio.gather(*(send(engine, call) for _ in range(10)), return_exceptions=True)
        answers = [result for result in results if isinstance(result, Answer)]
        assert sum(not answer.is_replayed for answer in answers) == 1
        assert len({answer.body for answer in answers}) == 1
        assert all(isinstance(result, (Answer, StillRunning)) for result in results)
    assert await count(engine) == 15


async def test_should_the_lock_fail_the_primary_key_still_refuses_a_second_success(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "_LOCK", text("SELECT true OR :scope = ''"))
    both_work = asyncio.Barrier(2)

    async def slow() -> Answer:
        async with engine.begin() as connection:

            async def work() -> Answer:
                await both_work.wait()
                return await prepare(connection)

            return await run_once(connection, CALL, now=NOW, work=work)

    results = await asyncio.gather(slow(), slow(), return_exceptions=True)
    assert [type(result) for result in results if isinstance(result, Exception)] == [IntegrityError]
    assert await count(engine) == 1


async def test_a_key_is_forgotten_after_thirty_days(engine: AsyncEngine) -> None:
    await send(engine)
    async with engine.begin() as connection:
        assert await forget_answers(connection, now=NOW + KEPT_FOR) == 0
        assert await forget_answers(connection, now=NOW + KEPT_FOR + timedelta(seconds=1)) == 1
    assert await count(engine, "idempotency_key") == 0


async def test_the_loop_forgets_what_is_old_however_much_it_is_and_nothing_else(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "FORGOTTEN_AT_ONCE", 2)
    for number in range(5):
        await send(engine, replace(CALL, key=f"old {number}"), now=NOW - KEPT_FOR - timedelta(seconds=1))
    await send(engine, now=NOW - KEPT_FOR)
    loop = asyncio.create_task(keep_forgetting(engine, StandingClock(NOW)))

    async def one_is_left() -> bool:
        return await count(engine, "idempotency_key") == 1

    await eventually(one_is_left)
    loop.cancel()
    assert (await send(engine, now=NOW)).is_replayed


async def test_over_http_the_replay_is_marked_and_the_digest_covers_path_query_and_body(engine: AsyncEngine) -> None:
    router = APIRouter()

    @router.post("/batches/{name}")
    async def prepare_batch(name: str, key: IdempotencyKey, principal: CurrentPrincipal, request: Request) -> Response:
        call = await call_of(request, principal=principal.subject, key=key)
        async with engine.begin() as connection:
            answer = await run_once(connection, call, now=NOW, work=lambda: prepare(connection, name))
        return answer.response()

    async with calling(app_of(router)) as client:

        async def post(path: str, key: str = '"k1"', body: bytes = b"", sub: str = "ana") -> tuple[int, bool, str]:
            headers = {"Idempotency-Key": key, **bearer(sub=sub)}
            answer = await client.post(f"/compensation/v1/batches/{path}", headers=headers, content=body)
            return answer.status_code, answer.headers.get("idempotency-replayed") == "true", answer.text

        first = await post("march")
        assert first[:2] == (201, False)
        assert await post("march", key="k1") == (201, True, first[2])
        assert (await post("april"))[0] == 422
        assert (await post("march?dry=1"))[0] == 422
        assert (await post("march", body=b"{}"))[0] == 422
        assert (await post("march", sub="ben"))[:2] == (201, False)
