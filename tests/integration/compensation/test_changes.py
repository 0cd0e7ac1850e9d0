"""The stream of changes: it goes on where the listener left off, and refuses places that are not its own."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text

from services.compensation import bootstrap
from tests.support.compensation import Compensation
from tests.support.factories.events import awarded, educator_id, rostered
from tests.support.web import bearer

ANA, BEN = educator_id(1), educator_id(2)
HR = {"roles": ["hr"]}


@pytest.fixture
async def told(compensation: Compensation) -> Compensation:
    """Published are the plan and three statements: one of Ana's, one of Ben's, and another one of Ana's."""
    await compensation.publish()
    await compensation.take_in(rostered(ANA))
    await compensation.take_in(rostered(BEN))
    await compensation.take_in(awarded(ANA, 1))
    await publish(compensation)
    return compensation


async def publish(compensation: Compensation) -> None:
    """What the relay does."""
    async with compensation.engine.begin() as connection:
        await connection.execute(text("UPDATE outbox SET published_seq = position WHERE published_seq IS NULL"))


async def listen(
    compensation: Compensation, *, count: int, after: str | None = None, educator: UUID | None = None
) -> list[tuple[int, dict[str, Any] | None]]:
    """The place that the stream begins at, and `count` changes with theirs; then the listener leaves."""
    chunks: asyncio.Queue[bytes] = asyncio.Queue()
    gone = asyncio.Event()
    headers = bearer(**HR) | ({"last-event-id": after} if after is not None else {})

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body" and message["body"]:
            chunks.put_nowait(message["body"])

    path = "/compensation/v1/changes"
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": f"educator_id={educator}".encode() if educator is not None else b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    served = asyncio.create_task(bootstrap.api(compensation.running.runtime)(scope, receive, send))
    async with asyncio.timeout(10):
        heard = [_read(await chunks.get()) for _ in range(count + 1)]
    gone.set()
    await served
    return heard


def _read(chunk: bytes) -> tuple[int, dict[str, Any] | None]:
    fields = dict(line.split(": ", 1) for line in chunk.decode().splitlines() if line)
    return int(fields["id"]), json.loads(fields["data"]) if "data" in fields else None


async def test_a_listener_goes_on_after_the_last_change_it_has(told: Compensation) -> None:
    everything = await listen(told, count=3, after="0")
    said = [(change["educator_id"], change["sequence"]) for _, change in everything if change is not None]
    assert said == [(str(ANA), 1), (str(BEN), 1), (str(ANA), 2)]
    for number, (place, _) in enumerate(everything[1:3], start=1):
        assert await listen(told, count=3 - number, after=str(place)) == [(place, None), *everything[number + 1 :]]


async def test_an_educator_s_listener_hears_of_nobody_else(told: Compensation) -> None:
    heard = await listen(told, count=1, after="0", educator=BEN)
    assert [change["educator_id"] for _, change in heard if change is not None] == [str(BEN)]


async def test_what_others_earn_is_looked_through_once(told: Compensation) -> None:
    """A screen that stays open all day must not read the whole day again four times a second."""
    looks: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "outbox.published_seq >" in statement:
            looks.append(statement)

    event.listen(told.engine.sync_engine, "before_cursor_execute", note)
    stream = asyncio.create_task(listen(told, count=2, educator=BEN, after="0"))
    await asyncio.sleep(0.6)
    quiet = len(looks)
    await asyncio.sleep(0.6)
    assert len(looks) == quiet
    await told.take_in(awarded(BEN, 2))
    await publish(told)
    assert [change["sequence"] for _, change in await stream if change is not None] == [1, 2]


@pytest.mark.parametrize("place", ["-1", "1.5", "x", "", "99999999999999999999", "999999999999999999", "\xb2"])
async def test_a_place_that_the_stream_never_gave_is_refused(told: Compensation, place: str) -> None:
    headers = {"Last-Event-ID": place.encode("latin-1")}
    async with asyncio.timeout(10):
        answer = await told.call("GET", "/changes", as_=HR, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")
    assert "Last-Event-ID" in answer.json()["detail"]


async def test_an_educator_may_listen_to_nobody_else(told: Compensation) -> None:
    ana = {"roles": ["educator"], "educator_id": str(ANA)}
    assert (await told.call("GET", "/changes", as_=ana, params={"educator_id": str(BEN)})).status_code == 403
    assert (await told.call("GET", "/changes", as_={"roles": ["appraiser"]})).status_code == 403
