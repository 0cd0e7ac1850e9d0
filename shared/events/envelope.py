"""The envelope of every event: CloudEvents 1.0.2 with its Kafka protocol binding.

Own codec, because the published library fills in a missing `id` (reference/standards.md, section 2), and an
invented id is an event that can be counted twice.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

Headers = Sequence[tuple[str, bytes]]

_ATTRIBUTE = re.compile(r"[a-z0-9]+")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_REQUIRED = ("specversion", "id", "source", "type")


class MalformedEnvelope(ValueError):
    """The record is not a CloudEvent: the producer is wrong, and a retry cannot help."""


@dataclass(frozen=True, slots=True)
class Envelope:
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

    Raises MalformedEnvelope where a required attribute is missing or a value is not what the standard allows.
    Nothing is ever filled in.
    """
    try:
        texts = {name.lower(): raw.decode() for name, raw in headers if raw is not None}
    except UnicodeDecodeError as error:
        raise MalformedEnvelope(f"a header is not UTF-8: {error}") from error
    content_type = texts.get("content-type")
    if content_type is not None and content_type.lower().startswith("application/cloudevents"):
        return _decode_structured(value)
    attributes = {name[3:]: text for name, text in texts.items() if name.startswith("ce_")}
    return _envelope(attributes, value, content_type)


def _decode_structured(value: bytes | None) -> Envelope:
    try:
        document = json.loads(value or b"")
    except ValueError as error:
        raise MalformedEnvelope(f"the structured event is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise MalformedEnvelope("the structured event is not a JSON object")
    if "data" in document and "data_base64" in document:
        raise MalformedEnvelope("the structured event has both data and data_base64")
    data = _structured_data(document)
    attributes = {name: _text(name, item) for name, item in document.items() if item is not None}
    content_type = attributes.pop("datacontenttype", "application/json")
    return _envelope(attributes, data, content_type)


def _structured_data(document: dict[str, object]) -> bytes | None:
    import base64
    import binascii

    if (encoded := document.pop("data_base64", None)) is not None:
        try:
            return base64.b64decode(str(encoded), validate=True)
        except binascii.Error as error:
            raise MalformedEnvelope(f"data_base64 is not base64: {error}") from error
    data = document.pop("data", None)
    return None if data is None else json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    raise MalformedEnvelope(f"attribute {name} is neither text, a whole number nor a Boolean")


def _envelope(attributes: dict[str, str], data: bytes | None, content_type: str | None) -> Envelope:
    for name, text in attributes.items():
        if _ATTRIBUTE.fullmatch(name) is None:
            raise MalformedEnvelope(f"attribute name {name!r} is not lower-case letters and digits")
        if _CONTROL.search(text):
            raise MalformedEnvelope(f"attribute {name} has a control character")
    missing = [name for name in _REQUIRED if not attributes.get(name)]
    if missing:
        raise MalformedEnvelope(f"required attribute missing: {', '.join(missing)}")
    if attributes["specversion"] != "1.0":
        raise MalformedEnvelope(f"specversion {attributes['specversion']!r} is not 1.0")
    known = {"specversion", "id", "source", "type", "time", "subject", "dataschema", "datacontenttype"}
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
        extensions={name: text for name, text in attributes.items() if name not in known},
    )


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, so that equal moments are equal bytes."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Read RFC 3339. Raises MalformedEnvelope where it is not."""
    if _RFC3339.fullmatch(text) is None:
        raise MalformedEnvelope(f"time {text!r} is not RFC 3339")
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise MalformedEnvelope(f"time {text!r} is not RFC 3339: {error}") from error
