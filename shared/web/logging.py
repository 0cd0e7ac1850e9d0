"""Logs: one JSON object a line on standard error, UTC, with the trace id of the work in hand.

Never a body, a token, a secret or a person: what could carry one is withheld by name, and a database error is told
by its kind alone, since its message quotes values.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import orjson
import structlog
from sqlalchemy.exc import DBAPIError
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.trace_context import current_traceparent

_WITHHELD = frozenset(
    {"authorization", "body", "client_secret", "cookie", "email", "password", "payload", "secret", "signature", "token"}
)


def get_logger(name: str) -> Any:
    """A logger whose lines carry `component: name`; it takes an event in plain words and keyword values."""
    return structlog.get_logger(component=name)


def configure_logging(
    service: str, *, level: str = "INFO", clock: Clock | None = None, stream: TextIO | None = None
) -> None:
    """Send all logs of this process to `stream` (standard error) as JSON, those of uvicorn and other libraries too."""
    chain: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _Stamp(service, clock or SystemClock()),
        withhold,
    ]
    structlog.configure(
        processors=[*chain, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*chain, _foreign_fault],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dump),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # One line a request is what metrics are for; uvicorn would also log addresses with their query.
    logging.getLogger("uvicorn.access").disabled = True
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


class _Stamp:
    """Adds time, service and the trace."""

    def __init__(self, service: str, clock: Clock) -> None:
        self._service = service
        self._clock = clock

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["time"] = self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        event["service"] = self._service
        traceparent = current_traceparent()
        if traceparent is not None:
            event["trace_id"] = traceparent[3:35]
            event["span_id"] = traceparent[36:52]
        return event


def withhold(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace what a log line must not have, one level deep into mappings as well."""
    return dict(_without_secrets(event))


def _without_secrets(values: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        name: "[withheld]"
        if name.lower() in _WITHHELD
        else _without_secrets(value)
        if isinstance(value, dict)
        else value
        for name, value in values.items()
    }


def _foreign_fault(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Libraries log exceptions whole; here too a fault is told without the values in its message."""
    record: logging.LogRecord | None = event.get("_record")
    if record is not None and record.exc_info and isinstance(record.exc_info[1], Exception):
        event["fault"] = describe_fault(record.exc_info[1])
        record.exc_info = None
        record.exc_text = None
    event.pop("exc_info", None)
    return event


def describe_fault(error: BaseException) -> dict[str, Any]:
    """What may be logged of an exception: kind, message unless it quotes data, and where it came from."""
    return {"kind": _kind(error), "message": _message(error), "at": _frames(error), "because": _causes(error)}


def _kind(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _message(error: BaseException) -> str:
    state = getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)
    if isinstance(error, DBAPIError) or state is not None:
        return f"sqlstate {state}"
    if type(error).__name__ in {"ValidationError", "ResponseValidationError", "RequestValidationError"}:
        return "validation failed; the values are not logged"
    return str(error)[:500]


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames]


def _causes(error: BaseException) -> list[str]:
    causes: list[str] = []
    seen = error
    while (cause := seen.__cause__ or seen.__context__) is not None and len(causes) < 5:
        causes.append(f"{_kind(cause)}: {_message(cause)}")
        seen = cause
    return causes


def _dump(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str).decode()
