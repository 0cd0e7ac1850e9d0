"""Applications behind real sockets, each in a thread with an event loop of its own."""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp


@dataclass(frozen=True)
class Served:
    """Where an application listens, and the server that may be told to end."""

    url: str
    port: int
    server: uvicorn.Server


@contextmanager
def serving(app: ASGIApp, *, port: int = 0) -> Iterator[Served]:
    """`app` on 127.0.0.1, on a free port unless one is given; ended with its connections when the block ends."""
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1, proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the application did not start")
        time.sleep(0.005)
    number = listener.getsockname()[1]
    try:
        yield Served(f"http://127.0.0.1:{number}", number, server)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


async def eventually(is_so: Callable[[], Awaitable[bool]], *, tries: int = 500) -> None:
    """Return when `is_so` says yes; asked every 20 ms. Raises AssertionError after the last try."""
    for _ in range(tries):
        if await is_so():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to pass in time")
