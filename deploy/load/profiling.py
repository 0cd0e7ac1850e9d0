"""From the sampled stacks of a process to the shares of its layers."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from deploy.bench.setting import BenchFailed
from deploy.load.results import Profile
from deploy.services import SERVICES

_WRITTEN_SECONDS = 10.0
EVENT_LOOP = "event loop and protocols in C"
LAYERS = (
    ("HTTP server", ("uvicorn",)),
    ("framework", ("fastapi", "starlette", "anyio")),
    ("bodies and events checked", ("pydantic", "shared.events", "services.compensation.schemas")),
    ("SQLAlchemy", ("sqlalchemy",)),
    ("asyncpg", ("asyncpg",)),
    ("Kafka client", ("aiokafka", "shared.messaging.kafka")),
    ("edge, tokens, signatures", ("shared.web",)),
    ("offsets, outbox, decoding", ("shared.messaging", "shared.db", "shared.kernel")),
    ("deciding and wording", ("services.compensation.policy", "services.compensation.domain", "numpy")),
    ("rows read and written", tuple(f"services.{name}.repository" for name in SERVICES)),
    ("use case", ("services",)),
)
"""By the module of the innermost frame that any layer claims; what the standard library does is its caller's."""
_OF_THE_LOOP = ("asyncio.runners", "uvicorn.server", "uvicorn.main", "shared.process")
"""Where nothing stands above these, the event loop itself is at work, or what it runs without a frame of Python."""


class Sampling:
    """A process started by `deploy.load.sampled`, which writes to `file`."""

    def __init__(self, pid: int, file: Path) -> None:
        self._pid = pid
        self._file = file

    def begin(self) -> None:
        os.kill(self._pid, signal.SIGUSR1)

    def end(self, *, of: str) -> Profile:
        """Raises BenchFailed where nothing was sampled."""
        os.kill(self._pid, signal.SIGUSR1)
        deadline = time.monotonic() + _WRITTEN_SECONDS
        while not self._file.exists():
            if time.monotonic() > deadline:
                raise BenchFailed(f"the sampled process {self._pid} wrote no samples")
            time.sleep(0.02)
        stacks = json.loads(self._file.read_text())
        self._file.unlink()
        return Profile(of, shares(stacks))


def shares(stacks: Iterable[tuple[Sequence[str], int]]) -> dict[str, float]:
    """Percent of all samples by layer, the largest first."""
    counts: Counter[str] = Counter()
    for stack, count in stacks:
        counts[layer_of(stack)] += count
    whole = counts.total()
    return {layer: 100 * count / whole for layer, count in counts.most_common()}


def layer_of(stack: Sequence[str]) -> str:
    """The layer that the innermost of the frames (`module:function`) belongs to."""
    for frame in reversed(stack):
        module = frame.partition(":")[0]
        if module.startswith(_OF_THE_LOOP):
            return EVENT_LOOP
        for layer, prefixes in LAYERS:
            if any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes):
                return layer
    return EVENT_LOOP
