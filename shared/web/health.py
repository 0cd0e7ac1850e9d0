"""`/livez`, `/readyz` and `/metrics`: what whoever runs the process asks of it. No token, nothing of what is stored."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from shared.web.logging import describe_fault, get_logger

ReadyChecks = Mapping[str, Callable[[], Awaitable[None]]]
_CHECK_SECONDS = 2.0
_log = get_logger("rung.web.health")


class Health(BaseModel):
    """Whether the process can do its work."""

    status: str = Field(examples=["pass"], description="pass or fail")
    checks: dict[str, str] | None = Field(
        default=None,
        description="Each thing it needs, pass or fail; asked for by ?verbose.",
        examples=[{"database": "pass"}],
    )


async def run_checks(checks: ReadyChecks) -> dict[str, str]:
    """Run all at once, each with two seconds; a check fails by raising. The reason is logged, not answered."""

    async def run(name: str, check: Callable[[], Awaitable[None]]) -> str:
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await check()
        except Exception as error:  # noqa: BLE001 - whatever a check raises means that it failed
            _log.warning("not ready", check=name, fault=describe_fault(error))
            return "fail"
        return "pass"

    results = await asyncio.gather(*(run(name, check) for name, check in checks.items()))
    return dict(zip(checks, results, strict=True))


def health_router(ready_checks: ReadyChecks) -> APIRouter:
    """The three addresses. Liveness looks at nothing but the event loop: a database that is down is no reason to
    restart the process."""
    router = APIRouter(tags=["operation"])

    @router.get("/livez", summary="Is the process alive?")
    async def livez() -> Health:
        return Health(status="pass")

    @router.get(
        "/readyz",
        summary="Can the process do its work?",
        responses={503: {"model": Health, "description": "Something it needs cannot be reached."}},
    )
    async def readyz(
        response: Response, verbose: Annotated[str | None, Query(description="List the checks.")] = None
    ) -> Health:
        results = await run_checks(ready_checks)
        status = "fail" if "fail" in results.values() else "pass"
        response.status_code = 200 if status == "pass" else 503
        return Health(status=status, checks=results if verbose is not None else None)

    @router.get(
        "/metrics",
        summary="Figures for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    async def metrics() -> Response:
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router
