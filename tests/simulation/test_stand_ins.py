"""What the simulation does in memory is called as the statements that it stands for are."""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.support.memory_repository import STAND_INS


def asked_for(function: Callable[..., Any]) -> list[tuple[str, Any]]:
    """Names and kinds of the parameters after the connection."""
    return [(one.name, one.kind) for one in list(inspect.signature(function).parameters.values())[1:]]


@pytest.mark.parametrize("module", STAND_INS, ids=lambda module: module.__name__)
def test_each_takes_what_the_statement_takes(module: ModuleType) -> None:
    for name, stand_in in vars(STAND_INS[module]).items():
        assert asked_for(stand_in) == asked_for(getattr(module, name)), name
