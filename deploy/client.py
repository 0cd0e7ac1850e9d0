"""A client of the public doors, as the loader, the showing and the tests use them. It knows nothing of the inside."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import httpx

from deploy.workspace import Workspace
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import uuid7
from shared.web.tokens import Principal, Role
from shared.web.webhooks import sign

_SECONDS = 120.0


class DoorRefused(RuntimeError):
    """A door answered with a problem; the message is what it said."""

    def __init__(self, answer: httpx.Response) -> None:
        asked = f"{answer.request.method} {answer.request.url.path}"
        super().__init__(f"{asked}: {answer.status_code} {answer.text[:2000]}")
        self.answer = answer

    @property
    def code(self) -> str | None:
        """What the problem is called; None where the answer is none."""
        try:
            return str(self.answer.json()["code"])
        except (ValueError, KeyError, TypeError):
            return None

    @property
    def sentences(self) -> list[str]:
        """What is wrong, place by place, each with its remedy."""
        try:
            problem = self.answer.json()
            places = [f"{error['pointer'] or '/'}: {error['detail']}" for error in problem.get("errors", ())]
            return places or [str(problem["detail"])]
        except (ValueError, KeyError):
            return [str(self)]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who calls: subject, roles, and whose pay or campus is theirs."""

    subject: str
    roles: tuple[Role, ...]
    educator_id: UUID | None = None
    campus_ids: frozenset[UUID] = frozenset()


class Doors:
    """The doors at `url`, called with tokens of the workspace's issuer. Use as an async context manager."""

    def __init__(self, url: str, workspace: Workspace, *, clock: Clock | None = None) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=_SECONDS, limits=httpx.Limits(max_connections=32))
        self._workspace = workspace
        self._issuer = workspace.issuer()
        self._clock = clock or SystemClock()
        self._tokens: dict[Person, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    def token(self, person: Person) -> str:
        if person not in self._tokens:
            principal = Principal(
                person.subject, "rung", frozenset(person.roles), person.educator_id, person.campus_ids
            )
            self._tokens[person] = self._issuer.issue(principal)
        return self._tokens[person]

    async def call(
        self,
        method: str,
        path: str,
        person: Person,
        *,
        json: Any = None,
        content: bytes | None = None,
        media_type: str | None = None,
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One call; a write carries a fresh Idempotency-Key. Raises DoorRefused for anything but success."""
        sent = {"Authorization": f"Bearer {self.token(person)}"} | (headers or {})
        if method != "GET":
            sent.setdefault("Idempotency-Key", f'"{uuid7(self._clock.now())}"')
        if media_type is not None:
            sent["Content-Type"] = media_type
        answer = await self._client.request(method, path, json=json, content=content, headers=sent, params=params)
        return _successful(answer)

    async def get(self, path: str, person: Person, **params: str) -> Any:
        return (await self.call("GET", path, person, params=params)).json()

    async def send_award(self, provider: str, body: bytes, webhook_id: str | None = None) -> dict[str, Any]:
        """Sign and post a provider's notice, as the provider would. Raises DoorRefused."""
        now = self._clock.now()
        secret = self._workspace.provider_secrets(provider)[0]
        headers = sign(secret, webhook_id=webhook_id or str(uuid7(now)), sent_at=now, body=body)
        answer = await self._client.post(
            f"/credentials/v1/webhooks/{provider}",
            content=body,
            headers={"Content-Type": "application/json", **headers},
        )
        receipt: dict[str, Any] = _successful(answer).json()
        return receipt


def _successful(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    raise DoorRefused(answer)


def in_parts(lines: Iterable[bytes], size: int) -> Iterable[bytes]:
    """Bodies of up to `size` lines each."""
    part: list[bytes] = []
    for line in lines:
        part.append(line)
        if len(part) == size:
            yield b"".join(part)
            part = []
    if part:
        yield b"".join(part)
