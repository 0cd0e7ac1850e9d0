"""Who is calling: bearer tokens at the door (RFC 6750), the issuer's keys, and what a route asks of its caller."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

import httpx
from fastapi import Depends
from fastapi.openapi.models import HTTPBearer as BearerModel
from fastapi.security.base import SecurityBase
from starlette.requests import Request

from shared.kernel.clock import Clock
from shared.web.errors import ServiceUnavailable, WebError
from shared.web.logging import describe_fault, get_logger
from shared.web.tokens import (
    LEEWAY_SECONDS,
    AccessToken,
    KeyUnknown,
    Principal,
    Role,
    TokenRefused,
    VerificationKeys,
    read_access_token,
)

__all__ = [
    "ON_ONESELF",
    "Authenticator",
    "CurrentPrincipal",
    "InsufficientScope",
    "InvalidToken",
    "NotYours",
    "Principal",
    "Role",
    "TokenRequired",
    "require",
]

ON_ONESELF = "is yourself: leave it to another person of HR"
"""What is wrong with an entry of many that is about the caller, where HR records what pay rests on."""
_REFRESH_AT_MOST_EVERY_SECONDS = 30.0
_FIRST_TRY_AT_MOST_EVERY_SECONDS = 1.0
_REFRESH_AT_LEAST_EVERY_SECONDS = 300.0
_REMEMBERED_TOKENS = 4096
_log = get_logger("rung.web.auth")


class TokenRequired(WebError):
    """The call carries no bearer token."""

    code = "token-required"
    status = 401
    title = "A token is required"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class InvalidToken(WebError):
    """The bearer token is expired, of another issuer or audience, or not genuine."""

    code = "invalid-token"
    status = 401
    title = "The token is not valid"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class InsufficientScope(WebError):
    """The caller's roles do not reach this call."""

    code = "insufficient-scope"
    status = 403
    title = "The role does not allow it"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}


class NotYours(WebError):
    """The role would allow the call, but this object belongs to another person or campus."""

    code = "not-yours"
    status = 403
    title = "It belongs to somebody else"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}


class Authenticator:
    """Turns a token into a Principal; knows the issuer's keys and remembers tokens already checked.

    `keys` is the path or the https address of a JWK set; for tests and for one process with its issuer, a function
    that returns the document. It is read again when a token names a key it does not have, at most every 30 s, and
    every 5 min in any case: that is how long a key that was taken out goes on counting.
    """

    def __init__(
        self, *, issuer: str, audience: str, keys: str | Path | Callable[[], Awaitable[bytes]], clock: Clock
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._load = keys if callable(keys) else _loader(str(keys))
        self._clock = clock
        self._keys: VerificationKeys | None = None
        self._loaded_at = 0.0
        self._tried_at = float("-inf")
        self._loading = asyncio.Lock()
        self._checked: OrderedDict[bytes, AccessToken] = OrderedDict()

    async def authenticate(self, token: str) -> Principal:
        """Raises InvalidToken; ServiceUnavailable where no keys could be had yet."""
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._checked.get(digest)
        if known is not None and time.monotonic() - self._loaded_at < _REFRESH_AT_LEAST_EVERY_SECONDS:
            if self._clock.now().timestamp() < known.expires_at + LEEWAY_SECONDS:
                self._checked.move_to_end(digest)
                return known.principal
            del self._checked[digest]
        checked = await self._check(token)
        self._checked[digest] = checked
        while len(self._checked) > _REMEMBERED_TOKENS:
            self._checked.popitem(last=False)
        return checked.principal

    async def _check(self, token: str) -> AccessToken:
        keys = self._keys
        if keys is None or time.monotonic() - self._loaded_at >= _REFRESH_AT_LEAST_EVERY_SECONDS:
            keys = await self._refreshed()
        try:
            try:
                return self._read(token, keys)
            except KeyUnknown:
                newer = await self._refreshed()
                if newer is keys:
                    raise
                return self._read(token, newer)
        except TokenRefused as error:
            raise InvalidToken(f"The token was refused: {error}. Get a new one from the token endpoint.") from error

    def _read(self, token: str, keys: VerificationKeys) -> AccessToken:
        return read_access_token(token, keys, issuer=self._issuer, audience=self._audience, now=self._clock.now())

    async def _refreshed(self) -> VerificationKeys:
        """The keys, read again unless somebody else just did. Unreadable: the old ones stay; none yet: 503."""
        async with self._loading:
            pause = _REFRESH_AT_MOST_EVERY_SECONDS if self._keys else _FIRST_TRY_AT_MOST_EVERY_SECONDS
            if time.monotonic() - self._tried_at >= pause:
                self._tried_at = time.monotonic()
                try:
                    self._keys = VerificationKeys.parse(await self._load())
                except (OSError, ValueError, httpx.HTTPError) as error:
                    _log.error("the issuer's keys cannot be read", fault=describe_fault(error))
                else:
                    self._loaded_at = time.monotonic()
                    self._checked.clear()
            if self._keys is None:
                raise ServiceUnavailable(
                    "The issuer's keys cannot be read for the moment: send the same request again."
                )
            return self._keys


def _loader(source: str) -> Callable[[], Awaitable[bytes]]:
    address = urlsplit(source)
    if address.scheme == "https" or (
        address.scheme == "http" and address.hostname in {"127.0.0.1", "::1", "localhost"}
    ):

        async def fetch() -> bytes:
            async with httpx.AsyncClient(timeout=5.0, follow_redirects=False) as client:
                answer = await client.get(source, headers={"Accept": "application/jwk-set+json, application/json"})
                return answer.raise_for_status().content

        return fetch
    if "://" in source:
        raise ValueError(f"{source} is not a source of keys: give a path or an https address")

    async def read() -> bytes:
        return await asyncio.to_thread(Path(source).read_bytes)

    return read


class _Require(SecurityBase):
    """The dependency behind `require`: one call a request, and FastAPI documents the scheme of it."""

    scheme_name = "bearer"
    model = BearerModel(
        bearerFormat="JWT", description="Access token of the issuer (RFC 9068). Locally: `rung token ROLE`."
    )

    def __init__(self, roles: frozenset[Role]) -> None:
        self.roles = roles

    async def __call__(self, request: Request) -> Principal:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise TokenRequired("Send a token with the header Authorization: Bearer ...; POST /oauth/token gives one.")
        authenticator: Authenticator = request.app.state.authenticator
        principal = await authenticator.authenticate(token.strip(" "))
        if self.roles and self.roles.isdisjoint(principal.roles):
            needed = ", ".join(sorted(self.roles))
            raise InsufficientScope(f"This call needs one of the roles {needed}; the token has none of them.")
        return principal


def require(*roles: Role) -> Any:
    """`principal: Annotated[Principal, require(Role.HR, Role.PAYROLL)]`: the caller, who has one of `roles`.

    Without roles: anyone with a valid token; whose object it is, the use case decides (NotYours).
    """
    return Depends(_Require(frozenset(roles)))


CurrentPrincipal = Annotated[Principal, require()]
"""Parameter of a route: the caller, whatever their role."""


def roles_of(dependency: object) -> frozenset[Role] | None:
    """The roles that a dependency asks for; None where it is not one of `require`. For the OpenAPI document."""
    return dependency.roles if isinstance(dependency, _Require) else None
