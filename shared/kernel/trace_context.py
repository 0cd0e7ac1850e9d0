"""The W3C trace that the work in hand belongs to (https://www.w3.org/TR/trace-context-1/), in a context variable.

Web and messaging both read it here; neither needs the other, and nothing here needs a tracing library.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_NO_TRACE = "0" * 32
_NO_SPAN = "0" * 16
_SAMPLED = 0x01

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A place in a trace; `str()` of it is the `traceparent` to hand on."""

    trace_id: str
    span_id: str
    is_sampled: bool

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.is_sampled else '00'}"

    def child(self) -> "TraceContext":
        """A new place below this one, in the same trace."""
        return TraceContext(self.trace_id, secrets.token_hex(8), self.is_sampled)


def new_trace() -> TraceContext:
    """The first place of a new trace. Not sampled: whoever exports spans decides that for itself."""
    return TraceContext(secrets.token_hex(16), secrets.token_hex(8), is_sampled=False)


def parse_traceparent(text: str) -> TraceContext | None:
    """Read a `traceparent`, or None where it is invalid, upon which a new trace begins (section 4.3 there).

    Later versions are read by their first four fields. White space around the value is HTTP's business, and is
    taken off before.
    """
    match = _TRACEPARENT.fullmatch(text)
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if version == "ff" or (version == "00" and rest is not None):
        return None
    if trace_id == _NO_TRACE or span_id == _NO_SPAN:
        return None
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & _SAMPLED))


def current_traceparent() -> str | None:
    """The `traceparent` of the work in hand, or None outside any trace."""
    return _current.get()


def current_trace_id() -> str | None:
    """The trace id of the work in hand: what a log line and a problem name, so that the two can be put together."""
    value = _current.get()
    return value[3:35] if value is not None else None


def set_traceparent(value: str | None) -> None:
    """From here on, in this task, work belongs to the trace `value`."""
    _current.set(value)


@contextmanager
def traced(value: str | None) -> Iterator[None]:
    """Inside the block work belongs to the trace `value`, afterwards to the one before."""
    token = _current.set(value)
    try:
        yield
    finally:
        _current.reset(token)
