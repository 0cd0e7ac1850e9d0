"""The published events as documents: a JSON Schema each, and an AsyncAPI 3 document of all. Made from the registry."""

from typing import Any

from pydantic.json_schema import models_json_schema

from shared.events import compensation, credentials, evaluation, slo
from shared.events.registry import EVENTS, Event, schema_uri
from shared.events.topics import PARTITIONS, Topic

_OWNERS = (evaluation, slo, credentials, compensation)
"""Imported so that every event is registered."""

_COMPONENT = "#/components/{section}/{name}"
_HEADERS = "cloudEventsHeaders"
_KAFKA_BINDING = "0.5.0"


def event_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema (2020-12) of the data of each event, by type."""
    return {event_type: _schema(event) for event_type, event in sorted(EVENTS.items())}


def _schema(event: type[Event]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_uri(event.type),
        **event.model_json_schema(),
    }


def asyncapi(*, version: str) -> dict[str, Any]:
    """The AsyncAPI 3.0 document: a channel for each topic, a message for each event."""
    events = [EVENTS[event_type] for event_type in sorted(EVENTS)]
    payloads, schemas = models_json_schema(
        [(event, "validation") for event in events], ref_template="#/components/schemas/{model}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rung events",
            "version": version,
            "description": (
                "What the services publish: facts in the past tense, each showing its aggregate whole with a version. "
                "Delivery is at least once and in order for each key; keep the highest version of an aggregate and "
                "pass over fields and types that you do not know. The envelope is CloudEvents 1.0 in Kafka's binary "
                "mode. No event carries a name, an e-mail address or anything of students."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {topic.name.lower(): _channel(topic, events) for topic in Topic},
        "operations": {f"publish_{topic.name.lower()}": _operation(topic) for topic in Topic},
        "components": {
            "messages": {event.type: _message(event, payloads[event, "validation"]) for event in events},
            "messageTraits": {_HEADERS: _cloud_events_headers()},
            "schemas": schemas["$defs"],
        },
    }


def _channel(topic: Topic, events: list[type[Event]]) -> dict[str, Any]:
    owner = topic.removesuffix(".events")
    return {
        "address": str(topic),
        "title": f"Events of the {owner} service",
        "description": f"Everything that the {owner} service publishes; one topic, so that a key's events keep order.",
        "messages": {
            event.type: {"$ref": _COMPONENT.format(section="messages", name=event.type)}
            for event in events
            if event.topic is topic
        },
        "bindings": {"kafka": {"topic": str(topic), "partitions": PARTITIONS, "bindingVersion": _KAFKA_BINDING}},
    }


def _operation(topic: Topic) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{topic.name.lower()}"},
        "summary": f"The {topic.removesuffix('.events')} service publishes a committed change.",
    }


def _message(event: type[Event], payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": " ".join((event.__doc__ or event.__name__).split("\n\n")[0].split()),
        "contentType": "application/json",
        "traits": [{"$ref": _COMPONENT.format(section="messageTraits", name=_HEADERS)}],
        # Merged with the trait's headers.
        "headers": {"type": "object", "properties": {"ce_type": {"type": "string", "const": event.type}}},
        "payload": payload,
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"The event's {event.key_field}."},
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _cloud_events_headers() -> dict[str, Any]:
    """CloudEvents' Kafka binding, binary mode: an attribute each in a header of its own."""

    def text(description: str, **more: str) -> dict[str, str]:
        return {"type": "string", "description": description, **more}

    return {
        "headers": {
            "type": "object",
            "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "content-type"],
            "properties": {
                "ce_specversion": {"type": "string", "const": "1.0"},
                "ce_id": text("The event's id: the same again when it is delivered again.", format="uuid"),
                "ce_source": text("urn:rung: and the service.", format="uri"),
                "ce_type": text("What kind of event; ends with its major version."),
                "ce_time": text("When the change was recorded, UTC.", format="date-time"),
                "ce_subject": text("The same as the record's key."),
                "ce_dataschema": text("Names the JSON Schema of the data.", format="uri"),
                "ce_traceparent": text("W3C trace context of the call that caused it."),
                "content-type": {"type": "string", "const": "application/json"},
            },
        }
    }
