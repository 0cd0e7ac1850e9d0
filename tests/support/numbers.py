"""Whole numbers that a run is told by the environment, such as STEPS=1000000."""

import os

LEAST = {
    "FAULTS": 1,
    "SEED": 0,
    "STEPS": 1,
    "STRIDE": 1,
    "SCHEDULES": 1,
    "SCHEDULE": 0,
    "EDUCATORS": 48,
    "PAIRS": 1,
}
"""With less than this nothing would be run, and all of it would pass."""


class NotANumber(ValueError):
    """Says which variable holds what, and what it may hold."""


def whole_number(name: str, default: int) -> int:
    """What the variable `name` holds. Raises NotANumber."""
    told = os.environ.get(name, str(default))
    try:
        found = int(told)
    except ValueError:
        raise NotANumber(_wrong(name, told)) from None
    if found < LEAST[name]:
        raise NotANumber(_wrong(name, told))
    return found


def check_all() -> None:
    """Before anything begins. Raises NotANumber."""
    for name, least in LEAST.items():
        whole_number(name, least)


def _wrong(name: str, told: str) -> str:
    return f"{name}={told} cannot be used: {name} is a whole number of at least {LEAST[name]}."
