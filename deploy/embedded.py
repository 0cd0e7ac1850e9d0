"""The embedded engine: the four services with their workers in one process, behind one port.

The launcher (`deploy/stack.py`) starts it as `python -m deploy.embedded`; its database server is another process.
"""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from deploy.gateway import embedded_gateway
from deploy.issuer import issuer_router
from deploy.settings import StackSettings
from deploy.workspace import Workspace
from services.compensation import bootstrap as compensation
from services.compensation.settings import Settings as CompensationSettings
from services.credentials import bootstrap as credentials
from services.credentials.settings import Settings as CredentialsSettings
from services.evaluation import bootstrap as evaluation
from services.evaluation.settings import Settings as EvaluationSettings
from services.slo import bootstrap as slo
from services.slo.settings import Settings as SloSettings
from shared.events.topics import Topic
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.worker import Loop, running
from shared.runtime import Runtime
from shared.web.logging import configure_logging


async def serve(settings: StackSettings) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way."""
    async with AsyncExitStack() as stack:
        apps, loops = await _services(settings, stack)
        issuer = Workspace(Path(settings.workspace), "embedded").issuer()
        gateway = embedded_gateway(apps, [issuer_router(issuer)])
        config = uvicorn.Config(
            gateway,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
        )
        await stack.enter_async_context(running(loops))
        await uvicorn.Server(config).serve()


async def _services(settings: StackSettings, stack: AsyncExitStack) -> tuple[dict[str, FastAPI], dict[str, Loop]]:
    common = settings.common()
    evaluation_runtime = Runtime.of(
        "evaluation", EvaluationSettings(database_url=settings.evaluation_database_url, **common)
    )
    slo_runtime = Runtime.of("slo", SloSettings(database_url=settings.slo_database_url, **common))
    credentials_runtime = Runtime.of(
        "credentials",
        CredentialsSettings(
            database_url=settings.credentials_database_url, providers_file=settings.providers_file, **common
        ),
    )
    compensation_runtime = Runtime.of(
        "compensation", CompensationSettings(database_url=settings.compensation_database_url, **common)
    )
    for runtime in (evaluation_runtime, slo_runtime, credentials_runtime, compensation_runtime):
        await stack.enter_async_context(runtime)
    apps = {
        "evaluation": evaluation.api(evaluation_runtime),
        "slo": slo.api(slo_runtime),
        "credentials": credentials.api(credentials_runtime),
        "compensation": compensation.api(compensation_runtime),
    }
    loops = (
        evaluation.loops(evaluation_runtime)
        | slo.loops(slo_runtime)
        | credentials.loops(credentials_runtime)
        | compensation.loops(compensation_runtime)
    )
    return apps, loops


async def create_topics(url: str) -> None:
    """Make the topics of the embedded log; harmless where they exist."""
    bus = EmbeddedBus(url)
    try:
        await bus.create_topics(list(Topic))
    finally:
        await bus.close()


def main() -> None:
    configure_logging("rung")
    asyncio.run(serve(StackSettings()))


if __name__ == "__main__":
    main()
