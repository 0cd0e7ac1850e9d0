"""Keeps a service's background work going: each loop is run for ever, and begun anew when it fails."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

log = logging.getLogger(__name__)

Loop = Callable[[], Awaitable[None]]

_RESTART_SECONDS = 2.0
_RECANCEL_SECONDS = 10.0


async def keep_running(name: str, loop: Loop) -> None:
    """Run `loop` until cancelled; an error in it is logged whole and the loop begins again."""
    while True:
        try:
            await loop()
        except Exception:
            log.exception("%s failed and begins again", name)
        await asyncio.sleep(_RESTART_SECONDS)


@asynccontextmanager
async def running(loops: Mapping[str, Loop]) -> AsyncIterator[Sequence["asyncio.Task[None]"]]:
    """Run all loops beside the body; cancel them and wait for their end when it ends."""
    tasks = [asyncio.create_task(keep_running(name, loop), name=name) for name, loop in loops.items()]
    try:
        yield tasks
    finally:
        ending = set(tasks)
        while ending:
            # Again and again: a library that loses a cancellation must not keep the process from ending.
            for task in ending:
                task.cancel()
            _, ending = await asyncio.wait(ending, timeout=_RECANCEL_SECONDS)
