"""The W3C's own verdicts on `traceparent`, and what is handed on."""

import json
from pathlib import Path

import pytest

from shared.kernel.trace_context import (
    current_trace_id,
    current_traceparent,
    new_trace,
    parse_traceparent,
    set_traceparent,
    traced,
)

CASES = json.loads(Path("tests/vectors/trace-context/traceparent_cases.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['why']}: {case['traceparent']!r}")
def test_a_traceparent_is_taken_exactly_where_the_w3c_takes_it(case: dict[str, object]) -> None:
    text = str(case["traceparent"])

    found = parse_traceparent(text.strip(" \t"))

    assert (found is not None) == case["same_trace_id"]
    if found is not None:
        assert found.trace_id in text


def test_white_space_is_not_taken_off_here() -> None:
    assert parse_traceparent(" 00-12345678901234567890123456789012-1234567890123456-01") is None


def test_a_later_version_is_handed_on_as_the_one_we_speak_with_the_flag_we_know() -> None:
    found = parse_traceparent("cc-12345678901234567890123456789012-1234567890123456-ff-and-more")

    assert str(found) == "00-12345678901234567890123456789012-1234567890123456-01"


def test_a_child_keeps_the_trace_and_has_a_place_of_its_own() -> None:
    parent = new_trace()
    child = parent.child()

    assert child.trace_id == parent.trace_id
    assert child.span_id != parent.span_id
    assert parse_traceparent(str(child)) == child


def test_the_trace_of_the_work_in_hand_ends_with_its_block() -> None:
    set_traceparent(None)
    with traced("00-12345678901234567890123456789012-1234567890123456-01"):
        assert current_trace_id() == "12345678901234567890123456789012"
    assert current_traceparent() is None
    assert current_trace_id() is None
