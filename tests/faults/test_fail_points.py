"""The fail points themselves: what is a step, where none is tried, and that no service is without them."""

import asyncio
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from deploy.services import SERVICES
from tests.support.fail_points import step_at_writes
from tests.support.mortals import Deaths, Mortal, Stage
from tests.support.played_routes import changing_routes, routes_without_play


def joining() -> type[asyncio.WriteTransport]:
    """As up to Python 3.11: several pieces are joined, and written as one."""

    class Transport(asyncio.WriteTransport):
        def write(self, data: Any) -> None:
            pass

    return Transport


def gathering() -> type[asyncio.WriteTransport]:
    """As from Python 3.12 on: several pieces go out in a way of their own."""

    class Transport(asyncio.WriteTransport):
        def write(self, data: Any) -> None:
            pass

        def writelines(self, list_of_data: Any) -> None:
            pass

    return Transport


@pytest.mark.parametrize("transport", [joining(), gathering()], ids=["joining", "gathering"])
def test_each_way_to_write_is_two_steps(transport: type[asyncio.WriteTransport]) -> None:
    taken: list[None] = []
    step_at_writes(transport, lambda: taken.append(None))
    transport().write(b"one")
    assert len(taken) == 2
    transport().writelines([b"one", b"two"])
    assert len(taken) == 4


async def test_a_play_in_which_nobody_died_fails(deaths: Deaths, database: str) -> None:
    async def play(api: Mortal, _stage: Stage) -> Any:
        return (await api.call("GET", "/livez")).status_code

    with pytest.raises(AssertionError, match="nobody died"):
        await replace(deaths, stride=1_000_000).everywhere("services.slo.main", database, play)


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_a_file_that_looks_for_routes_without_a_play(service: str) -> None:
    plays = import_module(f"tests.faults.test_{service}_fail_points")
    assert callable(plays.test_every_route_that_changes_something_is_in_a_play)


@pytest.mark.parametrize("service", SERVICES)
def test_a_route_that_nothing_called_has_no_play(service: str) -> None:
    assert routes_without_play(service, []) == changing_routes(service) != []


def test_a_call_counts_for_the_route_that_answered_it() -> None:
    left = routes_without_play("slo", [("services.slo.main", "POST", "/slo/v1/slos/bulk")])
    assert ("POST", "/slo/v1/slos/bulk") not in left
    assert len(left) == len(changing_routes("slo")) - 1
    assert routes_without_play("slo", [("services.slo.main", "GET", "/slo/v1/slos")]) == changing_routes("slo")
