"""What every service is told from outside. Only this module and the services' own settings read the environment."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Settings that all services share, from `RUNG_...`; a process runs one service, so one name serves them all."""

    model_config = SettingsConfigDict(env_prefix="RUNG_", extra="ignore")

    database_url: Annotated[str, Field(description="postgresql://user:password@host:port/database of this service")]
    database_pool_size: int = 8
    kafka_bootstrap: Annotated[
        str | None, Field(description="host:port of Kafka; without it the embedded log runs")
    ] = None
    kafka_member: Annotated[
        str | None,
        Field(description="name that no other worker of this service has: started again under it, it reads on at once"),
    ] = None
    bus_database_url: Annotated[str | None, Field(description="database of the embedded log")] = None
    token_issuer: str = "urn:rung:issuer:local"  # noqa: S105 - a name, not a secret
    token_audience: str = "urn:rung:api"  # noqa: S105 - a name, not a secret
    token_keys: Annotated[str, Field(description="path or https address of the JWKS that tokens are checked with")]
    person_key_secret: Annotated[SecretStr, Field(description="key of the digests that stand for people in events")]
    host: str = "127.0.0.1"
    port: int = 8080
