"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a call sent twice does its work once.

The answer is stored in the transaction of the work. An error therefore rolls back the key with the work, and only
successes are stored and replayed: after an error the same key may be sent again, with the same or a mended body.
"""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any, ClassVar

import http_sf
from fastapi import Depends, Header
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from shared.kernel.assertions import invariant
from shared.web.errors import WebError

_BARE = re.compile(r"[A-Za-z0-9!#$%&'*+./:=@^_`|~-]{1,255}")
_MAX_KEY = 255


class IdempotencyKeyMissing(WebError):
    """This call needs an `Idempotency-Key`: a new one for each intended change, the same one for each retry of it."""

    code = "idempotency-key-missing"
    status = 400
    title = "An Idempotency-Key is required"


class IdempotencyKeyMalformed(WebError):
    """The `Idempotency-Key` is neither a text in double quotes nor a bare word, of 1 to 255 characters."""

    code = "idempotency-key-malformed"
    status = 400
    title = "The Idempotency-Key cannot be read"


class IdempotencyKeyReused(WebError):
    """The key was used before for another request. A new change needs a new key."""

    code = "idempotency-key-reused"
    status = 422
    title = "The Idempotency-Key belongs to another request"


class StillRunning(WebError):
    """A request with this key is being carried out at this moment. Send it again a little later for its answer."""

    code = "still-running"
    status = 409
    title = "The same request is still running"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}


@dataclass(frozen=True, slots=True)
class IdempotentCall:
    """Which call this is: who sends it, for which use case, under which key, and a digest of all that it asks for."""

    principal: str
    operation: str
    key: str
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a call, as bytes, so that a replay is the same to the last one."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    is_replayed: bool = False

    @classmethod
    def of(cls, model: BaseModel, *, status: int = 200, headers: Mapping[str, str] | None = None) -> "Answer":
        """`model` as JSON."""
        return cls(status, model.model_dump_json().encode(), {"Content-Type": "application/json", **(headers or {})})

    def response(self) -> Response:
        replayed = {"Idempotency-Replayed": "true"} if self.is_replayed else {}
        return Response(self.body, status_code=self.status, headers={**self.headers, **replayed})


def parse_key(header: str) -> str:
    """The key in `header`: a Structured Field string, or the bare form that most senders use.

    `"8e03"` and `8e03` are one key. Raises IdempotencyKeyMalformed.
    """
    value = header.strip(" \t")
    key: Any = value
    if value.startswith('"'):
        try:
            item: Any = http_sf.parse(value.encode("latin-1"), tltype="item")
            key = item[0]
        except (http_sf.StructuredFieldError, UnicodeEncodeError):
            key = None
    elif _BARE.fullmatch(value) is None:
        key = None
    if not isinstance(key, str) or not 1 <= len(key) <= _MAX_KEY:
        raise IdempotencyKeyMalformed(
            f"Idempotency-Key is not a text of 1 to {_MAX_KEY} characters in double quotes: a UUID does well."
        )
    return key


async def _key(
    header: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            description="New for each intended change, the same for each retry of it. Answers are kept for 30 days.",
            examples=['"8e03978e-40d5-43e8-bc93-6894a57f9324"'],
        ),
    ],
) -> str:
    return parse_key(header)


IdempotencyKey = Annotated[str, Depends(_key)]
"""Parameter of a route that money or a workflow depends on. Missing or unreadable: 400."""


async def call_of(request: Request, *, principal: str, key: str) -> IdempotentCall:
    """The call that `request` makes; its digest covers method, path, query and body, its operation is the route."""
    digest = hashlib.sha256()
    for part in (request.method.encode(), request.url.path.encode(), request.url.query.encode(), await request.body()):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    operation = request.scope["endpoint"].__name__
    return IdempotentCall(principal=principal, operation=operation, key=key, body_hash=digest.digest())


_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:scope, 0))")
_FIND = text(
    """
    SELECT body_hash, status, headers, body FROM idempotency_key
    WHERE principal = :principal AND operation = :operation AND key = :key
    """
)
_STORE = text(
    """
    INSERT INTO idempotency_key (principal, operation, key, body_hash, status, headers, body, answered_at)
    VALUES (:principal, :operation, :key, :body_hash, :status, CAST(:headers AS jsonb), :body, :now)
    """
)


async def run_once(
    connection: AsyncConnection, call: IdempotentCall, *, now: datetime, work: Callable[[], Awaitable[Answer]]
) -> Answer:
    """The answer to `call`: that of `work`, or the stored one if the same call has succeeded before.

    `work` writes on `connection`, and the caller commits it (READ COMMITTED, PostgreSQL's default). Two equal calls at
    once: one gets the lock and works, the other gets StillRunning. Should the lock ever fail to tell them apart, the
    primary key still refuses the second success, and with it all of its work.

    Raises IdempotencyKeyReused where the key was used for another request, StillRunning, and whatever `work` raises.
    """
    names = {"principal": call.principal, "operation": call.operation, "key": call.key}
    scope = json.dumps(list(names.values()))
    if not await connection.scalar(_LOCK, {"scope": scope}):
        raise StillRunning("A request with this Idempotency-Key is being carried out: send it again a little later.")
    # A statement of its own: it must see what the holder of the lock before us has committed.
    found = (await connection.execute(_FIND, names)).one_or_none()
    if found is not None:
        if bytes(found.body_hash) != call.body_hash:
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for another request: send a new key for a new change, "
                "or the same request as before for its answer."
            )
        return Answer(found.status, bytes(found.body), found.headers, is_replayed=True)
    answer = await work()
    invariant(200 <= answer.status < 300, "an error is raised, so that it rolls the key back with the work")
    stored = {"status": answer.status, "headers": json.dumps(dict(answer.headers)), "body": answer.body, "now": now}
    await connection.execute(_STORE, {**names, **stored, "body_hash": call.body_hash})
    return replace(answer, is_replayed=False)
