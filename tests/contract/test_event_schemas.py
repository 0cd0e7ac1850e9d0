"""The stored schemas of the published events: current, true of what is sent, and changed only by adding."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from deploy.export.additive import breaks
from deploy.export.events import event_schemas
from shared.events.registry import EVENTS, Event
from shared.events.topics import Topic
from tests.support.event_samples import FULL, LEAN

STORED = Path(__file__).resolve().parents[2] / "shared" / "events" / "schemas"
TYPES = sorted(EVENTS)


def stored(event_type: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((STORED / f"{event_type}.json").read_text())
    return schema


def faults(event_type: str, data: object) -> list[str]:
    validator = Draft202012Validator(stored(event_type), format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(data)]


def test_every_event_has_a_stored_schema_and_every_stored_schema_has_an_event() -> None:
    assert sorted(path.stem for path in STORED.glob("*.json")) == TYPES


@pytest.mark.parametrize("event_type", TYPES)
def test_the_stored_schema_is_the_event_s_own(event_type: str) -> None:
    assert stored(event_type) == event_schemas()[event_type], "run `.venv/bin/rung export`"


@pytest.mark.parametrize("event_type", TYPES)
def test_the_event_of_today_breaks_no_reader_of_the_stored_schema(event_type: str) -> None:
    assert breaks(stored(event_type), event_schemas()[event_type]) == []


@pytest.mark.parametrize("event_type", TYPES)
def test_an_event_is_named_after_its_topic_and_has_its_key(event_type: str) -> None:
    event = EVENTS[event_type]

    assert event.topic in set(Topic)
    assert event_type.split(".")[:2] == ["rung", event.topic.removesuffix(".events")]
    assert event.key_field in event.model_fields
    assert (event.__doc__ or "").strip()


def test_every_event_has_samples() -> None:
    assert {type(sample).type for sample in FULL} == set(TYPES)
    assert {type(sample).type for sample in LEAN} == set(TYPES)


@pytest.mark.parametrize("sample", [*FULL, *LEAN], ids=lambda sample: type(sample).type)
def test_what_a_service_sends_is_what_the_stored_schema_says(sample: Event) -> None:
    assert faults(type(sample).type, json.loads(sample.model_dump_json())) == []


@pytest.mark.parametrize("sample", [*FULL, *LEAN], ids=lambda sample: type(sample).type)
def test_a_consumer_reads_back_what_was_sent(sample: Event) -> None:
    assert type(sample).model_validate_json(sample.model_dump_json()) == sample


@pytest.mark.parametrize("sample", FULL, ids=lambda sample: type(sample).type)
def test_a_consumer_passes_over_what_a_later_version_adds(sample: Event) -> None:
    later = json.loads(sample.model_dump_json())
    _add_everywhere(later)

    assert faults(type(sample).type, later) == []
    assert type(sample).model_validate(later) == sample


@pytest.mark.parametrize("sample", FULL, ids=lambda sample: type(sample).type)
def test_the_schema_and_the_consumer_both_refuse_an_event_without_a_field(sample: Event) -> None:
    sent = json.loads(sample.model_dump_json())
    for name in stored(type(sample).type)["required"]:
        less = {key: value for key, value in sent.items() if key != name}

        assert faults(type(sample).type, less)
        with pytest.raises(ValueError, match=name):
            type(sample).model_validate(less)


def _add_everywhere(node: object) -> None:
    if isinstance(node, dict):
        for name, value in list(node.items()):
            # A plan document is data of its own, whatever it holds.
            if name != "document":
                _add_everywhere(value)
        node["added_later"] = {"of": "any form"}
    elif isinstance(node, list):
        for value in node:
            _add_everywhere(value)
