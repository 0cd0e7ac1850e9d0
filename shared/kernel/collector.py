"""Python's garbage collector and work that makes a great many objects at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector's rounds: a batch makes a million objects, which all live until it is written, and looking
    through them for cycles again and again was measured to take a sixth of the processor time of taking events in, and
    half of that of deciding everybody anew."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
