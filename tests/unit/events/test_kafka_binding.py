"""The CloudEvents project's own scenarios of its Kafka binding, told to our codec."""

import json
from pathlib import Path
from typing import Any

from pytest_bdd import given, parsers, scenarios, then, when

from shared.events.envelope import Envelope, decode, parse_time

scenarios(str(Path("tests/vectors/cloudevents/features_kafka-protocol-binding.feature").resolve()))


@given("Kafka Protocol Binding is supported")
def supported() -> None: ...


@given("a Kafka message with payload:", target_fixture="payload")
def payload(docstring: str) -> bytes:
    return docstring.encode()


@given(parsers.parse("Kafka headers:"), target_fixture="headers")
def headers(datatable: list[list[str]]) -> list[tuple[str, bytes]]:
    return [(name.strip(), value.strip().encode()) for name, value in datatable[1:]]


@when("parsed as Kafka message", target_fixture="envelope")
def envelope(headers: list[tuple[str, bytes]], payload: bytes) -> Envelope:
    return decode(headers, payload)


@then("the attributes are:")
def attributes_are(envelope: Envelope, datatable: list[list[str]]) -> None:
    expected: dict[str, Any] = {name.strip(): value.strip() for name, value in datatable[1:]}
    assert expected.pop("specversion") == "1.0"
    expected["time"] = parse_time(expected["time"])
    assert {name: getattr(envelope, name) for name in expected} == expected


@then("the data is equal to the following JSON:")
def data_is(envelope: Envelope, docstring: str) -> None:
    assert json.loads(envelope.data or b"") == json.loads(docstring)
