"""The token issuer of the embedded engine: keys and clients in a folder, tokens as RFC 9068 has them.

For one machine. In production the issuer is the district's own, and nothing here runs. Tokens are signed with RS256:
every process checks every token and one process signs them, and checking costs 44 microseconds with RS256 against 95
with ES256 (measured on the 2-core machine that DESIGN.md speaks of).
"""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import BaseModel, ConfigDict, Field

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
