"""What the process of the embedded engine is told: all four services at once."""

from typing import Any

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class StackSettings(BaseSettings):
    """One database for each service, and one for the log; from `RUNG_...`."""

    model_config = SettingsConfigDict(env_prefix="RUNG_", extra="ignore")

    evaluation_database_url: str
    slo_database_url: str
    credentials_database_url: str
    compensation_database_url: str
    bus_database_url: str
    token_keys: str
    person_key_secret: SecretStr
    pseudonym_key: SecretStr | None = None
    providers_file: str
    workspace: str
    database_pool_size: int = 5
    host: str = "127.0.0.1"
    port: int = 8000

    def of(self, service: str) -> dict[str, Any]:
        """The settings of one of the services; what its settings class does not know, it passes over."""
        return {
            "database_url": getattr(self, f"{service}_database_url"),
            "bus_database_url": self.bus_database_url,
            "kafka_bootstrap": None,
            "token_keys": self.token_keys,
            "person_key_secret": self.person_key_secret,
            "pseudonym_key": self.pseudonym_key,
            "providers_file": self.providers_file,
            "database_pool_size": self.database_pool_size,
        }
