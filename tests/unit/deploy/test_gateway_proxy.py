"""What the proxy makes of a connection that is lost before the answer begins."""

import httpx
import pytest

from deploy.gateway import HttpUpstream, create_gateway


class LosingTransport(httpx.AsyncBaseTransport):
    """Loses the first `losses` requests, as a server does that closed an idle connection just then."""

    def __init__(self, losses: int) -> None:
        self.requests: list[str] = []
        self._losses = losses

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request.method)
        if len(self.requests) <= self._losses:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        return httpx.Response(200, stream=httpx.ByteStream(b"here"), request=request)


async def call(transport: LosingTransport, method: str, content: bytes | None = None) -> httpx.Response:
    gateway = create_gateway({"slo": HttpUpstream("slo", "http://127.0.0.1:1", transport=transport)})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url="http://gateway.test") as client:
        return await client.request(method, "/slo/v1/slos", content=content)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_reading_request_is_sent_once_more(method: str) -> None:
    transport = LosingTransport(losses=1)

    assert (await call(transport, method)).status_code == 200
    assert transport.requests == [method, method]


async def test_a_reading_request_is_not_sent_a_third_time() -> None:
    transport = LosingTransport(losses=2)

    assert (await call(transport, "GET")).status_code == 503
    assert transport.requests == ["GET", "GET"]


@pytest.mark.parametrize(("method", "content"), [("POST", b"{}"), ("POST", None), ("DELETE", None)])
async def test_a_change_is_never_sent_twice(method: str, content: bytes | None) -> None:
    transport = LosingTransport(losses=1)

    answer = await call(transport, method, content)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert transport.requests == [method]
