"""A service behind an HTTP address: bytes go through in both directions as they come, nothing is held back or read.

Streams without an end (server-sent events) and large uploads therefore cost no memory, and a caller who leaves ends
the work upstream as well.
"""

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import anyio
import httpx
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from shared.kernel.trace_context import current_traceparent
from shared.web.edge import ANSWER_SECONDS
from shared.web.errors import ServiceUnavailable
from shared.web.logging import describe_fault, get_logger
from shared.web.problems import problem_response
from shared.web.tracing import incoming_trace, request_span

_log = get_logger("rung.gateway")

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""RFC 9110, section 7.6.1, and those that older software still sends."""

_NOT_PASSED_ON = _HOP_BY_HOP | {b"expect", b"traceparent", b"forwarded", b"x-forwarded-for", b"x-forwarded-proto"}
"""Besides: what this server has answered itself, and what is set anew, so that no caller can claim another address."""

_NOT_PASSED_BACK = _HOP_BY_HOP | {b"date", b"server"}
"""Besides: what the server in front of this application sets itself."""

_TIMEOUT = httpx.Timeout(connect=2.0, read=180.0, write=60.0, pool=5.0)
"""Seconds. The reading one is above every limit of the services' databases, so that they are the first to give up."""

_LIMITS = httpx.Limits(max_connections=2000, max_keepalive_connections=100, keepalive_expiry=3.0)
"""Each listener to a stream holds a connection. An idle one is closed before the server at its end closes it (5 s)."""

_LOST = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


class UpstreamBrokeOff(Exception):
    """The service went away in the middle of its answer; breaking off is the only way to say so."""


class HttpUpstream:
    """The service at `url` (`http://host:port`). `transport` is for tests."""

    def __init__(self, service: str, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.service = service
        self._url = httpx.URL(url)
        self._transport = transport or httpx.AsyncHTTPTransport(limits=_LIMITS)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connections are made on demand, and closed at the end."""
        async with self._transport:
            yield

    async def check(self) -> None:
        """Raises where the service does not answer, or says that it is not ready."""
        headers = [(b"host", self._url.netloc)]
        answer = await self._transport.handle_async_request(self._request("GET", b"/readyz", headers))
        await answer.aread()
        if answer.status_code != 200:
            raise ServiceUnavailable(f"{self.service} answers {answer.status_code}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with request_span(None, incoming_trace(scope["headers"]), scope["method"]):
            await _Passage(self, scope, receive, send).run()

    async def forward(self, scope: Scope, body: AsyncIterator[bytes] | None) -> httpx.Response:
        """The beginning of the service's answer. Raises httpx.HTTPError.

        A reading request that was sent on a connection just closed at the other end is sent once more.
        """
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        headers = [*_without(scope["headers"], _NOT_PASSED_ON), *_own_headers(scope)]
        request = self._request(scope["method"], target, headers, body)
        try:
            return await self._transport.handle_async_request(request)
        except _LOST:
            if body is not None or scope["method"] not in ("GET", "HEAD"):
                raise
            return await self._transport.handle_async_request(request)

    def _request(
        self,
        method: str,
        target: bytes,
        headers: list[tuple[bytes, bytes]],
        body: AsyncIterator[bytes] | None = None,
    ) -> httpx.Request:
        # The target as it came: a proxy that writes addresses anew can be made to mean another one.
        extensions = {"target": target, "timeout": _TIMEOUT.as_dict()}
        return httpx.Request(method, self._url, headers=headers, content=body, extensions=extensions)

    def observe(self, status: int, seconds: float) -> None:
        """Count an answer."""
        ANSWER_SECONDS.labels("gateway", self.service, str(status)).observe(seconds)

    def unavailable(self, error: Exception) -> ServiceUnavailable:
        """What the caller is told where the service could not be reached."""
        _log.warning("service out of reach", upstream=self.service, fault=describe_fault(error))
        return ServiceUnavailable(
            f"The {self.service} service cannot be reached for the moment: send the same request again, "
            "with its Idempotency-Key if it had one."
        )


def _without(headers: Iterable[tuple[bytes, bytes]], left_out: frozenset[bytes]) -> list[tuple[bytes, bytes]]:
    """The headers but those named, and those that `Connection` names."""
    headers = [(name.lower(), value) for name, value in headers]
    named = {token.strip().lower() for name, value in headers if name == b"connection" for token in value.split(b",")}
    return [(name, value) for name, value in headers if name not in left_out and name not in named]


def _own_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    own = [(b"x-forwarded-proto", scope.get("scheme", "http").encode())]
    if scope.get("client"):
        own.append((b"x-forwarded-for", str(scope["client"][0]).encode()))
    if (traceparent := current_traceparent()) is not None:
        own.append((b"traceparent", traceparent.encode()))
    return own


class _Passage:
    """One request and its answer."""

    def __init__(self, upstream: HttpUpstream, scope: Scope, receive: Receive, send: Send) -> None:
        self._upstream = upstream
        self._scope = scope
        self._receive = receive
        self._send = send
        self._has_begun = False
        self._body_is_read = anyio.Event()

    async def run(self) -> None:
        started_at = time.perf_counter()
        async with anyio.create_task_group() as group:
            group.start_soon(self._end_when_caller_leaves, group.cancel_scope)
            try:
                await self._answer(started_at)
            except ClientDisconnect:
                _log.info("caller left", upstream=self._upstream.service)
            except httpx.HTTPError as error:
                if self._has_begun:
                    raise UpstreamBrokeOff(str(error)) from error
                response = problem_response(self._upstream.unavailable(error), {"Cache-Control": "no-store"})
                await response(self._scope, self._receive, self._send)
                self._upstream.observe(503, time.perf_counter() - started_at)
            group.cancel_scope.cancel()

    async def _answer(self, started_at: float) -> None:
        body = self._body() if self._has_body() else None
        if body is None:
            self._body_is_read.set()
        answer = await self._upstream.forward(self._scope, body)
        try:
            self._has_begun = True
            headers = _without(answer.headers.raw, _NOT_PASSED_BACK)
            await self._send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
            self._upstream.observe(answer.status_code, time.perf_counter() - started_at)
            async for chunk in answer.aiter_raw():
                await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            with anyio.CancelScope(shield=True):
                await answer.aclose()
        await self._send({"type": "http.response.body", "body": b""})

    def _has_body(self) -> bool:
        return any(
            (name == b"content-length" and value != b"0") or name == b"transfer-encoding"
            for name, value in self._scope["headers"]
        )

    async def _body(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message: Message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]
        self._body_is_read.set()

    async def _end_when_caller_leaves(self, scope: anyio.CancelScope) -> None:
        # Only one may wait for messages: until the body is read, its reader sees the caller leave.
        await self._body_is_read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass
        scope.cancel()
