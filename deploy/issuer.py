"""The token issuer of the embedded engine: keys and clients in a folder, tokens as RFC 9068 has them.

For one machine. In production the issuer is the district's own, and nothing here runs. Tokens are signed with RS256:
every process checks every token and one process signs them, and checking costs 44 microseconds with RS256 against 95
with ES256 (measured on the 2-core machine that DESIGN.md speaks of).
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote_plus

from fastapi import APIRouter
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shared.kernel.clock import Clock
from shared.kernel.ids import uuid7
from shared.web.tokens import Principal, Role

DEFAULT_LIFETIME = timedelta(hours=1)
_KEY_BITS = 2048


class Client(BaseModel):
    """A system that gets tokens with a secret of its own."""

    model_config = ConfigDict(frozen=True)

    client_id: str
    secret: str = Field(repr=False)
    roles: list[Role]


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """The names that tokens carry; services are told the same ones."""

    issuer: str
    audience: str


class Issuer:
    """Signs tokens with the key in `folder`, which only its owner can read.

    Client secrets stand in `clients.json` (mode 0600) as they are: `rung` has to show them again, and a digest beside
    them would protect nothing. What a caller presents is compared by digest, in constant time.
    """

    def __init__(self, folder: Path, settings: IssuerSettings, key: RSAKey, *, clock: Clock) -> None:
        self._folder = folder
        self._settings = settings
        self._key = key
        self._clock = clock

    @classmethod
    def open(cls, folder: Path, settings: IssuerSettings, *, clock: Clock) -> Self:
        """The issuer of `folder`; key, key set and the payroll client are made the first time.

        Safe to call in several processes at once: each file is made whole or not at all, and the first one stands.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key_path = folder / "signing-key.json"
        if not key_path.exists():
            fresh = RSAKey.generate_key(_KEY_BITS, {"use": "sig", "alg": "RS256"}, auto_kid=True)
            _create(key_path, json.dumps(fresh.as_dict(private=True)))
        key = RSAKey.import_key(json.loads(key_path.read_bytes()))
        issuer = cls(folder, settings, key, clock=clock)
        _create(issuer.jwks_path, json.dumps(issuer.jwks()), mode=0o644)
        payroll = Client(client_id="payroll", secret=secrets.token_urlsafe(32), roles=[Role.PAYROLL])
        _create(issuer.clients_path, _dump([payroll]))
        return issuer

    @property
    def jwks_path(self) -> Path:
        """The public keys, for `RUNG_TOKEN_KEYS`."""
        return self._folder / "jwks.json"

    @property
    def clients_path(self) -> Path:
        return self._folder / "clients.json"

    def jwks(self) -> dict[str, Any]:
        """The JWK set: public members only."""
        return {"keys": [dict(self._key.as_dict(private=False))]}

    def clients(self) -> dict[str, Client]:
        """The clients by id, with their secrets."""
        return {
            client.client_id: client
            for client in map(Client.model_validate, json.loads(self.clients_path.read_bytes()))
        }

    def issue(self, principal: Principal, *, lifetime: timedelta = DEFAULT_LIFETIME) -> str:
        """A token that says that its bearer is `principal`, from now on and for `lifetime`."""
        now = self._clock.now()
        claims: dict[str, Any] = {
            "iss": self._settings.issuer,
            "aud": self._settings.audience,
            "sub": principal.subject,
            "client_id": principal.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "jti": str(uuid7(now)),
            "roles": sorted(principal.roles),
        }
        if principal.educator_id is not None:
            claims["educator_id"] = str(principal.educator_id)
        if principal.campus_ids:
            claims["campus_ids"] = sorted(map(str, principal.campus_ids))
        return jwt.encode({"alg": "RS256", "typ": "at+jwt", "kid": self._key.kid}, claims, self._key)

    def authenticate(self, client_id: str, secret: str) -> Client | None:
        """The client whose secret this is. An unknown id takes as long as a wrong secret."""
        client = self.clients().get(client_id)
        expected = client.secret if client is not None else secrets.token_urlsafe(32)
        is_right = hmac.compare_digest(_digest(expected), _digest(secret))
        return client if is_right else None


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _dump(clients: list[Client]) -> str:
    return json.dumps([client.model_dump(mode="json") for client in clients], indent=2) + "\n"


def _create(path: Path, content: str, *, mode: int = 0o600) -> None:
    """Make the file whole, or leave the one that is there."""
    if path.exists():
        return
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(mode)
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


class TokenError(Exception):
    """RFC 6749, section 5.2."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status

    def response(self) -> Response:
        headers = {"Cache-Control": "no-store"}
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="token"'
        return JSONResponse({"error": self.error, "error_description": self.description}, self.status, headers)


class TokenAnswer(BaseModel):
    """RFC 6749, section 5.1."""

    access_token: str
    token_type: str
    expires_in: int


class TokenErrorAnswer(BaseModel):
    """RFC 6749, section 5.2."""

    error: str
    error_description: str


def issuer_router(issuer: Issuer) -> APIRouter:
    """`POST /oauth/token` (client credentials) and `GET /oauth/jwks.json`."""
    router = APIRouter(prefix="/oauth", tags=["sign-in"])

    @router.post(
        "/token",
        summary="Get a token with a client's id and secret",
        response_model=TokenAnswer,
        responses={400: {"model": TokenErrorAnswer}, 401: {"model": TokenErrorAnswer}},
        openapi_extra={"requestBody": {"required": True, "content": _FORM}},
    )
    async def issue_token(request: Request) -> Response:
        try:
            client = await _authenticated(issuer, request)
        except TokenError as error:
            return error.response()
        principal = Principal(f"client:{client.client_id}", client.client_id, frozenset(client.roles))
        answer = TokenAnswer(
            access_token=issuer.issue(principal),
            token_type="Bearer",  # noqa: S106 - the kind of token, not a secret
            expires_in=int(DEFAULT_LIFETIME.total_seconds()),
        )
        return JSONResponse(answer.model_dump(), headers={"Cache-Control": "no-store"})

    @router.get("/jwks.json", summary="The keys that tokens are checked with", response_class=Response)
    async def read_jwks() -> Response:
        content = json.dumps(issuer.jwks())
        return Response(
            content, media_type="application/jwk-set+json", headers={"Cache-Control": "public, max-age=300"}
        )

    return router


_FORM: dict[str, Any] = {
    "application/x-www-form-urlencoded": {
        "schema": {
            "type": "object",
            "required": ["grant_type"],
            "properties": {
                "grant_type": {"type": "string", "enum": ["client_credentials"]},
                "client_id": {"type": "string", "description": "Unless the id and secret come by HTTP Basic."},
                "client_secret": {"type": "string"},
                "scope": {"type": "string", "description": "Ignored: a client's roles are fixed."},
            },
        }
    }
}


async def _authenticated(issuer: Issuer, request: Request) -> Client:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise TokenError("invalid_request", "Send the parameters as application/x-www-form-urlencoded.")
    try:
        pairs = (await request.form(max_fields=20)).multi_items()
    except HTTPException as error:
        raise TokenError("invalid_request", "The form cannot be read.") from error
    form = {name: value for name, value in pairs if isinstance(value, str)}
    if len(form) != len(pairs):
        raise TokenError("invalid_request", "A parameter was sent twice.")
    basic = _basic(request.headers.get("authorization"))
    if basic is not None and "client_secret" in form:
        raise TokenError("invalid_request", "Send the client's secret in one way, not in two.")
    client_id, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
    client = issuer.authenticate(client_id, secret)
    if client is None:
        raise TokenError("invalid_client", "No client has this id and secret.", status=401)
    match form.get("grant_type"):
        case "client_credentials":
            return client
        case None:
            raise TokenError("invalid_request", "The parameter grant_type is missing.")
        case _:
            raise TokenError("unsupported_grant_type", "Only client_credentials is offered here.")


def _basic(header: str | None) -> tuple[str, str] | None:
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    # RFC 6749, section 2.3.1: both are form-encoded before they are joined.
    return unquote_plus(client_id), unquote_plus(secret)
