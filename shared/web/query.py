"""Query parameters that a door does not know are refused: who misspells a filter would get everybody unasked."""

from collections.abc import Mapping
from difflib import get_close_matches

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from shared.kernel.errors import FieldError
from shared.web.errors import MalformedRequest
from shared.web.problems import pointer_of

QueryNames = Mapping[str, frozenset[str]]


def query_names(app: FastAPI) -> QueryNames:
    """The query parameters of each door that is asked with GET and takes any, by the door's name."""
    doors = (one for one in iter_route_contexts(app.routes) if isinstance(one.original_route, APIRoute))
    named = {str(door.name): frozenset(_of(door.dependant)) for door in doors if "GET" in (door.methods or ())}
    return {name: names for name, names in named.items() if names}


def _of(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_of(one) for one in dependant.dependencies))


async def refuse_unknown_query(request: Request) -> None:
    """A dependency of every door. Raises MalformedRequest, which names each parameter that the door does not take."""
    known = request.app.state.query_names.get(request.scope["endpoint"].__name__)
    if known is None or not (unknown := sorted(set(request.query_params) - known)):
        return
    errors = [FieldError(pointer_of(("query", name[:100])), _remedy(name, known)) for name in unknown[:20]]
    raise MalformedRequest(
        f"The request has query parameters that this address does not take: {', '.join(unknown)[:300]}.", errors=errors
    )


def _remedy(name: str, known: frozenset[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1)
    return "is not taken here: " + (f"did you mean {close[0]}?" if close else f"{', '.join(sorted(known))} are")
