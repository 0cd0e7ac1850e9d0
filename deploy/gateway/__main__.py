"""The gateway as a process of its own, before services that are processes too: `python -m deploy.gateway`."""

import uvicorn

from deploy.gateway.app import create_gateway
from deploy.gateway.proxy import HttpUpstream
from deploy.gateway.settings import GatewaySettings
from shared.web.logging import configure_logging


def main() -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way."""
    settings = GatewaySettings()
    configure_logging("gateway")
    backends = {service: HttpUpstream(service, url) for service, url in settings.upstreams().items()}
    uvicorn.run(
        create_gateway(backends, token_url=settings.gateway_token_url),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
