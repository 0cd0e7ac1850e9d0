"""What the gateway is told from outside when it runs as a process of its own."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.services import SERVICES


class GatewaySettings(BaseSettings):
    """From `RUNG_...`; the address of each service is `http://host:port`."""

    model_config = SettingsConfigDict(env_prefix="RUNG_", extra="ignore")

    gateway_evaluation: str
    gateway_slo: str
    gateway_credentials: str
    gateway_compensation: str
    gateway_token_url: Annotated[
        str | None, Field(description="Where the documentation gets tokens; /oauth/token, without it.")
    ] = None
    host: str = "127.0.0.1"
    port: int = 8000

    def upstreams(self) -> dict[str, str]:
        """Address by service."""
        return {service: getattr(self, f"gateway_{service}") for service in SERVICES}
