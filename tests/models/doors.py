"""Calls a service's doors without a socket, as somebody; and remembers what each Idempotency-Key was used for."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message

from tests.models.machine import GIVEN_AGAIN, GRANTED, Machine, step
from tests.models.refusals import Refused, answer_of
from tests.support.web import bearer

_FAR_OFF = 4_000_000_000
"""Tokens of the model checks do not expire, however often the clock is put on."""


@dataclass(frozen=True, repr=False)
class Caller:
    """Somebody with a token."""

    subject: str
    roles: tuple[str, ...]
    educator_id: UUID | None = None
    campus_ids: tuple[UUID, ...] = ()

    def __repr__(self) -> str:
        return self.subject

    def is_any(self, *roles: str) -> bool:
        return not set(roles).isdisjoint(self.roles)

    @cached_property
    def authorization(self) -> bytes:
        claims = {"sub": self.subject, "roles": list(self.roles), "campus_ids": [str(one) for one in self.campus_ids]}
        educator = {} if self.educator_id is None else {"educator_id": str(self.educator_id)}
        return bearer(exp=_FAR_OFF, **claims, **educator)["Authorization"].encode()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the problem; `granted` where there is none."""
        return GRANTED if self.status < 400 else str(self.json()["code"])


class Doors:
    """The doors of one service, in this process."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def call(
        self,
        method: str,
        path: str,
        caller: Caller | None = None,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        query: str = "",
    ) -> Answer:
        """`body` is sent as it is where it is bytes, else as JSON."""
        content = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        sent: list[Message] = []
        incoming: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> Message:
            if not incoming:
                # The caller stays until the answer is there, however long its stream.
                await asyncio.Event().wait()
            return incoming.pop()

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(self._scope(method, path, caller, headers or {}, query), receive, send)
        answered = {name.decode(): value.decode() for name, value in sent[0]["headers"] if name != b"x-request-id"}
        return Answer(sent[0]["status"], answered, b"".join(part.get("body", b"") for part in sent[1:]))

    def _scope(
        self, method: str, path: str, caller: Caller | None, headers: Mapping[str, str], query: str
    ) -> dict[str, Any]:
        given = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        if "content-type" not in headers:
            given.append((b"content-type", b"application/json"))
        if caller is not None:
            given.append((b"authorization", caller.authorization))
        whole = self._prefix + path
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": whole,
            "raw_path": whole.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": given,
            "client": ("127.0.0.1", 1),
            "server": ("service.test", 80),
        }


@dataclass(frozen=True)
class Granted:
    """What the model answers where it does not refuse: the body as a document, and the tag of what was shown."""

    view: Any
    status: int = 200
    etag: str | None = None


@dataclass(frozen=True)
class KeyedCall:
    """A POST under an Idempotency-Key, and what the model does for it once it knows the product's answer."""

    caller: Caller
    operation: str
    path: str
    body: Any
    key: str
    step: Callable[[Answer], Granted] = field(compare=False)
    if_match: str | None = field(default=None, compare=False)
    unfit: str | None = None
    """The code that its form alone is refused with, before anybody looks at its key."""

    @property
    def place(self) -> tuple[str, str, str]:
        """Where the answer is kept: of another caller or another operation, the same key is another one."""
        return self.caller.subject, self.operation, self.key


class DoorMachine(Machine):
    """A machine whose product is a service behind its doors."""

    doors: Doors

    def agree(self, answer: Answer, model: Callable[[], Granted]) -> Granted | None:
        """Hold the product's answer against the model's; None where both refuse."""
        self.came_to(answer.code)
        said = answer_of(model)
        if isinstance(said, Refused):
            assert answer.code in said.codes, (answer.status, answer.body, said.codes)
            return None
        assert answer.status == said.status, (answer.status, answer.body)
        assert answer.headers.get("etag") == said.etag, (answer.headers, said.etag)
        assert (answer.json() if answer.body else None) == said.view
        return said


class KeyedDoorMachine(DoorMachine):
    """One whose doors take a call once for an Idempotency-Key. It begins with such a call."""

    async def begin(self) -> None:
        self.calls: list[KeyedCall] = []
        self._kept: dict[tuple[str, str, str], tuple[KeyedCall, Answer]] = {}

    async def once(self, call: KeyedCall) -> Granted | None:
        """Send `call`. What was granted before under its key is given again, byte for byte; another call is refused."""
        # A key is the same in both forms that a sender may write it in.
        headers = {"idempotency-key": f'"{call.key}"' if len(self.calls) % 2 else call.key}
        if call.if_match is not None:
            headers["if-match"] = call.if_match
        answer = await self.doors.call("POST", call.path, call.caller, body=call.body, headers=headers)
        self.calls.append(call)
        kept = self._kept.get(call.place)
        if kept is None:
            said = self.agree(answer, lambda: call.step(answer))
            if said is not None:
                self._kept[call.place] = call, answer
            return said
        first, granted = kept
        self.came_to(GIVEN_AGAIN if first == call else answer.code)
        if first != call:
            assert answer.code == (call.unfit or "idempotency-key-reused"), answer
            return None
        assert (answer.status, answer.body) == (granted.status, granted.body)
        assert answer.headers == {**granted.headers, "idempotency-replayed": "true"}, (answer, granted)
        return None

    @step(back=st.integers(1, 6), under_another_key=st.booleans())
    async def send_again(self, back: int, under_another_key: bool) -> None:
        """The very same call, as a caller sends it who never saw the answer; or one under the key of another call."""
        call = self.calls[-min(back, len(self.calls))]
        await self.once(replace(call, key=self._other(call).key) if under_another_key else call)

    def _other(self, call: KeyedCall) -> KeyedCall:
        """The newest other call of the same caller to the same door, or the first of all."""
        alike = (one for one in reversed(self.calls) if one.place[:2] == call.place[:2] and one != call)
        return next(alike, self.calls[0])

    def new_key(self) -> str:
        """A key that was not used yet in this example."""
        return f"key-{len(self.calls)}"
