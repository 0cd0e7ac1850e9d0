"""Runs one coroutine for a caller who is not async, or whose own event loop must not be touched."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Result = TypeVar("_Result")


def run_apart(start: Callable[[], Coroutine[object, object, _Result]]) -> _Result:
    """The result of the coroutine that `start` makes, run in a thread and a loop of its own; the caller waits."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="apart") as pool:
        return pool.submit(lambda: asyncio.run(start())).result()
