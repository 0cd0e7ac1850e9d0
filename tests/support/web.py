"""A clock that stands still, an issuer's keys, and an application in this process to call."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from shared.web.app import About, Edges, create_app
from shared.web.auth import Authenticator

ISSUER = "urn:test:issuer"
AUDIENCE = "urn:test:api"
NOON = datetime(2021, 3, 1, 12, 0, tzinfo=UTC)
RSA = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
EC = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)


class StandingClock:
    """Shows `moment` until it is told otherwise."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)


def key_set(*keys: RSAKey | ECKey) -> bytes:
    return json.dumps({"keys": [dict(key.as_dict(private=False)) for key in keys or (RSA, EC)]}).encode()


def claims(**changes: Any) -> dict[str, Any]:
    """Claims that are right at NOON; a change to None leaves the claim out."""
    right = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ana",
        "client_id": "screens",
        "iat": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 3600,
        "jti": "token-1",
        "roles": ["educator"],
    }
    return {name: value for name, value in (right | changes).items() if value is not None}


def token(*, key: RSAKey | ECKey = RSA, header: dict[str, Any] | None = None, **changes: Any) -> str:
    algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
    members = {"alg": algorithm, "typ": "at+jwt", "kid": key.kid} | (header or {})
    members = {name: value for name, value in members.items() if value is not None}
    return jwt.encode(members, claims(**changes), key, algorithms=[algorithm], default_type=None)


def bearer(**changes: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(**changes)}"}


def authenticator(clock: StandingClock | None = None) -> Authenticator:
    async def keys() -> bytes:
        return key_set()

    return Authenticator(issuer=ISSUER, audience=AUDIENCE, keys=keys, clock=clock or StandingClock())


def app_of(router: APIRouter, *, edges: Edges | None = None, **checks: Any) -> FastAPI:
    return create_app(
        About(service="compensation", title="Compensation", version="1.0.0", description="For tests."),
        [router],
        authenticator=authenticator(),
        ready_checks=checks,
        edges=edges,
    )


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests reach `app` without a socket."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service.test") as client:
        yield client


async def call_raw(
    app: FastAPI, *, path: str, headers: Sequence[tuple[str, str]] = (), chunks: Sequence[bytes] = (b"",)
) -> list[dict[str, Any]]:
    """One POST as a server hands it on: the body in `chunks`, headers as they are. Returns the messages sent."""
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, start=1)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": ("127.0.0.1", 1),
        "server": ("service.test", 80),
    }
    await app(scope, receive, send)
    return sent
