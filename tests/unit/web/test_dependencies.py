"""What a route depends on runs in the event loop: FastAPI hands a plain function to a thread, which costs each call
more than most of these do."""

import inspect
from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from deploy.services import SERVICES, documented_app


def depended_on(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from depended_on(inner)


def runs_in_the_loop(call: object) -> bool:
    target = call if inspect.isroutine(call) else getattr(call, "__call__", call)  # noqa: B004 - as FastAPI looks at it
    return inspect.iscoroutinefunction(target) or inspect.isasyncgenfunction(target)


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_that_a_route_depends_on_runs_in_a_thread(service: str) -> None:
    routes = [
        one.route for one in iter_route_contexts(documented_app(service).routes) if isinstance(one.route, APIRoute)
    ]
    calls = [(route.name, call) for route in routes for call in (route.endpoint, *depended_on(route.dependant))]

    assert len(calls) > len(routes)
    assert not [name for name, call in calls if not runs_in_the_loop(call)]
