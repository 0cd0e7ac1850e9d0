"""A TCP proxy between two parts of the product that can be slow, cut, frozen, torn and half-open."""

import asyncio
import random
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

_CHUNK_BYTES = 64 * 1024
# A linger of zero seconds: the close is a reset, as from a host that lost its memory of the connection.
_RESET = struct.pack("ii", 1, 0)


@dataclass(eq=False)
class _Pair:
    """One connection through the link: the side that called, and the side that was called."""

    caller: asyncio.StreamWriter
    called: asyncio.StreamWriter
    is_half_open: bool = False

    def abort(self) -> None:
        for writer in (self.caller, self.called):
            with suppress(OSError, AttributeError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()


@dataclass
class Link:
    """What `port` is told goes to `target`, and back, as long as nothing else is set.

    `hits` counts what suffered so far: connections that ended, were refused or went half-open, and messages that were
    torn, slowed or held back. A fault that leaves it as it was struck nobody.
    """

    name: str
    port: int
    target: int
    delay_seconds: float = 0.0
    bytes_per_second: float | None = None
    is_cut: bool = False
    hits: int = 0
    _pairs: set[_Pair] = field(default_factory=set)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._thawed = asyncio.Event()
        self._thawed.set()
        self._tear_at: int | None = None
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Harmless where it is open."""
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def close(self) -> None:
        if self._server:
            self._server.close()
        self.reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def reset(self) -> None:
        """Every connection ends without a goodbye."""
        self._abort(self._pairs)

    def cut(self) -> None:
        """No connection lives, and none can be made, until it is mended."""
        self.is_cut = True
        self.reset()

    def freeze(self) -> None:
        """Nothing passes, nothing is lost, until it is mended."""
        self._thawed.clear()

    def half_open(self) -> None:
        """The connections of this moment swallow all that is sent and never end; new ones are whole."""
        for pair in self._whole():
            pair.is_half_open = True
            self.hits += 1

    def tear(self, after_bytes: int) -> None:
        """A connection that sends breaks in the middle of a message, `after_bytes` from now."""
        self._tear_at = after_bytes

    def slow_down(self, delay_seconds: float, bytes_per_second: float | None) -> None:
        self.delay_seconds, self.bytes_per_second = delay_seconds, bytes_per_second

    def mend(self) -> None:
        """As if nothing had been; connections that are half-open stay so until somebody gives them up."""
        self.delay_seconds, self.bytes_per_second, self.is_cut, self._tear_at = 0.0, None, False, None
        self._thawed.set()

    def give_up_half_open(self) -> None:
        self._abort(self._pairs - self._whole())

    def _whole(self) -> set[_Pair]:
        return {pair for pair in self._pairs if not pair.is_half_open}

    def _abort(self, pairs: Iterable[_Pair]) -> None:
        for pair in list(pairs):
            pair.abort()
            self.hits += 1

    def _refuse(self, *writers: asyncio.StreamWriter) -> None:
        self.hits += 1
        for writer in writers:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, caller: asyncio.StreamWriter) -> None:
        if self.is_cut:
            self._refuse(caller)
            return
        try:
            answers, called = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            caller.transport.abort()
            return
        if self.is_cut:
            # Cut since it was asked for.
            self._refuse(caller, called)
            return
        pair = _Pair(caller, called)
        self._pairs.add(pair)
        pumps = [
            asyncio.create_task(self._pump(reader, called, pair)),
            asyncio.create_task(self._pump(answers, caller, pair)),
        ]
        self._tasks.update(pumps)
        try:
            await asyncio.wait(pumps, return_when=asyncio.ALL_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            self._tasks.difference_update(pumps)
            self._pairs.discard(pair)
            pair.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, pair: _Pair) -> None:
        try:
            while data := await source.read(_CHUNK_BYTES):
                await self._hold_up(len(data))
                if pair.is_half_open:
                    continue
                sink.write(self._torn(data, pair))
                await sink.drain()
            if not pair.is_half_open:
                sink.write_eof()
        except OSError:
            pair.abort()

    async def _hold_up(self, size: int) -> None:
        if self.delay_seconds or self.bytes_per_second is not None or not self._thawed.is_set():
            self.hits += 1
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds * random.uniform(0.5, 1.5))
        if self.bytes_per_second is not None:
            await asyncio.sleep(size / self.bytes_per_second)
        await self._thawed.wait()

    def _torn(self, data: bytes, pair: _Pair) -> bytes:
        """`data`, or where the link tears in it, what is before the tear, with the end of the connection."""
        if self._tear_at is None:
            return data
        if self._tear_at >= len(data):
            self._tear_at -= len(data)
            return data
        data, self._tear_at = data[: self._tear_at], None
        self.hits += 1
        # Whatever follows is gone: TCP never leaves a gap in what it delivers.
        pair.is_half_open = True
        asyncio.get_running_loop().call_later(0.005, pair.abort)
        return data
