"""Runs a process of the product with a clock that can be set from outside: `python -m ...set_clock MODULE`.

All that the product knows of time comes through the clock port, so this one answer of it is all there is to change.
The offset in microseconds stands in the file that RUNG_TEST_CLOCK names, eight bytes, seen by the process at once.
"""

import mmap
import os
import runpy
import struct
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.kernel.clock import SystemClock

VARIABLE = "RUNG_TEST_CLOCK"


def set_offset(file: Path, offset: timedelta) -> None:
    """Let the clocks of those who were given `file` go wrong by `offset`."""
    with file.open("r+b" if file.exists() else "w+b") as opened:
        opened.write(struct.pack("<q", offset // timedelta(microseconds=1)))


def _main() -> None:
    with Path(os.environ[VARIABLE]).open("r+b") as opened:
        offset = mmap.mmap(opened.fileno(), 8)

    def now(self: SystemClock) -> datetime:
        return datetime.now(UTC) + timedelta(microseconds=struct.unpack("<q", offset)[0])

    SystemClock.now = now  # type: ignore[method-assign]
    module = sys.argv.pop(1)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
