"""What the credentials service is told from outside."""

from pathlib import Path

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`providers_file` is JSON: `{"<name>": {"adapter": "<shape>", "secrets": ["whsec_..."]}}`; read again on change."""

    model_config = SettingsConfigDict(env_prefix="RUNG_CREDENTIALS_", extra="ignore")

    providers_file: Path
