"""Which routes of a service no play of its fail points goes through."""

import re
from collections.abc import Iterable
from functools import cache

from deploy.services import documented_app
from tests.support.fail_points import Call

Route = tuple[str, str]
"""Method and path, with its parameters in braces."""


def routes_without_play(service: str, done: Iterable[Call]) -> list[Route]:
    """The routes of the service's API that change something, save those that a call of `done` was answered by."""
    routes = changing_routes(service)
    module = f"services.{service}.main"
    played = {_route_of(method, path, routes) for called, method, path in done if called == module}
    return [route for route in routes if route not in played]


@cache
def changing_routes(service: str) -> list[Route]:
    """All but reading, as the service's own document has them."""
    paths = documented_app(service).openapi()["paths"]
    methods = ("POST", "PUT", "PATCH", "DELETE")
    return [(method, path) for path, operations in paths.items() for method in methods if method.lower() in operations]


def _route_of(method: str, path: str, routes: Iterable[Route]) -> Route | None:
    """The one with the fewest parameters: `/slos/bulk` is not an SLO named so."""
    fitting = [route for route in routes if route[0] == method and re.fullmatch(_pattern(route[1]), path)]
    return min(fitting, key=lambda route: route[1].count("{"), default=None)


def _pattern(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "[^/]+", path)
