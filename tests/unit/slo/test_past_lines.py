"""Reading an upload of past years: every fault by line and field, and a digest that knows a line again."""

import json
from decimal import Decimal
from typing import Any

import pytest

from services.slo.errors import MOST_FAULTS_NAMED, SloLinesMalformed
from services.slo.schemas.past import PastSloLine, read_past_slos

LINE: dict[str, Any] = PastSloLine.model_config["json_schema_extra"]["examples"][0]  # type: ignore[index,call-overload]


def upload(*lines: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(line).encode() for line in lines)


def test_lines_are_read_in_their_order_and_empty_ones_keep_their_number() -> None:
    body = upload(LINE) + b"\n\r\n\n" + upload(LINE | {"external_id": "b"}) + b"\n"
    assert [(past.line, past.external_id) for past in read_past_slos(body)] == [(1, "slo-2020-00001"), (4, "b")]


def test_the_digest_is_of_the_content_and_not_of_its_spelling() -> None:
    line = LINE | {"attainment_percent": "82"}
    scores = dict(reversed(line["quality_scores"].items()))
    backwards = dict(reversed((line | {"quality_scores": scores, "attainment_percent": "82.0"}).items()))
    first, same, other = read_past_slos(upload(line, backwards, LINE))
    assert first.line_hash == same.line_hash
    assert first.line_hash != other.line_hash


def test_a_percentage_has_one_place() -> None:
    assert str(read_past_slos(upload(LINE | {"attainment_percent": "82"}))[0].attainment_percent) == "82.0"
    assert read_past_slos(upload(LINE | {"attainment_percent": "100"}))[0].attainment_percent == Decimal(100)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"employee_number": ""}, "/lines/2/employee_number"),
        ({"school_year": "2020-22"}, "/lines/2/school_year"),
        ({"interval": "spring"}, "/lines/2/interval"),
        ({"quality_scores": {"goal": "high"}}, "/lines/2/quality_scores/goal"),
        ({"submitted_on": "2020-09-31"}, "/lines/2/submitted_on"),
        ({"submitted_on": "0001-01-01"}, "/lines/2/submitted_on"),
        ({"learning_goal": "grow\0"}, "/lines/2/learning_goal"),
        ({"external_id": "a\0"}, "/lines/2/external_id"),
        ({"attainment_percent": "100.1"}, "/lines/2/attainment_percent"),
        ({"attainment_percent": 82.5}, "/lines/2/attainment_percent"),
        ({"student": "Ana"}, "/lines/2/student"),
    ],
)
def test_a_fault_is_named_by_line_and_field(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(SloLinesMalformed) as refused:
        read_past_slos(upload(LINE, LINE | change))
    assert [error.pointer for error in refused.value.errors] == [pointer]
    assert refused.value.errors[0].detail.startswith("line 2: ")


@pytest.mark.parametrize("body", [b"", b"\n \n", b"[]", b"{", b"\xff\xfe", b'{"a":1}\n' * (2 * MOST_FAULTS_NAMED)])
def test_what_is_no_upload_is_refused_with_no_more_faults_than_anybody_reads(body: bytes) -> None:
    with pytest.raises(SloLinesMalformed) as refused:
        read_past_slos(body)
    assert 1 <= len(refused.value.errors) <= MOST_FAULTS_NAMED
