"""How two services speak of one person without a name or an address in any event.

Evaluation knows e-mail addresses and employee numbers; a credential provider names the person by one of them.
Both sides turn it into the same keyed digest, and only digests travel. The key is the deployment's secret, so
that the digests in a log cannot be tried against a list of addresses.
"""

import hashlib
import hmac
from enum import StrEnum


class PersonKeyKind(StrEnum):
    """What the digest was taken of."""

    EMAIL = "email"
    EMPLOYEE_NUMBER = "employee"


def person_key(secret: bytes, kind: PersonKeyKind, value: str) -> str:
    """HMAC-SHA-256 over the kind and the normalised value, in hex; upper and lower case are one."""
    normalised = f"{kind}:{value.strip().lower()}"
    return hmac.new(secret, normalised.encode(), hashlib.sha256).hexdigest()
