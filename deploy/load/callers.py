"""The load generator: callers that each keep one connection and call again as soon as they are answered.

HTTP/1.1 straight on asyncio's protocols, since it shares its cores with the database: a request costs it some 20 µs.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from deploy.bench.setting import BenchFailed
from deploy.bench.spread import percentile
from deploy.load.results import Rate
from deploy.load.spent import Spent

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"
_ANSWER_SECONDS = 30.0


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + _HEAD_END + body


@dataclass(slots=True)
class _Tally:
    """What all callers of one drive have seen."""

    counts_from: float
    ends_at: float
    latencies: list[float] = field(default_factory=list)
    failure: str = ""


class _Caller(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], tally: _Tally) -> None:
        self._requests = requests
        self._tally = tally
        self._received = bytearray()
        self._needed = 0
        self._sent_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"a connection was lost: {exc}")

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._needed:
            head = self._received.find(_HEAD_END)
            if head < 0:
                return
            self._needed = head + len(_HEAD_END) + _content_length(self._received[:head])
        if len(self._received) >= self._needed:
            self._answered()

    def _answered(self) -> None:
        now = time.perf_counter()
        if self._received[9:10] != b"2":
            self._end(f"an answer was {bytes(self._received[:600])!r}")
            return
        if self._sent_at >= self._tally.counts_from:
            self._tally.latencies.append(now - self._sent_at)
        if now > self._tally.ends_at and self._tally.latencies:
            self._end("")
            return
        self._received.clear()
        self._needed = 0
        self._send()

    def _send(self) -> None:
        following = next(self._requests, None)
        if following is None:
            self._end("the prepared requests were used up: prepare more")
            return
        self._sent_at = time.perf_counter()
        self._transport.write(following)

    def _end(self, failure: str) -> None:
        if not self.done.done():
            self._tally.failure = self._tally.failure or failure
            self.done.set_result(None)
            self._transport.close()


def _content_length(head: bytes | bytearray) -> int:
    lowered = head.lower()
    place = lowered.find(_LENGTH)
    if place < 0:
        raise BenchFailed(f"an answer without a length: {bytes(head)!r}")
    return int(lowered[place + len(_LENGTH) :].split(b"\r\n", 1)[0])


async def drive(
    port: int, callers: Sequence[Iterator[bytes]], *, pid: int, database: int, warm_seconds: float, seconds: float
) -> Rate:
    """Closed loop: one connection for each of `callers`, without a pause. `pid` is who answers, by the help of
    the server `database`.

    Raises BenchFailed where an answer is no success.
    """
    began = time.perf_counter() + warm_seconds
    tally = _Tally(began, began + seconds)
    loop = asyncio.get_running_loop()
    connected = [
        (await loop.create_connection(lambda one=one: _Caller(one, tally), "127.0.0.1", port))[1]  # type: ignore[misc]
        for one in callers
    ]
    await asyncio.sleep(began - time.perf_counter())
    spent, own = Spent({"process": pid, "database": database}), time.process_time()
    await asyncio.sleep(tally.ends_at - time.perf_counter())
    cores, own = spent.cores(), time.process_time() - own
    await asyncio.wait([one.done for one in connected], timeout=_ANSWER_SECONDS)
    if tally.failure:
        raise BenchFailed(tally.failure)
    if not tally.latencies:
        raise BenchFailed("nothing was answered")
    ordered = sorted(tally.latencies)
    return Rate(
        per_second=len(ordered) / seconds,
        p50_ms=percentile(ordered, 0.5) * 1000,
        p99_ms=percentile(ordered, 0.99) * 1000,
        busy=cores["process"],
        database_busy=cores["database"],
        caller_us=own * 1e6 / len(ordered),
    )
