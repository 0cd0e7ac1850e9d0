"""The envelope of every event: CloudEvents 1.0.2 with its Kafka protocol binding.

Own codec, because the published library fills in a missing `id` (reference/standards.md, section 2), and an
invented id is an event that can be counted twice.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

Headers = Sequence[tuple[str, bytes]]

_ATTRIBUTE = re.compile(r"[a-z0-9]+")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE | re.ASCII)
# Section 3.1 of the standard: no control characters, no lone surrogates, no non-characters.
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
_URI_REFERENCE = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_KNOWN = frozenset({"specversion", "id", "source", "type", "time", "subject", "dataschema", "datacontenttype"})
_REQUIRED = ("specversion", "id", "source", "type")
_USUAL = {f"ce_{name}": name for name in (*_KNOWN, "traceparent")}
"""The attributes that almost all envelopes have, by their headers."""


class MalformedEnvelope(ValueError):
    """The record is not a CloudEvent: the producer is wrong, and a retry cannot help."""


class Envelope(NamedTuple):
    """One event on its way: who says it (`source`), which one (`id`), what kind, about whom, and the data as bytes."""

    id: str
    source: str
    type: str
    time: datetime | None
    subject: str | None
    data: bytes | None
    datacontenttype: str | None = "application/json"
    dataschema: str | None = None
    extensions: Mapping[str, str] | None = None

    @property
    def traceparent(self) -> str | None:
        return (self.extensions or {}).get("traceparent")


def encode_binary(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The headers of a Kafka record in binary mode; its value is `envelope.data`."""
    attributes = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "time": format_time(envelope.time) if envelope.time else None,
        "subject": envelope.subject,
        "dataschema": envelope.dataschema,
        **(envelope.extensions or {}),
    }
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items() if value is not None]
    if envelope.datacontenttype is not None:
        headers.append(("content-type", envelope.datacontenttype.encode()))
    return headers


def decode(headers: Sequence[tuple[str, bytes | None]], value: bytes | None) -> Envelope:
    """Read a Kafka record in binary or structured mode.

    Raises MalformedEnvelope, and nothing else, where a required attribute is missing or a value is not what the
    standard allows. Nothing is ever filled in, and nothing is chosen between two values of one name.
    """
    attributes: dict[str, str] = {}
    content_type: str | None = None
    for name, raw in headers:
        attribute = _USUAL.get(name)
        if attribute is None and name.startswith("ce_"):
            attribute = name[3:]
        # Headers of others (a tracing agent's, say) may hold whatever they like.
        if raw is None or (attribute is None and name.lower() != "content-type"):
            continue
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise MalformedEnvelope(f"header {name} is not UTF-8: {error}") from error
        if attribute is None:
            if content_type is not None:
                raise MalformedEnvelope("there are two content-type headers")
            content_type = text
        elif attribute in attributes:
            raise MalformedEnvelope(f"there are two {name} headers")
        else:
            attributes[attribute] = text
    if content_type is not None and content_type.lower().startswith("application/cloudevents"):
        return _decode_structured(content_type, value)
    return _envelope(attributes, value, content_type)


def _decode_structured(content_type: str, value: bytes | None) -> Envelope:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in {"application/cloudevents", "application/cloudevents+json"}:
        raise MalformedEnvelope(f"structured events are read as JSON, one a record, and not as {media_type}")
    try:
        document = json.loads(value or b"", object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedEnvelope(f"the structured event is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise MalformedEnvelope("the structured event is not a JSON object")
    if "data" in document and "data_base64" in document:
        raise MalformedEnvelope("the structured event has both data and data_base64")
    data, encoded = document.pop("data", None), document.pop("data_base64", None)
    attributes = {name: _text(name, item) for name, item in document.items() if item is not None}
    data_type = attributes.pop("datacontenttype", None)
    if encoded is not None:
        return _envelope(attributes, _from_base64(encoded), data_type)
    # JSON format, section 3.1.1: what is not said to be something else is JSON.
    return _envelope(attributes, _from_json(data, data_type or "application/json"), data_type or "application/json")


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands in it twice")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _from_base64(encoded: object) -> bytes:
    if not isinstance(encoded, str):
        raise MalformedEnvelope("data_base64 is not text")
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise MalformedEnvelope(f"data_base64 is not base64: {error}") from error


def _from_json(data: object, data_type: str) -> bytes | None:
    if data is None:
        return None
    subtype = data_type.partition(";")[0].strip().lower().rpartition("/")[2]
    is_json = subtype == "json" or subtype.endswith("+json")
    try:
        if isinstance(data, str) and not is_json:
            return data.encode()
        return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except ValueError as error:
        raise MalformedEnvelope(f"the data cannot be written as {data_type}: {error}") from error


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if name not in _KNOWN and isinstance(value, bool):
        return "true" if value else "false"
    if name not in _KNOWN and isinstance(value, int) and -(2**31) <= value < 2**31:
        return str(value)
    raise MalformedEnvelope(f"attribute {name} is none of text, a whole number of 32 bits and a Boolean")


def _envelope(attributes: dict[str, str], data: bytes | None, content_type: str | None) -> Envelope:
    others = attributes.keys() - _KNOWN
    for name in others:
        if _ATTRIBUTE.fullmatch(name) is None or name == "data":
            raise MalformedEnvelope(f"attribute name {name!r} is not lower-case letters and digits, or is data")
    # The first question is a matter of nanoseconds, and almost always enough.
    whole = "".join(attributes.values())
    if not (whole.isascii() and whole.isprintable()):
        for name, text in attributes.items():
            if _FORBIDDEN.search(text):
                raise MalformedEnvelope(f"attribute {name} has a character that no attribute may have")
    if not all(map(attributes.get, _REQUIRED)):
        missing = [name for name in _REQUIRED if not attributes.get(name)]
        raise MalformedEnvelope(f"required attribute missing: {', '.join(missing)}")
    if attributes["specversion"] != "1.0":
        raise MalformedEnvelope(f"specversion {attributes['specversion']!r} is not 1.0")
    for name in ("source", "dataschema"):
        if name in attributes and not _is_uri_reference(attributes[name]):
            raise MalformedEnvelope(f"attribute {name} is not a URI reference")
    if attributes.get("subject") == "":
        raise MalformedEnvelope("attribute subject is there and empty")
    time = attributes.get("time")
    return Envelope(
        id=attributes["id"],
        source=attributes["source"],
        type=attributes["type"],
        time=parse_time(time) if time is not None else None,
        subject=attributes.get("subject"),
        data=data,
        datacontenttype=content_type,
        dataschema=attributes.get("dataschema"),
        extensions={name: text for name, text in attributes.items() if name in others} if others else {},
    )


@lru_cache(maxsize=1024)
def _is_uri_reference(text: str) -> bool:
    """Remembered, because a stream has few sources and few schemas."""
    return _URI_REFERENCE.fullmatch(text) is not None


@lru_cache(maxsize=64)
def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, so that equal moments are equal bytes. Events of one batch share a moment."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Read RFC 3339, into UTC. Raises MalformedEnvelope where it is not."""
    if _RFC3339.fullmatch(text) is None:
        raise MalformedEnvelope(f"time {text!r} is not RFC 3339")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedEnvelope(f"time {text!r} is not RFC 3339: {error}") from error
