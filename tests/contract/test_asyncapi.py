"""The AsyncAPI document: stored as generated, complete, and true of what the relay puts on the bus."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from deploy.export import ASYNCAPI, event_documents
from shared.events.envelope import Envelope, encode_binary
from shared.events.registry import EVENTS, Event, schema_uri
from shared.events.topics import PARTITIONS, Topic
from tests.support.event_samples import FULL

STORED: dict[str, Any] = json.loads((Path(__file__).resolve().parents[2] / ASYNCAPI).read_text())


def test_the_stored_document_is_the_one_that_the_code_makes() -> None:
    assert json.loads(event_documents()[ASYNCAPI]) == STORED, "run `.venv/bin/rung export`"


def test_every_topic_is_a_channel_with_all_its_events() -> None:
    channels = {channel["address"]: channel for channel in STORED["channels"].values()}

    assert channels.keys() == {str(topic) for topic in Topic}
    for topic in Topic:
        owned = {event_type for event_type, event in EVENTS.items() if event.topic is topic}
        assert channels[topic]["messages"].keys() == owned
        assert channels[topic]["bindings"]["kafka"]["partitions"] == PARTITIONS


@pytest.mark.parametrize("event", FULL, ids=lambda event: type(event).type)
def test_the_payload_described_is_the_one_sent(event: Event) -> None:
    message = STORED["components"]["messages"][type(event).type]
    schema = {**message["payload"], "components": STORED["components"]}
    sent = json.loads(event.model_dump_json())

    assert list(Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(sent)) == []
    assert list(Draft202012Validator(schema).iter_errors({}))


@pytest.mark.parametrize("event", FULL, ids=lambda event: type(event).type)
def test_the_headers_described_are_those_sent(event: Event) -> None:
    message = STORED["components"]["messages"][type(event).type]
    trait = STORED["components"]["messageTraits"][message["traits"][0]["$ref"].rpartition("/")[2]]
    headers = {**trait["headers"], "properties": {**trait["headers"]["properties"], **message["headers"]["properties"]}}
    envelope = Envelope(
        id="01930000-0000-7000-8000-000000000001",
        source="urn:rung:slo",
        type=type(event).type,
        time=datetime(2021, 3, 1, tzinfo=UTC),
        subject=event.key,
        data=b"{}",
        dataschema=schema_uri(type(event).type),
        extensions={"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    )
    sent = {name: value.decode() for name, value in encode_binary(envelope)}

    assert list(Draft202012Validator(headers, format_checker=FormatChecker()).iter_errors(sent)) == []
    assert sent.keys() <= headers["properties"].keys()
    wrong = sent | {"ce_type": "rung.of.another.kind.v1"}
    assert list(Draft202012Validator(headers).iter_errors(wrong))
