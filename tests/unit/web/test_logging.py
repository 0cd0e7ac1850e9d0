"""Logs: one JSON object a line, with the trace, and without what must not be in them."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from shared.kernel.trace_context import traced
from shared.web.logging import configure_logging, describe_fault, get_logger
from tests.support.web import StandingClock


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logging("compensation", clock=StandingClock(), stream=stream)
    yield stream
    root.handlers, root.level = handlers, level
    logging.getLogger("uvicorn.access").disabled = False
    structlog.reset_defaults()


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_time_service_level_and_the_trace(lines: io.StringIO) -> None:
    with traced("00-12345678901234567890123456789012-1234567890123456-01"):
        get_logger("rung.test").info("plan published", version=3)

    assert read(lines) == [
        {
            "event": "plan published",
            "component": "rung.test",
            "version": 3,
            "level": "info",
            "time": "2021-03-01T12:00:00.000Z",
            "service": "compensation",
            "trace_id": "12345678901234567890123456789012",
            "span_id": "1234567890123456",
        }
    ]


def test_what_must_not_be_logged_is_withheld_by_name(lines: io.StringIO) -> None:
    get_logger("x").warning("refused", token="t0k", body=b"b0dy", caller={"Authorization": "Bearer z", "kind": "web"})

    assert not {"t0k", "b0dy", "Bearer z"} & set(json.dumps(read(lines)).split('"'))
    assert read(lines)[0]["caller"] == {"Authorization": "[withheld]", "kind": "web"}


def test_lines_of_libraries_have_the_same_form(lines: io.StringIO) -> None:
    logging.getLogger("shared.messaging.relay").warning("behind by %d", 7)

    (line,) = read(lines)
    assert (line["event"], line["level"], line["service"]) == ("behind by 7", "warning", "compensation")


def test_an_exception_of_a_library_is_told_without_the_values_that_a_database_quotes(lines: io.StringIO) -> None:
    cause = type("UniqueViolation", (Exception,), {"sqlstate": "23505"})("Key (email)=(ana@example.org)")

    def write() -> None:
        raise DBAPIError("INSERT INTO educator", {"email": "ana@example.org"}, cause) from cause

    try:
        write()
    except DBAPIError:
        logging.getLogger("worker").exception("the handler failed")

    assert "ana@example.org" not in lines.getvalue()
    (line,) = read(lines)
    assert line["fault"]["message"] == "sqlstate 23505"
    assert "test_logging.py" in line["fault"]["at"][-1]
    assert "exception" not in line


def test_values_that_failed_validation_are_not_logged() -> None:
    class Person(BaseModel):
        age: int

    with pytest.raises(ValueError, match="s3cret") as failed:
        Person.model_validate({"age": "s3cret"})
    assert "s3cret" not in json.dumps(describe_fault(failed.value))


def test_a_fault_names_what_it_came_from() -> None:
    def rate() -> None:
        raise RuntimeError("no rating") from KeyError("level")

    with pytest.raises(RuntimeError) as failed:
        rate()
    fault = describe_fault(failed.value)
    assert (fault["kind"], fault["message"]) == ("builtins.RuntimeError", "no rating")
    assert fault["because"] == ["builtins.KeyError: 'level'"]


def test_debug_lines_are_left_out_and_requests_are_not_logged_one_by_one(lines: io.StringIO) -> None:
    get_logger("x").debug("detail")
    logging.getLogger("uvicorn.access").info("GET /?name=ana")
    assert lines.getvalue() == ""
