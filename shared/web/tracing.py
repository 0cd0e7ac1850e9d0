"""Which trace a request belongs to, and its span where spans are exported.

The W3C part lives in `shared.kernel.trace_context`, where messaging reads it too. Without a tracer a request still has
a place in a trace, so that logs, problems and events name the same one.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags, Tracer

from shared.kernel.trace_context import TraceContext, new_trace, parse_traceparent, traced


def tracer_for(service: str, exporter: SpanExporter) -> Tracer:
    """A tracer that hands spans to `exporter` in the background; ids and flags are those of the W3C header."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"rung-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider.get_tracer("rung")


def incoming_trace(headers: Iterable[tuple[bytes, bytes]]) -> TraceContext | None:
    """The caller's place in its trace, from ASGI headers; None where there is no valid one, or more than one."""
    found = [value for name, value in headers if name == b"traceparent"]
    return parse_traceparent(found[0].decode("latin-1").strip(" \t")) if len(found) == 1 else None


@contextmanager
def request_span(tracer: Tracer | None, parent: TraceContext | None, method: str) -> Iterator[Span | None]:
    """Inside the block work belongs to a new place in the caller's trace, or in a new trace."""
    if tracer is None:
        with traced(str(parent.child() if parent is not None else new_trace())):
            yield None
        return
    context = trace.set_span_in_context(NonRecordingSpan(_remote(parent))) if parent is not None else None
    # A fault is logged with its trace id; its message may quote data, which no span should carry.
    with tracer.start_as_current_span(
        method, context=context, kind=SpanKind.SERVER, record_exception=False, set_status_on_exception=False
    ) as span:
        place = span.get_span_context()
        here = TraceContext(
            trace.format_trace_id(place.trace_id),
            trace.format_span_id(place.span_id),
            is_sampled=place.trace_flags.sampled,
        )
        with traced(str(here)):
            yield span


def _remote(parent: TraceContext) -> SpanContext:
    return SpanContext(
        trace_id=int(parent.trace_id, 16),
        span_id=int(parent.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED if parent.is_sampled else TraceFlags.DEFAULT),
    )
