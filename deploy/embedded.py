"""The embedded engine: the four services with their workers in one process, behind one port.

The launcher (`deploy/stack.py`) starts it as `python -m deploy.embedded`; its database server is another process.
"""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import uvicorn
import uvloop

from deploy.gateway.app import Backend, create_gateway
from deploy.gateway.in_process import InProcess
from deploy.services import SERVICES, bootstrap_of, settings_of
from deploy.settings import StackSettings
from deploy.token_endpoint import issuer_router
from deploy.workspace import Workspace
from shared.db import migrations
from shared.events.topics import Topic
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.worker import Loop, running
from shared.process import settle_memory
from shared.runtime import Runtime
from shared.web.logging import configure_logging


async def serve(settings: StackSettings) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way."""
    async with AsyncExitStack() as stack:
        backends: dict[str, Backend] = {}
        loops: dict[str, Loop] = {}
        for service in SERVICES:
            bootstrap = bootstrap_of(service)
            given = settings_of(service).model_validate(settings.of(service))
            runtime = await stack.enter_async_context(Runtime.of(service, given))
            backends[service] = InProcess(bootstrap.api(runtime))
            loops |= bootstrap.loops(runtime)
        issuer = Workspace(Path(settings.workspace), "embedded").issuer()
        config = uvicorn.Config(
            create_gateway(backends, routers=[issuer_router(issuer)]),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
        )
        settle_memory()
        await stack.enter_async_context(running(loops))
        await uvicorn.Server(config).serve()


def prepare(settings: StackSettings) -> None:
    """Bring the databases and the topics of the log to what this code needs; harmless where they are."""
    for service in SERVICES:
        migrations.upgrade(bootstrap_of(service).MIGRATIONS, settings.of(service)["database_url"])
    asyncio.run(_create_topics(settings.bus_database_url))


async def _create_topics(url: str) -> None:
    bus = EmbeddedBus(url)
    try:
        await bus.create_topics(list(Topic))
    finally:
        await bus.close()


def main() -> None:
    configure_logging("rung")
    settings = StackSettings()
    prepare(settings)
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
