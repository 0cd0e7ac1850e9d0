"""The load generator counts whole answers, and nothing that is no success."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest

from deploy.bench.setting import BenchFailed
from deploy.load.callers import drive, request
from deploy.load.results import Rate

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def server(pieces: Iterable[bytes], received: list[bytes]) -> AsyncIterator[int]:
    """Answers each request with `pieces`, a moment between them."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            received.append(head)
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0.001)

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


async def driven(port: int, requests: Iterable[bytes]) -> Rate:
    return await drive(port, [iter(requests)], pid=os.getpid(), database=os.getpid(), warm_seconds=0.02, seconds=0.1)


async def test_an_answer_that_comes_in_pieces_counts_once_and_the_next_request_waits_for_its_end() -> None:
    received: list[bytes] = []
    async with server((OK[:9], OK[9:38], OK[38:]), received) as port:
        rate = await driven(port, itertools.repeat(request("GET", "/", {"Accept": "*/*"})))

    # What was sent in the warm-up, and the last one after the end, is answered and not counted.
    assert 2 <= rate.per_second * 0.1 <= len(received) - 2
    assert rate.p50_ms >= 2.0
    assert received[0] == b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nAccept: */*\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (OK.replace(b"200", b"401"), "401"),
        (OK.replace(b"Content-Length: 2", b"Connection: close"), "lost"),
    ],
)
async def test_what_is_no_success_fails_the_drive(answer: bytes, said: str) -> None:
    async with server([answer], []) as port:
        with pytest.raises(BenchFailed, match=said):
            await driven(port, itertools.repeat(request("GET", "/", {})))


async def test_prepared_requests_that_run_out_fail_the_drive() -> None:
    async with server([OK], []) as port:
        with pytest.raises(BenchFailed, match="used up"):
            await driven(port, [request("GET", "/", {})])
