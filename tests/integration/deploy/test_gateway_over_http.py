"""The gateway before services that are processes of their own: what goes through it, over real sockets."""

import asyncio
import http.client
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from deploy.gateway import HttpUpstream, create_gateway
from tests.support.serving import Served, eventually, serving
from tests.support.web import app_of

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Upstream:
    """A service with doors that show what reached it."""

    def __init__(self) -> None:
        self.ports: Counter[int] = Counter()
        self.listener_left = False

    def app(self) -> FastAPI:
        router = APIRouter()

        @router.api_route("/echo", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        async def echo(request: Request) -> Response:
            self.ports[request.client.port if request.client else 0] += 1
            headers = [(name.decode(), value.decode()) for name, value in request.headers.raw]
            body = await request.body()
            shown = {"method": request.method, "headers": headers, "body": body.decode("latin-1")}
            hop = {"Connection": "X-Only-Here", "X-Only-Here": "1", "Keep-Alive": "timeout=5", "X-Kept": "1"}
            return Response(httpx.Response(200, json=shown).content, media_type="application/json", headers=hop)

        @router.post("/count")
        async def count(request: Request) -> int:
            received = 0
            async for chunk in request.stream():
                received += len(chunk)
            return received

        @router.get("/listen")
        async def listen() -> StreamingResponse:
            async def events() -> AsyncIterator[bytes]:
                number = 0
                try:
                    while True:
                        number += 1
                        yield f"id: {number}\n\n".encode()
                        await asyncio.sleep(0.01)
                finally:
                    self.listener_left = True

            return StreamingResponse(events(), media_type="text/event-stream")

        @router.get("/break-off")
        async def break_off() -> StreamingResponse:
            async def lines() -> AsyncIterator[bytes]:
                yield b"the first line\n"
                raise RuntimeError("the service fails in mid-answer")

            return StreamingResponse(lines(), media_type="text/plain")

        return app_of(router)

    def app_that_shows_targets(self) -> object:
        async def app(scope: dict[str, bytes], receive: object, send: object) -> None:
            body = scope["raw_path"] + b"?" + scope["query_string"]
            await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
            await send({"type": "http.response.body", "body": body})  # type: ignore[operator]

        return app


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def service(upstream: Upstream) -> Iterator[Served]:
    with serving(upstream.app()) as served:
        yield served


@pytest.fixture
def gateway(service: Served) -> Iterator[Served]:
    with serving(create_gateway({"compensation": HttpUpstream("compensation", service.url)})) as served:
        yield served


@pytest.fixture
async def client(gateway: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{gateway.url}/compensation/v1", timeout=30) as found:
        yield found


async def chunks(count: int, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


async def test_method_headers_and_body_reach_the_service_as_they_are(client: httpx.AsyncClient) -> None:
    sent = {"Authorization": "Bearer abc", "Idempotency-Key": '"k"', "X-Twice": "a"}
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        shown = (await client.request(method, "/echo", content=b'{"a":"\xe9"}', headers=sent)).json()

        assert (shown["method"], shown["body"]) == (method, '{"a":"\xe9"}')
        received = dict(shown["headers"])
        assert received.items() >= {(name.lower(), value) for name, value in sent.items()}
        assert received["host"] == client.base_url.netloc.decode()
        assert received["x-forwarded-for"] == "127.0.0.1"


async def test_headers_for_one_connection_are_not_passed_on_in_either_direction(client: httpx.AsyncClient) -> None:
    sent = {"Connection": "close, X-Mine", "X-Mine": "1", "TE": "trailers", "X-Forwarded-For": "10.1.1.1"}

    answer = await client.get("/echo", headers=sent)

    received = dict(answer.json()["headers"])
    assert not received.keys() & {"x-mine", "te", "keep-alive"}
    assert received["x-forwarded-for"] == "127.0.0.1"
    assert not answer.headers.keys() & {"x-only-here", "keep-alive"}
    assert answer.headers["x-kept"] == "1"
    assert len(answer.headers.get_list("date")) == 1


async def test_a_large_upload_goes_through_in_pieces(client: httpx.AsyncClient, gateway: Served) -> None:
    announced = {"Content-Length": str(1000 * 1024)}

    assert (await client.post("/count", content=chunks(1000, 1024), headers=announced)).json() == 1000 * 1024
    assert (await client.post("/count", content=chunks(1000, 1024))).json() == 1000 * 1024


async def test_the_answer_to_an_upload_that_is_too_large_reaches_the_caller(client: httpx.AsyncClient) -> None:
    answer = await client.post("/count", content=chunks(200))

    assert (answer.status_code, answer.json()["code"]) == (413, "content-too-large")


async def test_a_stream_without_an_end_is_passed_on_at_once_and_ends_upstream_when_the_listener_leaves(
    client: httpx.AsyncClient, upstream: Upstream
) -> None:
    async with client.stream("GET", "/listen") as answer:
        lines = answer.aiter_lines()
        assert [await anext(lines), await anext(lines), await anext(lines)] == ["id: 1", "", "id: 2"]
        assert answer.headers["content-type"].startswith("text/event-stream")

    async def listener_left() -> bool:
        return upstream.listener_left

    await eventually(listener_left)


async def test_an_answer_that_breaks_off_is_not_shown_as_whole(client: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get("/break-off")


async def test_connections_to_the_service_are_used_again(client: httpx.AsyncClient, upstream: Upstream) -> None:
    for _ in range(20):
        await client.get("/echo")
    await client.post("/echo", content=b"x")

    assert sum(upstream.ports.values()) == 21
    assert len(upstream.ports) == 1


async def test_a_service_that_is_down_is_a_problem_to_come_back_to(gateway: Served, service: Served) -> None:
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        assert (await client.get("/readyz")).status_code == 200
        service.server.should_exit = True

        async def is_down() -> bool:
            return _is_free(service.port)

        await eventually(is_down)

        answer = await client.post("/compensation/v1/echo", content=b"x", headers={"traceparent": TRACE})

        assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.headers["retry-after"], answer.headers["cache-control"]) == ("2", "no-store")
        assert answer.json()["trace_id"] == TRACE[3:35]
        ready = await client.get("/readyz?verbose")
        assert (ready.status_code, ready.json()["checks"]) == (503, {"compensation": "fail"})
        assert (await client.get("/livez")).status_code == 200


async def test_a_service_that_came_back_is_used_again_without_an_error_to_readers(upstream: Upstream) -> None:
    with serving(upstream.app()) as service:
        gateway_app = create_gateway({"compensation": HttpUpstream("compensation", service.url)})
        with serving(gateway_app) as gateway:
            async with httpx.AsyncClient(base_url=gateway.url) as client:
                assert (await client.get("/compensation/v1/echo")).status_code == 200
                service.server.should_exit = True

                async def is_down() -> bool:
                    return _is_free(service.port)

                await eventually(is_down)
                with serving(upstream.app(), port=service.port):
                    assert (await client.get("/compensation/v1/echo")).status_code == 200


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


async def test_a_caller_s_trace_goes_on_in_the_service(client: httpx.AsyncClient) -> None:
    received = dict((await client.get("/echo", headers={"traceparent": TRACE})).json()["headers"])
    alone = dict((await client.get("/echo")).json()["headers"])

    assert received["traceparent"][3:35] == TRACE[3:35]
    assert received["traceparent"] != TRACE
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", alone["traceparent"])


async def test_the_beginning_of_an_answer_alone_has_no_body(client: httpx.AsyncClient) -> None:
    answer = await client.head("/echo")

    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(
    "target", ["/slo/v1/a%2Fb/%E4%BD%A0?x=%20&y=1+2", "/slo/../slo/x", "/slo//v1?", "/slo/v1/~a;b"]
)
def test_an_address_is_passed_on_as_it_was_written(upstream: Upstream, target: str) -> None:
    with (
        serving(upstream.app_that_shows_targets()) as service,  # type: ignore[arg-type]
        serving(create_gateway({"slo": HttpUpstream("slo", service.url)})) as gateway,
    ):
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
        connection.request("GET", target)
        shown = connection.getresponse().read().decode()
        connection.close()

    path, _, query = target.partition("?")
    assert shown == f"{path}?{query}"
