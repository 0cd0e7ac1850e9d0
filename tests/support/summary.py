"""Lines that a test run ends with, also where the tests ran in several processes and only one of them speaks."""

from typing import Any

import pytest

_LINES = pytest.StashKey[dict[str, bool]]()
_CARRIED = "summary"


def say_at_the_end(config: pytest.Config, line: str, *, is_loud: bool = False) -> None:
    """Have the run end with `line`, once."""
    lines = config.stash.setdefault(_LINES, {})
    lines[line] = is_loud
    if hasattr(config, "workeroutput"):
        config.workeroutput[_CARRIED] = list(lines.items())


def take_over(config: pytest.Config, workeroutput: dict[str, Any]) -> None:
    """What a process of its own had to say."""
    for line, is_loud in workeroutput.get(_CARRIED, []):
        say_at_the_end(config, line, is_loud=is_loud)


def write_summary(reporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line, is_loud in config.stash.get(_LINES, {}).items():
        reporter.write_line(line, red=is_loud, bold=is_loud)
