"""Callers as they are in life: whoever gets no answer sends the same again, until there is one."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.client import Person
from deploy.workspace import Workspace
from shared.kernel.clock import SystemClock
from shared.kernel.ids import uuid7
from shared.web.tokens import Principal
from shared.web.webhooks import sign

_ANSWER_SECONDS = 8.0
_PAUSE_SECONDS = 0.15
_PATIENCE_SECONDS = 240.0
_TOKEN_SECONDS = 1200.0
# 401 is what a server with a wrong clock says; the callers of this world have tokens that are in force. 500 is none of
# them: a fault that passes is answered with 503, and whatever else goes wrong is a defect and ends the act.
_PASSING = frozenset({401, 408, 425, 429, 502, 503, 504})


class Refused(Exception):
    """An answer that says no, and would say it again."""

    def __init__(self, answer: httpx.Response, *, was_repeated: bool) -> None:
        request = answer.request
        super().__init__(f"{request.method} {request.url.path}: {answer.status_code} {answer.text[:600]}")
        self.answer = answer
        self.status = answer.status_code
        self.code = _code(answer)
        self.was_repeated = was_repeated


class NeverAnswered(AssertionError):
    """A call that was sent again for minutes and never got an answer."""


@dataclass
class Caller:
    """All who call, on one connection pool. It counts what was answered, and what had to be sent again and why."""

    url: str
    workspace: Workspace
    answered: list[float] = field(default_factory=list)
    repeats: Counter[str] = field(default_factory=Counter)
    longest_seconds: float = 0.0

    def __post_init__(self) -> None:
        self._client = httpx.AsyncClient(
            base_url=self.url, timeout=_ANSWER_SECONDS, limits=httpx.Limits(max_connections=64)
        )
        self._issuer = self.workspace.issuer()
        self._tokens: dict[Person, tuple[float, str]] = {}

    async def close(self) -> None:
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        person: Person,
        *,
        json: Any = None,
        content: bytes | None = None,
        media_type: str | None = None,
        tag: str | None = None,
        params: dict[str, str] | None = None,
    ) -> httpx.Response:
        """The answer, in the end; every try of a change carries the same Idempotency-Key. Raises Refused."""
        headers = {"Idempotency-Key": f'"{uuid7(SystemClock().now())}"'} if method != "GET" else {}
        headers |= {"If-Match": tag} if tag else {}
        headers |= {"Content-Type": media_type} if media_type else {}

        def build() -> httpx.Request:
            return self._client.build_request(
                method,
                path,
                json=json,
                content=content,
                params=params,
                headers=headers | {"Authorization": f"Bearer {self._token(person)}"},
            )

        return await self._until_answered(build)

    async def notice(self, provider: str, webhook_id: str, body: bytes) -> dict[str, Any]:
        """Send a provider's notice; every try is signed anew, as providers do. Raises Refused."""
        secret = self.workspace.provider_secrets(provider)[0]

        def build() -> httpx.Request:
            headers = sign(secret, webhook_id=webhook_id, sent_at=SystemClock().now(), body=body)
            return self._client.build_request(
                "POST",
                f"/credentials/v1/webhooks/{provider}",
                content=body,
                headers={"Content-Type": "application/json", **headers},
            )

        receipt: dict[str, Any] = (await self._until_answered(build)).json()
        return receipt

    async def look(self, path: str, person: Person) -> httpx.Response:
        """What is answered to whoever judges, be it a refusal; it is none of the answers that callers were given."""
        try:
            return await self._tried(
                lambda: self._client.build_request(
                    "GET", path, headers={"Authorization": f"Bearer {self._token(person)}"}
                )
            )
        except Refused as refused:
            return refused.answer

    async def _until_answered(self, build: Callable[[], httpx.Request]) -> httpx.Response:
        began = time.monotonic()
        answer = await self._tried(build)
        self.answered.append(time.monotonic())
        self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
        return answer

    async def _tried(self, build: Callable[[], httpx.Request]) -> httpx.Response:
        began = time.monotonic()
        tries = 0
        while time.monotonic() - began < _PATIENCE_SECONDS:
            tries += 1
            try:
                answer = await self._client.send(build())
            except httpx.TransportError as fault:
                why = type(fault).__name__
            else:
                if answer.is_success:
                    return answer
                if answer.status_code not in _PASSING and _code(answer) != "still-running":
                    raise Refused(answer, was_repeated=tries > 1)
                why = str(answer.status_code)
            self.repeats[why] += 1
            await asyncio.sleep(_PAUSE_SECONDS)
        raise NeverAnswered(f"{build().method} {build().url.path} was sent {tries} times, at last: {why}")

    def _token(self, person: Person) -> str:
        issued_at, token = self._tokens.get(person, (-_TOKEN_SECONDS, ""))
        if time.monotonic() - issued_at > _TOKEN_SECONDS - 60:
            roles = frozenset(person.roles)
            principal = Principal(person.subject, "rung", roles, person.educator_id, person.campus_ids)
            issued_at, token = self._tokens[person] = time.monotonic(), self._issuer.issue(principal)
        return token


def _code(answer: httpx.Response) -> str:
    """The code of a problem, where the answer is one."""
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        return str(answer.json().get("code", ""))
    return ""
