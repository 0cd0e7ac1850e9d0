"""What every request passes on its way in and out, in one plain ASGI layer: trace, size, faults, headers, figures.

One layer and not five: each costs a few microseconds of every request (aim: 60 in all).
"""

import time
from collections.abc import Mapping

from opentelemetry.trace import Span, StatusCode, Tracer
from prometheus_client import Histogram
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kernel.trace_context import current_trace_id
from shared.web.errors import ContentTooLarge
from shared.web.logging import describe_fault, get_logger
from shared.web.problems import problem_of_fault, problem_response
from shared.web.tracing import incoming_trace, request_span

DEFAULT_BODY_LIMIT_BYTES = 1024 * 1024
_log = get_logger("rung.web")

ANSWER_SECONDS = Histogram(
    "rung_http_answer_seconds",
    "Time from the request's arrival to the beginning of its answer; a stream's length is not in it.",
    ["service", "operation", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)


class _BodyTooLarge(HTTPException):
    """Raised while the body is read. FastAPI lets this class through and turns any other into a 400."""

    def __init__(self) -> None:
        super().__init__(413)


class Edge:
    """The layer around the whole application of one service.

    `body_limits` gives doors a limit of their own, in bytes, by the path of their route: those that take a season's
    work at once.
    """

    def __init__(
        self, app: ASGIApp, *, service: str, body_limits: Mapping[str, int], tracer: Tracer | None = None
    ) -> None:
        self._app = app
        self._service = service
        self._body_limits = [(compile_path(path)[0], limit) for path, limit in body_limits.items()]
        self._tracer = tracer
        self._figures: dict[tuple[str, int], Histogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        parent = incoming_trace(scope["headers"])
        with request_span(self._tracer, parent, scope["method"]) as span:
            await _Exchange(self, scope, receive, send, span).run()

    def limit(self, path: str) -> int:
        return next((limit for door, limit in self._body_limits if door.match(path)), DEFAULT_BODY_LIMIT_BYTES)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def observe(self, operation: str, status: int, seconds: float) -> None:
        figure = self._figures.get((operation, status))
        if figure is None:
            figure = self._figures[operation, status] = ANSWER_SECONDS.labels(self._service, operation, str(status))
        figure.observe(seconds)


class _Exchange:
    """One request and its answer."""

    __slots__ = ("_edge", "_limit", "_receive", "_received", "_scope", "_send", "_span", "_started_at", "_status")

    def __init__(self, edge: Edge, scope: Scope, receive: Receive, send: Send, span: Span | None) -> None:
        self._edge = edge
        self._scope = scope
        self._receive = receive
        self._send = send
        self._span = span
        self._limit = edge.limit(scope["path"])
        self._received = 0
        self._status: int | None = None
        self._started_at = time.perf_counter()

    async def run(self) -> None:
        if self._announces_too_much():
            error = ContentTooLarge(
                f"This door takes at most {self._limit} bytes at once: send it in parts, or write less."
            )
            # No `Connection: close`: closed in mid-upload, a connection is reset, and the caller never sees the answer.
            await problem_response(error)(self._scope, self._receive, self.send)
            return
        try:
            await self._edge.serve(self._scope, self.receive, self.send)
        except ClientDisconnect:
            _log.info("caller left", operation=self._operation())
        except Exception as error:
            if self._status is not None:
                # Too late for a problem: breaking off is the only way to say that the answer is not whole.
                _log.error("fault in mid-answer", operation=self._operation(), fault=describe_fault(error))
                raise
            response = problem_of_fault(error)
            await response(self._scope, self._receive, self.send)

    def _announces_too_much(self) -> bool:
        for name, value in self._scope["headers"]:
            if name == b"content-length":
                return value.isdigit() and int(value) > self._limit
        return False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > self._limit:
                raise _BodyTooLarge
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begin(message)
        await self._send(message)

    def _begin(self, message: Message) -> None:
        self._status = status = message["status"]
        headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
        names = {name for name, _ in headers}
        if b"cache-control" not in names:
            headers.append((b"cache-control", b"no-store"))
        headers.append((b"vary", b"Authorization"))
        headers.append((b"x-content-type-options", b"nosniff"))
        trace_id = current_trace_id()
        if trace_id is not None:
            headers.append((b"x-request-id", trace_id.encode()))
        message["headers"] = headers
        operation = self._operation()
        self._edge.observe(operation, status, time.perf_counter() - self._started_at)
        if self._span is not None:
            self._describe(self._span, operation, status)

    def _operation(self) -> str:
        endpoint = self._scope.get("endpoint")
        return str(getattr(endpoint, "__name__", "unmatched"))

    def _describe(self, span: Span, operation: str, status: int) -> None:
        # Neither path nor query: both may name a person.
        span.update_name(f"{self._scope['method']} {operation}")
        span.set_attributes(
            {
                "http.request.method": self._scope["method"],
                "http.response.status_code": status,
                "rung.operation": operation,
                "url.scheme": self._scope.get("scheme", "http"),
            }
        )
        if status >= 500:
            span.set_status(StatusCode.ERROR)
