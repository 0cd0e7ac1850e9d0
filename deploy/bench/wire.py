"""HTTP/1.1 over kept connections and little else: what sends a hundred awards a second must cost next to nothing."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from deploy.bench.setting import BenchFailed

_HEAD_END = b"\r\n\r\n"
_IDLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """Connections to 127.0.0.1:`port`, as many as are in use at once."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, _, writer in self._idle:
            writer.close()

    async def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Raises BenchFailed where the answer does not tell its length; OSError, IncompleteReadError."""
        reader, writer = await self._connection()
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join(lines).encode() + _HEAD_END + body)
        answer = await _read(reader)
        self._idle.append((time.monotonic(), reader, writer))
        return answer

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The connection used last, since servers close what is idle for a while."""
        while self._idle:
            used_at, reader, writer = self._idle.pop()
            if time.monotonic() - used_at < _IDLE_SECONDS:
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self._port)


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(_HEAD_END)).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if "content-length" not in headers:
        raise BenchFailed(f"an answer without a length: {head[0]}")
    return Answer(int(head[0].split(" ")[1]), headers, await reader.readexactly(int(headers["content-length"])))
