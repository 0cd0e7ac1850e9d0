"""The CloudEvents codec: the standard's examples, its schema, and whatever else a record may hold."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.events.envelope import Envelope, MalformedEnvelope, decode, encode_binary, format_time, parse_time

FOLDER = Path("tests/vectors/cloudevents")
EXAMPLES = json.loads((FOLDER / "json_format_examples.json").read_text())
SINGLE = [example for example in EXAMPLES if "structured" in example]
SCHEMA = json.loads((FOLDER / "cloudevents.schema.json").read_text())
STRUCTURED = [("content-type", b"application/cloudevents+json")]
RIGHT = {
    "ce_specversion": b"1.0",
    "ce_id": b"1",
    "ce_source": b"urn:rung:slo",
    "ce_type": b"rung.slo.slo.scored.v1",
}


def binary(**changes: bytes | None) -> list[tuple[str, bytes | None]]:
    return list((RIGHT | changes).items())


def structured(**changes: Any) -> bytes:
    right = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
    return json.dumps({name: value for name, value in (right | changes).items() if value is not ...}).encode()


class TestExamplesOfTheStandard:
    @pytest.mark.parametrize("example", SINGLE, ids=lambda example: json.dumps(example["structured"])[:60])
    def test_structured_and_binary_are_the_same_event(self, example: dict[str, Any]) -> None:
        document, twin = dict(example["structured"]), example["http_binary"]
        is_placeholder = document.get("data_base64", "").startswith("...")
        if is_placeholder:
            document["data_base64"] = base64.b64encode(twin["body"].encode()).decode()
        # The HTTP twin has the headers of the Kafka binding, but for their prefix.
        headers = [(name.replace("ce-", "ce_"), value.encode()) for name, value in twin["headers"].items()]

        from_structured = decode(STRUCTURED, json.dumps(document).encode())
        from_binary = decode(headers, twin["body"].encode())

        is_json = (from_binary.datacontenttype or "").endswith("json")
        same = json.loads if is_json else bytes
        assert same(from_structured.data or b"") == same(from_binary.data or b"")
        assert_same_attributes(from_structured, from_binary)

    @pytest.mark.parametrize("example", [example for example in EXAMPLES if "batch" in example], ids=["some", "none"])
    def test_a_batch_is_no_record(self, example: dict[str, Any]) -> None:
        with pytest.raises(MalformedEnvelope):
            decode([("content-type", b"application/cloudevents-batch+json")], json.dumps(example["batch"]).encode())


def assert_same_attributes(one: Envelope, other: Envelope) -> None:
    names = ("id", "source", "type", "time", "subject", "datacontenttype", "dataschema", "extensions")
    assert {name: getattr(one, name) for name in names} == {name: getattr(other, name) for name in names}


texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=30)
uris = st.from_regex(r"[a-z]{1,8}:[A-Za-z0-9/._-]{1,20}", fullmatch=True)
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
envelopes = st.builds(
    Envelope,
    id=texts,
    source=uris,
    type=texts,
    time=st.none() | moments,
    subject=st.none() | texts,
    data=st.none() | st.binary(max_size=40),
    datacontenttype=st.none() | st.just("application/json"),
    dataschema=st.none() | uris,
    extensions=st.dictionaries(st.sampled_from(["traceparent", "causationid", "sequence"]), texts),
)


@given(envelopes)
@settings(max_examples=300, derandomize=True)
def test_an_event_comes_back_as_it_went(envelope: Envelope) -> None:
    assert decode(encode_binary(envelope), envelope.data) == envelope


@given(envelopes)
@settings(max_examples=100, derandomize=True)
def test_what_we_send_is_what_the_schema_of_the_standard_allows(envelope: Envelope) -> None:
    headers = dict(encode_binary(envelope))
    document = {name.removeprefix("ce_"): value.decode() for name, value in headers.items() if name.startswith("ce_")}
    jsonschema.validate(document, SCHEMA)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*RIGHT, "content-type", "ce_time", "ce_data", "ce_x y", "b3"]) | st.text(max_size=8),
            st.none() | st.binary(max_size=20) | st.sampled_from([*RIGHT.values(), b"application/cloudevents+json"]),
        ),
        max_size=8,
    ),
    st.none() | st.binary(max_size=60) | st.sampled_from([structured(), b"[" * 5000, b'{"id":"\\ud800"}']),
)
@settings(max_examples=500, derandomize=True)
def test_whatever_a_record_holds_it_is_an_event_or_malformed(
    headers: list[tuple[str, bytes | None]], value: bytes | None
) -> None:
    try:
        envelope = decode(headers, value)
    except MalformedEnvelope:
        return
    assert envelope.id
    assert envelope.source
    assert envelope.type


class TestBinary:
    @pytest.mark.parametrize("name", list(RIGHT))
    def test_a_missing_attribute_is_never_made_up(self, name: str) -> None:
        for value in (None, b""):
            with pytest.raises(MalformedEnvelope, match=name.removeprefix("ce_")):
                decode(binary(**{name: value}), b"{}")

    @pytest.mark.parametrize(
        "changes",
        [
            {"ce_specversion": b"0.3"},
            {"ce_id": b"\xff"},
            {"ce_id": b"a\nb"},
            {"ce_id": "a\uffff".encode()},
            {"ce_source": b"two words"},
            {"ce_source": b"%zz"},
            {"ce_dataschema": b""},
            {"ce_subject": b""},
            {"ce_time": b"yesterday"},
            {"ce_time": b"2021-02-30T00:00:00Z"},
            {"ce_time": "٢٠٢١-03-01T00:00:00Z".encode()},
            {"ce_Extension": b"x"},
            {"ce_": b"x"},
            {"ce_data": b"x"},
            {"ce_content-type": b"application/json"},
        ],
        ids=str,
    )
    def test_a_value_that_the_standard_forbids_is_malformed(self, changes: dict[str, bytes]) -> None:
        with pytest.raises(MalformedEnvelope):
            decode(binary(**changes), b"{}")

    @pytest.mark.parametrize("twice", ["ce_id", "content-type", "Content-Type"])
    def test_between_two_values_of_one_name_nothing_is_chosen(self, twice: str) -> None:
        headers = [*binary(), ("content-type", b"application/json"), (twice, b"2")]
        with pytest.raises(MalformedEnvelope, match="two"):
            decode(headers, b"{}")

    def test_headers_of_others_may_hold_what_they_like(self) -> None:
        headers = [*binary(), ("b3", b"\xff\xfe"), ("b3", b"again"), ("empty", None)]
        assert decode(headers, b"{}").extensions == {}

    def test_no_data_is_no_data_and_not_an_empty_text(self) -> None:
        assert decode(binary(), None).data is None
        assert decode(binary(), b"").data == b""

    def test_the_trace_travels_as_an_extension(self) -> None:
        trace = "00-12345678901234567890123456789012-1234567890123456-01"
        assert decode(binary(ce_traceparent=trace.encode()), b"{}").traceparent == trace
        assert decode(binary(), b"{}").traceparent is None

    def test_the_mode_is_told_by_the_content_type_and_not_by_the_headers_beside_it(self) -> None:
        mirrored = [*binary(ce_id=b"mirrored"), ("Content-Type", b"Application/CloudEvents+JSON; charset=utf-8")]
        assert decode(mirrored, structured(id="inside")).id == "inside"


class TestStructured:
    def test_data_of_another_type_than_json_is_the_text_itself(self) -> None:
        envelope = decode(STRUCTURED, structured(datacontenttype="application/xml", data='<a b="ü"/>'))
        assert envelope.data == '<a b="ü"/>'.encode()

    def test_without_a_type_data_is_json_and_a_text_keeps_its_quotes(self) -> None:
        envelope = decode(STRUCTURED, structured(data="ü"))
        assert (envelope.data, envelope.datacontenttype) == ('"ü"'.encode(), "application/json")

    def test_an_attribute_that_is_null_is_not_there(self) -> None:
        assert decode(STRUCTURED, structured(subject=None, extra=None)).extensions == {}

    def test_extensions_are_written_as_the_standard_writes_them(self) -> None:
        assert decode(STRUCTURED, structured(yes=True, count=-(2**31))).extensions == {
            "yes": "true",
            "count": str(-(2**31)),
        }

    @pytest.mark.parametrize(
        "value",
        [
            None,
            b"",
            b"\xff",
            b"[]",
            b"[" * 100_000,
            structured(id=17),
            structured(id=...),
            structured(type=None),
            structured(specversion=1.0),
            structured(extra=1.5),
            structured(extra=2**31),
            structured(extra={"a": 1}),
            structured(id="\ud800"),
            structured(data="\ud800"),
            structured(data_base64="not base64!"),
            structured(data_base64="ü"),
            structured(data_base64=17),
            structured(data=1, data_base64="YQ=="),
            structured()[:-1] + b',"id":"2"}',
            structured()[:-1] + b',"data":NaN}',
            structured()[:-1] + b',"data":1e999}',
        ],
        ids=lambda value: str(value)[:60],
    )
    def test_what_the_standard_forbids_is_malformed(self, value: bytes | None) -> None:
        with pytest.raises(MalformedEnvelope):
            decode(STRUCTURED, value)

    def test_another_format_is_not_read_as_json(self) -> None:
        with pytest.raises(MalformedEnvelope, match="avro"):
            decode([("content-type", b"application/cloudevents+avro")], structured())


class TestTime:
    @pytest.mark.parametrize(
        "text",
        ["2021-03-01T12:00:00Z", "2021-03-01t12:00:00.000z", "2021-03-01T14:00:00+02:00", "2021-03-01T07:00:00-05:00"],
    )
    def test_any_way_to_write_a_moment_is_the_same_moment_in_utc(self, text: str) -> None:
        found = parse_time(text)
        assert format_time(found) == "2021-03-01T12:00:00.000000Z"
        assert found.tzinfo == UTC

    @pytest.mark.parametrize(
        "text", ["2021-03-01", "2021-03-01T12:00:00", "20210301T120000Z", "0001-01-01T00:00:00+01:00"]
    )
    def test_a_moment_without_a_zone_or_out_of_reach_is_malformed(self, text: str) -> None:
        with pytest.raises(MalformedEnvelope):
            parse_time(text)
