"""Standard Webhooks, version 1 (HMAC-SHA-256): a strict verifier and a signer, over the bytes that travelled.

Own code because the published library answers malformed input with raw exceptions and takes junk inside base64 and
timestamps (reference/standards.md, section 1). It knows nothing of JSON, HTTP frameworks or the system's clock.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets as random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from shared.web.errors import WebError

TOLERANCE_SECONDS = 300
_PREFIX = "whsec_"
_ID = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,256}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURES = re.compile(r"[a-z0-9]+,[^ ,]+( [a-z0-9]+,[^ ,]+){0,31}")


class WebhookRefused(WebError):
    """The delivery was not taken; nothing of it was kept."""

    code = "webhook-refused"
    status = 401
    title = "The webhook delivery was refused"


class WebhookHeadersMalformed(WebhookRefused):
    """One of webhook-id, webhook-timestamp and webhook-signature is missing or not what Standard Webhooks defines."""

    code = "webhook-headers-malformed"
    status = 400
    title = "The webhook headers are malformed"


class WebhookSignatureInvalid(WebhookRefused):
    """No signature fits the delivery under any of the secrets in force."""

    code = "webhook-signature-invalid"
    title = "The webhook signature does not fit"


class WebhookTimestampOutside(WebhookRefused):
    """The time of sending is more than five minutes before or after ours. A retry carries a new one."""

    code = "webhook-timestamp-outside"
    title = "The webhook timestamp is too far from now"


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """A secret shared with one sender; its text form is `whsec_` and base64 of 24 to 64 bytes."""

    key: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError, without the text in its message, where it is not a secret."""
        if not text.startswith(_PREFIX):
            raise ValueError("a webhook secret begins with whsec_")
        try:
            key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except binascii.Error as error:
            raise ValueError("a webhook secret is base64 after whsec_") from error
        if not 24 <= len(key) <= 64:
            raise ValueError("a webhook secret has 24 to 64 bytes")
        return cls(key)

    @classmethod
    def generate(cls) -> Self:
        return cls(random.token_bytes(32))

    def reveal(self) -> str:
        """The text form, to hand to the sender once."""
        return _PREFIX + base64.b64encode(self.key).decode()


@dataclass(frozen=True, slots=True)
class VerifiedWebhook:
    """A delivery whose sender is known. `id` stays the same over retries: it is the key of what was already taken."""

    id: str
    sent_at: datetime


def sign(secret: WebhookSecret, *, webhook_id: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a delivery of `body`. Raises ValueError where the id cannot be one."""
    if _ID.fullmatch(webhook_id) is None:
        raise ValueError("a webhook id is 1 to 256 visible ASCII characters without a dot")
    timestamp = str(int(sent_at.timestamp()))
    digest = _digest(secret, webhook_id, timestamp, body)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def verify(
    headers: Mapping[str, str], body: bytes, *, secrets: Sequence[WebhookSecret], now: datetime
) -> VerifiedWebhook:
    """Who sent `body`, and when; `secrets` are all that are in force, two of them while one is being replaced.

    `headers` are looked up by lower-case names. Raises WebhookRefused or one of its kinds, and nothing else.
    """
    webhook_id = _header(headers, "webhook-id", _ID, "1 to 256 visible ASCII characters without a dot")
    timestamp = _header(headers, "webhook-timestamp", _TIMESTAMP, "whole seconds since 1970")
    signatures = _header(headers, "webhook-signature", _SIGNATURES, "a list like v1,BASE64 divided by single spaces")
    offered = [decoded for one in signatures.split(" ") if (decoded := _decode_v1(one)) is not None]
    matches = False
    for secret in secrets:
        expected = _digest(secret, webhook_id, timestamp, body)
        # Every pair is compared, so that the time taken tells nothing about which secret or signature fitted.
        for digest in offered:
            matches |= hmac.compare_digest(expected, digest)
    if not matches:
        raise WebhookSignatureInvalid(
            "No v1 signature fits: sign `id.timestamp.body`, the body as sent, with the secret agreed for this address."
        )
    # Last, so that nobody without a secret learns anything of our clock.
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise WebhookTimestampOutside(
            f"The timestamp is more than {TOLERANCE_SECONDS} seconds off: set the clock, and stamp each attempt anew."
        )
    return VerifiedWebhook(webhook_id, datetime.fromtimestamp(int(timestamp), UTC))


def _header(headers: Mapping[str, str], name: str, form: re.Pattern[str], meaning: str) -> str:
    value = headers.get(name)
    if value is None:
        raise WebhookHeadersMalformed(f"The header {name} is missing: a delivery carries {meaning} in it.")
    if form.fullmatch(value) is None:
        raise WebhookHeadersMalformed(f"The header {name} is not {meaning}.")
    return value


def _decode_v1(signature: str) -> bytes | None:
    version, _, encoded = signature.partition(",")
    if version != "v1":
        return None
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        return None


def _digest(secret: WebhookSecret, webhook_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.digest(secret.key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256)
