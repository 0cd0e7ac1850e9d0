"""Checking access tokens: RFC 9068 on RFC 7515, within the limits of RFC 8725. Pure: keys and time are handed in.

Only RS256 and ES256, and a key is bound to one of the two when it is read, so that no token chooses how it is checked.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

LEEWAY_SECONDS = 30
_ALGORITHMS = ("RS256", "ES256")
_MIN_RSA_BITS = 2048
_MAX_TOKEN_LENGTH = 8192
_REGISTRY = jws.JWSRegistry(algorithms=list(_ALGORITHMS))
_TYPES = frozenset({"at+jwt", "application/at+jwt"})


class Role(StrEnum):
    """What a caller may act as. A person has one or several; what they reach besides is decided on each object."""

    PROVIDER = "provider"
    EDUCATOR = "educator"
    APPRAISER = "appraiser"
    PRINCIPAL = "principal"
    COACH = "coach"
    SLO_REVIEWER = "slo-reviewer"
    HR = "hr"
    PAYROLL = "payroll"
    EVALUATOR = "evaluator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling, as their token says."""

    subject: str
    client_id: str
    roles: frozenset[Role]
    educator_id: UUID | None = None
    campus_ids: frozenset[UUID] = frozenset()

    def has_any(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    def is_educator(self, educator_id: UUID) -> bool:
        """True where this is the educator in person."""
        return self.educator_id == educator_id

    def works_on(self, campus_id: UUID) -> bool:
        return campus_id in self.campus_ids


class TokenRefused(Exception):
    """The token proves nothing. The message says why in words that may be shown."""


class KeyUnknown(TokenRefused):
    """No key with the token's `kid` is at hand; a newer key set may have it."""


_Key = RSAKey | ECKey


class VerificationKeys:
    """The public keys of an issuer (RFC 7517), by `kid`, each good for one algorithm."""

    def __init__(self, keys: Mapping[str, tuple[_Key, str]]) -> None:
        self._keys = dict(keys)

    def __len__(self) -> int:
        return len(self._keys)

    @classmethod
    def parse(cls, document: bytes) -> "VerificationKeys":
        """Read a JWK set. A key that is not for checking RS256 or ES256 signatures is passed over.

        Raises ValueError where the document is not a JWK set.
        """
        match json.loads(document):
            case {"keys": [*members]}:
                usable = ((member, _usable_key(member)) for member in members if isinstance(member, dict))
                return cls({member["kid"]: key for member, key in usable if key is not None})
            case _:
                raise ValueError("the document is not a JWK set: it has no list `keys`")

    def find(self, kid: str) -> tuple[_Key, str]:
        """Raises KeyUnknown."""
        try:
            return self._keys[kid]
        except KeyError:
            raise KeyUnknown("its signing key is not one of the issuer's") from None


def _usable_key(member: dict[str, Any]) -> tuple[_Key, str] | None:
    operations = member.get("key_ops")
    if (
        not isinstance(member.get("kid"), str)
        or member.get("use", "sig") != "sig"
        or (operations is not None and operations != ["verify"])
    ):
        return None
    # Only the public members are read: what a key set should never have had is not kept either.
    try:
        match member.get("kty"):
            case "RSA":
                rsa = RSAKey.import_key({name: member[name] for name in ("kty", "n", "e")})
                algorithm, is_strong = "RS256", rsa.public_key.key_size >= _MIN_RSA_BITS
                return (rsa, algorithm) if is_strong and member.get("alg", algorithm) == algorithm else None
            case "EC" if member.get("crv") == "P-256" and member.get("alg", "ES256") == "ES256":
                return ECKey.import_key({name: member[name] for name in ("kty", "crv", "x", "y")}), "ES256"
    except (JoseError, ValueError, KeyError, TypeError):
        return None
    return None


def verify_signature(token: str, keys: VerificationKeys) -> tuple[Mapping[str, Any], bytes]:
    """Header and payload of a compact JWS whose signature fits. Raises TokenRefused.

    A key named in the header itself (`jwk`, `jku`, `x5u`, `x5c`) proves nothing: such a token is refused (RFC 8725,
    section 3.10), as is one with `crit` or detached content.
    """
    if len(token) > _MAX_TOKEN_LENGTH or not token.isascii():
        raise TokenRefused("it is not a JWT")
    try:
        unverified = jws.extract_compact(token.encode(), registry=_REGISTRY)
        header = unverified.headers()
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise TokenRefused("it is not a JWT") from error
    if not header.keys() <= {"alg", "kid", "typ", "cty"}:
        raise TokenRefused("its header has members other than alg, kid, typ and cty")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise TokenRefused("its header has no kid")
    key, algorithm = keys.find(kid)
    if header.get("alg") != algorithm:
        raise TokenRefused("its algorithm is not that of its key")
    try:
        is_valid = jws.validate_compact(unverified, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused("its signature does not fit") from error
    if not is_valid:
        raise TokenRefused("its signature does not fit")
    return header, unverified.payload


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token that was checked."""

    principal: Principal
    expires_at: float


def read_access_token(token: str, keys: VerificationKeys, *, issuer: str, audience: str, now: datetime) -> AccessToken:
    """Check `token` whole (RFC 9068, section 4). Raises TokenRefused; KeyUnknown is worth a look at newer keys."""
    header, payload = verify_signature(token, keys)
    kind = header.get("typ")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise TokenRefused("it is not an access token: typ is not at+jwt")
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise TokenRefused("its claims are not JSON") from error
    if not isinstance(claims, dict):
        raise TokenRefused("its claims are not a JSON object")
    if claims.get("iss") != issuer:
        raise TokenRefused("it is from another issuer")
    audiences = claims.get("aud")
    if audiences != audience and not (isinstance(audiences, list) and audience in audiences):
        raise TokenRefused("it is for another audience")
    expires_at = _check_times(claims, now.timestamp())
    _text(claims, "jti")
    return AccessToken(_principal(claims), expires_at)


def _check_times(claims: Mapping[str, Any], now: float) -> float:
    expires_at = _number(claims, "exp")
    if now >= expires_at + LEEWAY_SECONDS:
        raise TokenRefused("it has expired")
    if _number(claims, "iat") > now + LEEWAY_SECONDS:
        raise TokenRefused("it was issued in the future")
    if "nbf" in claims and _number(claims, "nbf") > now + LEEWAY_SECONDS:
        raise TokenRefused("it is not valid yet")
    return expires_at


def _principal(claims: Mapping[str, Any]) -> Principal:
    known = {role.value: role for role in Role}
    educator_id = claims.get("educator_id")
    return Principal(
        subject=_text(claims, "sub"),
        client_id=_text(claims, "client_id"),
        # A role of another system is none of ours, and no reason to refuse the token.
        roles=frozenset(known[name] for name in _texts(claims, "roles") if name in known),
        educator_id=None if educator_id is None else _uuid("educator_id", educator_id),
        campus_ids=frozenset(_uuid("campus_ids", value) for value in _texts(claims, "campus_ids")),
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= 512:
        raise TokenRefused(f"its claim {name} is missing or not a text")
    return value


def _texts(claims: Mapping[str, Any], name: str) -> Sequence[str]:
    value = claims.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TokenRefused(f"its claim {name} is not a list of texts")
    return value


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e12:
        raise TokenRefused(f"its claim {name} is missing or not a time")
    return value


def _uuid(name: str, value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise TokenRefused(f"its claim {name} is not a UUID") from None
