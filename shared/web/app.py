"""The application of one service: its routes, and around them what all services have alike."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from opentelemetry.trace import Tracer
from pydantic import BaseModel

from shared.kernel.errors import RungError
from shared.web.auth import Authenticator
from shared.web.conditional import IfMatchRequired
from shared.web.edge import Edge
from shared.web.errors import NotFound
from shared.web.health import ReadyChecks, health_router
from shared.web.idempotency import IdempotencyKeyMissing
from shared.web.openapi import install_openapi
from shared.web.problems import install_problems, meaning_of, responses
from shared.web.query import query_names, refuse_unknown_query

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_MISSING_HEADERS: Mapping[str, RungError] = {
    "if-match": IfMatchRequired("Send If-Match with the ETag of what you have read, so that no other change is lost."),
    "idempotency-key": IdempotencyKeyMissing(
        "Send an Idempotency-Key: a new one for each intended change, the same one for each retry of it."
    ),
}


@dataclass(frozen=True, slots=True)
class About:
    """What the OpenAPI document says of a service. `service` is also the first part of all its addresses."""

    service: str
    title: str
    version: str
    description: str


@dataclass(frozen=True, slots=True)
class Edges:
    """How requests are let in: limits of the body in bytes by the path of a route (1 MiB elsewhere), where spans go."""

    body_limits: Mapping[str, int] = field(default_factory=dict)
    tracer: Tracer | None = None
    token_url: str = "/oauth/token"  # noqa: S105 - an address, not a secret


def create_app(
    about: About,
    routers: Sequence[APIRouter],
    *,
    authenticator: Authenticator,
    ready_checks: ReadyChecks,
    lifespan: Lifespan | None = None,
    edges: Edges | None = None,
) -> FastAPI:
    """The ASGI application of a service. The routes of `routers` come to stand under `/{service}/v1`.

    Besides them: `/{service}/openapi.json`, `/livez`, `/readyz`, `/metrics`, `/problems/{code}`. Interactive
    documentation is the gateway's, since it shows all services as one.
    """
    edges = edges or Edges()
    app = FastAPI(
        title=about.title,
        version=about.version,
        description=about.description,
        openapi_url=f"/{about.service}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,
        # Spans, figures and logs are the edge's; two of each would not agree.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.authenticator = authenticator
    for router in routers:
        app.include_router(router, prefix=f"/{about.service}/v1", dependencies=[Depends(refuse_unknown_query)])
    app.state.query_names = query_names(app)
    app.include_router(health_router(ready_checks))
    app.include_router(problem_router())
    install_problems(app, missing_headers=_MISSING_HEADERS)
    install_openapi(app, token_url=edges.token_url)
    app.add_middleware(Edge, service=about.service, body_limits=edges.body_limits, tracer=edges.tracer)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


class ProblemKind(BaseModel):
    """A kind of problem, as its `type` address explains it."""

    code: str
    title: str
    status: int
    meaning: str


def problem_router() -> APIRouter:
    """`GET /problems/{code}`: what the `type` of a problem leads to."""
    router = APIRouter(tags=["operation"])

    @router.get("/problems/{code}", summary="What a problem means", responses=responses(NotFound))
    async def explain_problem(code: str) -> ProblemKind:
        kind = problem_kinds().get(code)
        if kind is None:
            raise NotFound("No problem has this code.")
        return ProblemKind(code=code, title=kind.title, status=kind.status, meaning=meaning_of(kind))

    return router


def problem_kinds() -> dict[str, type[RungError]]:
    """Every error that this process can answer with, by its code."""
    found: dict[str, type[RungError]] = {}
    waiting = [RungError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        found.setdefault(kind.code, kind)
    return found
